"""Kinds of cell: what each may hold, and how a refusal says so. Text in, values out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from policy_service.domain.dates import PartialDate

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
BETWEEN = "|"
"""Apart several values in one cell: the delimiter of the file may be a comma or a semicolon."""
MOST_VALUES = 32

_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_FORMULA = ("=", "+", "-", "@")
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
Reader = Callable[[str], Any]


class Refused(ValueError):
    """A cell holds what it may not; `allowed` lists the words there are, if there is a list."""

    def __init__(self, detail: str, allowed: Iterable[str] = ()) -> None:
        self.allowed = tuple(allowed)
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Column:
    """One documented column. `meaning` stands in docs/roster.md; `read` turns text to a value."""

    name: str
    read: Reader
    meaning: str
    required: bool = False


def text(longest: int = 200, *, may_begin: str = "") -> Reader:
    """Text on one line, without control or formatting characters, that no sheet reads as formula.

    `may_begin` lists formula characters that are usual at the beginning here (a telephone's +).
    """

    def read(value: str) -> str:
        if len(value) > longest:
            raise Refused(f"{len(value)} characters; at most {longest} are allowed.")
        for character in value:
            if (
                unicodedata.category(character) in _INVISIBLE
                or character == "\N{REPLACEMENT CHARACTER}"
            ):
                name = f"U+{ord(character):04X}"
                raise Refused(f"The control or formatting character {name} is not allowed.")
        if value.startswith(tuple(set(_FORMULA) - set(may_begin))):
            raise Refused(
                f"A cell may not begin with {value[0]}: spreadsheets run it as a formula."
            )
        return value

    return read


def partial_date(value: str) -> str:
    """YYYY-MM-DD, YYYY-MM or YYYY, of a day that exists."""
    try:
        day = PartialDate(value)
    except ValueError:
        raise Refused("A date that exists is expected: YYYY-MM-DD, YYYY-MM or YYYY.") from None
    if day.first < EARLIEST or day.last > LATEST:
        raise Refused(f"A date from {EARLIEST} to {LATEST} is expected.")
    return value


def word(words: Iterable[str]) -> Reader:
    """One of a closed list; blanks and capitals do not matter."""
    known = tuple(words)

    def read(value: str) -> str:
        found = "_".join(value.casefold().split())
        if found not in known:
            raise Refused("This word is not allowed.", known)
        return found

    return read


def yes_or_no(value: str) -> bool:
    """yes or no."""
    try:
        return _YES[value.casefold()]
    except KeyError:
        raise Refused("This word is not allowed.", ("yes", "no")) from None


def several(read: Reader) -> Reader:
    """Values with | between them."""

    def read_all(value: str) -> tuple[Any, ...]:
        parts = [part.strip() for part in value.split(BETWEEN) if part.strip()]
        if len(parts) > MOST_VALUES:
            raise Refused(f"{len(parts)} values; at most {MOST_VALUES} are allowed.")
        return tuple(map(read, parts))

    return read_all
