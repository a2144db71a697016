"""The lists of a JSON file, entry by entry, however long the file: memory stays flat.

Platforms write one list, or one object whose values are lists. Only so much text is held as one
entry may have. What breaks off in the middle gives its good entries first, then says where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

LONGEST_ENTRY = 1 << 16
"""Characters of one entry; those of a real export have a few hundred."""

_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_DECODER = json.JSONDecoder()


class BrokenOff(ValueError):
    """The text is not JSON from here on. `number` is that of the entry, 0 outside a list."""

    def __init__(self, detail: str, number: int = 0) -> None:
        self.number = number
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the list under `key` ("" where the file is one list); number 0: it begins."""

    key: str
    number: int
    value: Any = None


def read_lists(text: TextIO) -> Iterator[Listed]:
    """Every entry of every list. Raises BrokenOff where the text stops being JSON."""
    cursor = _Cursor(text)
    if cursor.next_is("["):
        yield from _entries(cursor, "")
    elif cursor.next_is("{"):
        yield from _members(cursor)
    else:
        raise BrokenOff("The file begins with neither a JSON list nor an object.")
    if cursor.peek():
        raise BrokenOff("Something follows the end of the JSON text.")


def _members(cursor: _Cursor) -> Iterator[Listed]:
    if cursor.next_is("}"):
        return
    while True:
        key = cursor.value()
        if not isinstance(key, str) or not cursor.next_is(":"):
            raise BrokenOff("A name in quotation marks and a colon are expected in the JSON text.")
        if cursor.next_is("["):
            yield from _entries(cursor, key)
        else:
            cursor.value()
        if not cursor.goes_on("}"):
            return


def _entries(cursor: _Cursor, key: str) -> Iterator[Listed]:
    yield Listed(key, 0)
    if cursor.next_is("]"):
        return
    number = 1
    while True:
        yield Listed(key, number, cursor.value(number))
        if not cursor.goes_on("]", number):
            return
        number += 1


class _Cursor:
    """A place in the text. Before a value is read, LONGEST_ENTRY characters lie ahead, or all."""

    def __init__(self, text: TextIO) -> None:
        self._text, self._buffer, self._at, self._ended = text, "", 0, False

    def _fill(self) -> None:
        if len(self._buffer) - self._at < LONGEST_ENTRY and not self._ended:
            more = self._text.read(2 * LONGEST_ENTRY)
            self._buffer, self._at = self._buffer[self._at :] + more, 0
            self._ended = not more

    def peek(self) -> str:
        """The next character that is no blank, "" at the end."""
        while True:
            self._fill()
            blank = _BLANK.match(self._buffer, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._buffer) or self._ended:
                return self._buffer[self._at : self._at + 1]

    def next_is(self, character: str) -> bool:
        """Pass over `character` when it is next."""
        found = self.peek() == character
        self._at += found
        return found

    def goes_on(self, end: str, number: int = 0) -> bool:
        """Pass over a comma (True) or over `end` (False)."""
        if self.next_is(","):
            return True
        if self.next_is(end):
            return False
        raise BrokenOff(_CUT if not self.peek() else _NO_JSON, number)

    def value(self, number: int = 0) -> Any:
        """The next value, whole; `number` is that of the entry it is."""
        self.peek()
        try:
            value, end = _DECODER.raw_decode(self._buffer, self._at)
        except (ValueError, RecursionError):
            raise self._fault(number) from None
        if end - self._at > LONGEST_ENTRY:
            raise self._fault(number)
        self._at = end
        return value

    def _fault(self, number: int) -> BrokenOff:
        if len(self._buffer) - self._at > LONGEST_ENTRY:
            return BrokenOff(f"{_NO_JSON} Or it has more than {LONGEST_ENTRY} characters.", number)
        return BrokenOff(_CUT, number)


_CUT = "Here the file is cut off, or is no JSON any more; what stands before was read."
_NO_JSON = "Here the file is no JSON any more; what stands before was read."
