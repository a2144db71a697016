"""A parsed document whose every node knows its file and line, and how to refuse with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from policy_service.domain.dates import PartialDate
from policy_service.policy.faults import PackFault, unknown_word

MAX_TEXT = 600

Value: TypeAlias = "dict[str, Node] | list[Node] | str | int | bool | None"


class Node(NamedTuple):
    """One value of a document. Each reading method raises PackFault unless the shape fits."""

    value: Value
    file: str
    line: int

    def fault(self, message: str) -> PackFault:
        """A fault at this place, to be raised."""
        return PackFault(self.file, self.line, message)

    def entries(self) -> dict[str, Node]:
        """A mapping."""
        if not isinstance(self.value, dict):
            raise self.fault(f"a mapping is expected, not {_shape(self.value)}")
        return self.value

    def items(self) -> list[Node]:
        """A list with at least one item."""
        if not isinstance(self.value, list) or not self.value:
            raise self.fault(f"a list with items is expected, not {_shape(self.value)}")
        return self.value

    def form(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Node]:
        """A mapping with all required keys and no key besides the optional ones."""
        found = self.entries()
        allowed = {*required, *optional}
        for key, node in found.items():
            if key not in allowed:
                raise node.fault(unknown_word("key", key, allowed))
        for key in required:
            if key not in found:
                raise self.fault(f"{key!r} is missing")
        return found

    def single(self) -> tuple[str, Node]:
        """The key and value of a mapping with exactly one key."""
        found = self.entries()
        if len(found) != 1:
            raise self.fault(f"exactly one key is expected, not {len(found)}: {sorted(found)}")
        return next(iter(found.items()))

    def text(self) -> str:
        """Text, not empty, of at most MAX_TEXT characters."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.fault(f"text is expected, not {_shape(self.value)}; quote it")
        if len(self.value) > MAX_TEXT:
            raise self.fault(f"longer than {MAX_TEXT} characters")
        return self.value

    def integer(self, least: int = 0) -> int:
        """A whole number, `least` or more."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.fault(f"a whole number is expected, not {_shape(self.value)}")
        if self.value < least:
            raise self.fault(f"{self.value} is below {least}")
        return self.value

    def boolean(self) -> bool:
        """true or false."""
        if not isinstance(self.value, bool):
            raise self.fault(f"true or false is expected, not {_shape(self.value)}")
        return self.value

    def word(self, what: str, allowed: Collection[str]) -> str:
        """One of the allowed words; the fault suggests the nearest."""
        word = self.text()
        if word not in allowed:
            raise self.fault(unknown_word(what, word, allowed))
        return word

    def words(self, what: str, allowed: Collection[str]) -> tuple[str, ...]:
        """A list of allowed words, each at most once."""
        found = tuple(item.word(what, allowed) for item in self.items())
        if len(set(found)) != len(found):
            raise self.fault(f"a {what} is named twice")
        return found

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(item.text() for item in self.items())

    def partial_date(self) -> PartialDate:
        """YYYY, YYYY-MM or YYYY-MM-DD as text."""
        try:
            return PartialDate(self.text())
        except ValueError as error:
            raise self.fault(str(error)) from error

    def day(self) -> date:
        """A full date."""
        when = self.partial_date()
        if not when.is_full:
            raise self.fault(f"{when.text!r} lacks its month or day")
        return when.first

    def plain(self) -> Any:
        """The same value as dicts, lists and scalars, for canonical JSON."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def _shape(value: Value) -> str:
    match value:
        case dict():
            return "a mapping"
        case list():
            return "a list" if value else "an empty list"
        case None:
            return "nothing"
        case bool():
            return f"the boolean {str(value).lower()}"
        case _:
            return repr(value)
