"""CSV by RFC 4180 that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Each row as one CRLF-ended line. Absent values (None) are empty."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([safe_cell(value) for value in row])
        yield line.getvalue()


def safe_cell(value: object) -> str:
    """The cell's text; one that a spreadsheet could run gets an apostrophe in front (OWASP)."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(_RISKY) else text
