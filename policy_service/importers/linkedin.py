"""LinkedIn's Connections.csv: a few lines of notes, the header, one connection a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.people import PersonName
from policy_service.importers.readings import Contact, NotReadable, Refused

SOURCE = "linkedin"
_HANDLE = re.compile(r"linkedin\.com/in/([^/?#\s]+)", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read(member: str, lines: Iterable[str]) -> Iterator[Contact | Refused]:
    """The connections, or why a row is none."""
    rows = csv.reader(lines)
    header = next((row for row in rows if row and row[0].strip() == "First Name"), None)
    if header is None:
        raise NotReadable("No line begins with First Name: this is not LinkedIn's Connections.csv.")
    for row in rows:
        if len(row) == len(header):
            yield _contact(dict(zip(header, map(str.strip, row), strict=True)))
        elif row:
            said = f"{len(row)} cells, but the header names {len(header)} columns."
            yield Refused(member, rows.line_num, "", said)


def _contact(cells: dict[str, str]) -> Contact:
    found = _HANDLE.search(cells.get("URL", ""))
    mail = cells.get("Email Address", "")
    return Contact(
        SOURCE,
        names=(PersonName(cells["First Name"], cells.get("Last Name", "")),),
        emails=(mail,) if mail else (),
        handle=found[1] if found else "",
        platform=SOURCE,
        company=cells.get("Company", ""),
        since=_day(cells.get("Connected On", "")),
        direction=Direction.MUTUAL,
        state=ConnectionState.ACCEPTED,
    )


def _day(text: str) -> str:
    """`15 Mar 2024` as an ISO date; empty when it is none."""
    try:
        day, month, year = text.split()
        return date(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day)).isoformat()
    except ValueError:
        return ""
