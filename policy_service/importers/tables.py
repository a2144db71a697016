"""CSV exports: where the header stands, and which platform's it is.

LinkedIn writes notes above its header, and people save exports anew in a spreadsheet, so the header
is looked for by its columns and the delimiter is told from it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from policy_service.importers.delimited import (
    DELIMITERS,
    Header,
    LineError,
    Row,
    column_name,
    read_records,
)
from policy_service.importers.parts import Part
from policy_service.importers.readings import Refused

SEARCHED_LINES = 20
"""LinkedIn's notes take three; there is room for them to grow."""


def find_header(lines: Iterable[str], fits: Callable[[frozenset[str]], bool]) -> Header | None:
    """The first line whose columns fit."""
    for number, line in enumerate(islice(lines, SEARCHED_LINES), 1):
        delimiter = max(DELIMITERS, key=line.count)
        columns = tuple(map(column_name, _cells(line, delimiter)))
        if fits(frozenset(columns)):
            return Header(number, columns, delimiter)
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def rows(part: Part, header: Header) -> Iterator[Row | Refused]:
    """The records below the header, or why one was refused; cells may hold line breaks."""
    below = islice(part.lines(), header.line, None)
    for row in read_records(below, header, line_breaks=True):
        if isinstance(row, LineError):
            yield Refused(part.name, row.line, row.field, row.detail)
        else:
            yield row
