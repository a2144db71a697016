"""CSV as practices send it: bytes in, numbered rows out, and no bad line takes a good one with it.

Encodings: UTF-8 with or without a byte-order mark; anything else is read as Windows-1252, with a
warning. Delimiters: comma, semicolon or tab, whichever the header uses most. Line numbers are
those an editor shows. Nothing here knows what the columns mean.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from policy_service.domain.people import clean_text

DELIMITERS = (",", ";", "\t")
LONGEST_RECORD = 20
"""Lines that one quoted record is looked for over, before its quotation mark counts as unclosed."""
LONGEST_FOLDED = 500
"""The same, where cells may hold line breaks."""
LONGEST_LINE = 100_000
"""Characters of one line."""
MOST_COLUMNS = 1_000
LONGEST_NAME = 100
"""Characters of a column's name."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_DECLARED = re.compile(r'"?sep=([,;\t|])"?\s*\Z', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LineError:
    """What was refused: the line as an editor counts, the column, why, and what is allowed."""

    line: int
    field: str
    detail: str
    allowed: tuple[str, ...] = ()


class FileRefused(ValueError):
    """No line of the file can be read; `errors` say why."""

    def __init__(self, *errors: LineError) -> None:
        self.errors = errors
        super().__init__("; ".join(error.detail for error in errors))


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on, and its cells by column name, stripped of blanks."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """The column names as read (lower case, blanks as underscores), and where the header stands."""

    line: int
    columns: tuple[str, ...]
    delimiter: str


@dataclass(frozen=True, slots=True)
class Table:
    """The text of a file with its header; `rows` reads the rest."""

    header: Header
    lines: tuple[str, ...]
    warnings: tuple[LineError, ...] = ()


def read_table(raw: bytes) -> Table:
    """Decode and find the header. Raises FileRefused when there is none."""
    text, warnings = _decode(raw)
    lines = tuple(match.group() for match in _LINE.finditer(text))
    return Table(_header(lines), lines, warnings)


def _decode(raw: bytes) -> tuple[str, tuple[LineError, ...]]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(LineError(1, "", "The file is UTF-16. Save it as CSV in UTF-8."))
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        said = "The file is not UTF-8; it was read as Windows-1252. Look at the names with accents."
        # What Windows-1252 lacks becomes U+FFFD, which refuses its own line and no other.
        return raw.decode("cp1252", errors="replace"), (LineError(line, "", said),)


def _header(lines: tuple[str, ...]) -> Header:
    declared = ""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match = _DECLARED.match(line)
        if match and not declared:
            declared = match[1]
            continue
        delimiter = declared or max(DELIMITERS, key=line.count)
        return Header(number, tuple(_column_names(line, delimiter, number)), delimiter)
    raise FileRefused(LineError(1, "", "The file is empty; its first line must name the columns."))


def _column_names(line: str, delimiter: str, number: int) -> Iterator[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        said = "The header cannot be read: a quotation mark is not closed."
        raise FileRefused(LineError(number, "", said)) from None
    if len(cells) > MOST_COLUMNS:
        said = f"The header names {len(cells)} columns; at most {MOST_COLUMNS} are read."
        raise FileRefused(LineError(number, "", said))
    return map(column_name, cells)


def column_name(cell: str) -> str:
    """ "E-mail 1 - Value" as e_mail_1_value; without what hides or turns text, for it is shown."""
    return re.sub(r"[\s-]+", "_", clean_text(cell, LONGEST_NAME).casefold())


def read_rows(table: Table) -> Iterator[Row | LineError]:
    """Every record below the header, or why it was refused. Blank lines are skipped."""
    return read_records(iter(table.lines[table.header.line :]), table.header)


def read_records(
    lines: Iterator[str], header: Header, *, line_breaks: bool = False
) -> Iterator[Row | LineError]:
    """The records of `lines`, which begin below the header, holding only a few lines at a time.

    `line_breaks` says whether a cell may hold them (notes and addresses of an address book do).
    """
    longest = LONGEST_FOLDED if line_breaks else LONGEST_RECORD
    ahead: deque[str] = deque()
    number = header.line + 1
    while True:
        if not ahead:
            ahead.extend(islice(lines, 1))
        if not ahead:
            return
        if not ahead[0].strip():
            used = 1
        else:
            cells, used = _record(ahead, lines, header, longest)
            yield _row(header, number, cells, 1 if line_breaks else used)
        for _ in range(used):
            ahead.popleft()
        number += used


def _record(
    ahead: deque[str], lines: Iterator[str], header: Header, longest: int
) -> tuple[list[str] | str, int]:
    """The cells of the record that begins with `ahead`, or a refusal, and the lines it uses.

    An unclosed quotation mark would swallow the lines below it: unless the record closes properly
    and has as many cells as the header, its first line alone is refused.
    """
    if len(ahead[0]) > LONGEST_LINE:
        return f"The line is longer than {LONGEST_LINE} characters.", 1
    quotes = 0
    for used in range(1, longest + 1):
        if len(ahead) < used:
            ahead.extend(islice(lines, 1))
        if len(ahead) < used:
            break
        quotes += ahead[used - 1].count('"')
        if quotes % 2:
            continue
        cells = _parse(list(islice(ahead, used)), header.delimiter)
        if cells is not None and (used == 1 or len(cells) == len(header.columns)):
            return cells, used
        break
    return "A quotation mark is not closed, or stands inside a cell undoubled.", 1


def _parse(chunk: list[str], delimiter: str) -> list[str] | None:
    try:
        records = list(csv.reader(chunk, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _row(header: Header, line: int, cells: list[str] | str, used: int) -> Row | LineError:
    if isinstance(cells, str):
        return LineError(line, "", cells)
    if used > 1:
        last = line + used - 1
        return LineError(line, "", f"A cell has a line break (lines {line} to {last} are one).")
    if len(cells) != len(header.columns):
        found, wanted = len(cells), len(header.columns)
        return LineError(line, "", f"{found} cells, but the header names {wanted} columns.")
    return Row(line, dict(zip(header.columns, map(str.strip, cells), strict=True)))
