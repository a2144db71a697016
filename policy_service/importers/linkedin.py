"""LinkedIn: Connections.csv and Invitations.csv of "Get a copy of your data".

The form rests on public parsers and fixtures (ten of Connections.csv agree): some lines of notes,
then `First Name,Last Name,URL,Email Address,Company,Position,Connected On`. URL is missing in older
files; the e-mail address is mostly empty, as the notes say. A day is `15 Mar 2024`, in older files
`15 Mar 24`; that of an invitation `3/5/26, 1:45 AM`, month first. Closed accounts leave a row with
nothing but the day. Both tables are known by their columns, never by the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial

from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.people import PersonName
from policy_service.importers.delimited import Header, Row
from policy_service.importers.entries import LONGEST_LINK, Entry, EntryRefused, profile, taken
from policy_service.importers.parts import Part
from policy_service.importers.people import full_name
from policy_service.importers.readings import Contact, Refused
from policy_service.importers.tables import find_header, rows

SOURCE = "linkedin"
_CONNECTIONS = frozenset({"first_name", "last_name", "connected_on"})
_INVITATIONS = frozenset({"from", "to", "sent_at", "direction"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDED = re.compile(r"(\d{1,2}) ([a-z]{3})[a-z]* (\d{2}|\d{4})", re.IGNORECASE | re.ASCII)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})(?:,? .*)?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].*)?", re.ASCII)
_SIDES = {
    "incoming": ("from", "inviterprofileurl", "client"),
    "outgoing": ("to", "inviteeprofileurl", "clinician"),
}


def header_of(part: Part) -> Header | None:
    """The header, when the part is one of LinkedIn's tables of people."""
    return find_header(part.lines(), lambda names: names >= _CONNECTIONS or names >= _INVITATIONS)


def read(part: Part) -> Iterator[Contact | Refused]:
    """The connections and open invitations, or why a row is none."""
    header = header_of(part)
    if header is None:
        return
    build = _connection if set(header.columns) >= _CONNECTIONS else _invitation
    for row in rows(part, header):
        if isinstance(row, Refused):
            yield row
        else:
            yield from taken(Entry(part.name, row.line), partial(build, row=row))


def _connection(entry: Entry, row: Row) -> Contact:
    cells = row.cells
    given = entry.name("First Name", cells["first_name"])
    family = entry.name("Last Name", cells["last_name"])
    company = cells.get("company", cells.get("current_company", ""))
    return Contact(
        SOURCE,
        names=(PersonName(given, family),) if given or family else (),
        emails=entry.emails("Email Address", [cells.get("email_address", "")]),
        handle=_handle(entry, "URL", cells.get("url", "")),
        platform=SOURCE,
        company=entry.text("Company", company),
        since=_day(entry, "Connected On", cells["connected_on"]),
        direction=Direction.MUTUAL,
        state=ConnectionState.ACCEPTED,
    )


def _invitation(entry: Entry, row: Row) -> Contact:
    cells = row.cells
    side = cells["direction"].casefold()
    if side not in _SIDES:
        raise EntryRefused("Direction", "INCOMING or OUTGOING is expected.")
    who, url, initiator = _SIDES[side]
    name = full_name(entry.name(who.title(), cells[who]))
    return Contact(
        SOURCE,
        names=(name,) if name != PersonName() else (),
        handle=_handle(entry, url, cells.get(url, "")),
        platform=SOURCE,
        since=_day(entry, "Sent At", cells["sent_at"]),
        direction=Direction.MUTUAL,
        state=ConnectionState.REQUESTED,
        initiator=initiator,
    )


def _handle(entry: Entry, field: str, url: str) -> str:
    link = entry.text(field, url, LONGEST_LINK)
    platform, handle = profile(link)
    if platform == SOURCE:
        return entry.handle(field, handle)
    if link:
        entry.note(field, "An address with linkedin.com/in/ is expected. The field was left out.")
    return ""


def _day(entry: Entry, field: str, text: str) -> str:
    """The day as an ISO date; empty, with a note, where there is none."""
    try:
        return _read_day(text).isoformat() if text else ""
    except ValueError:
        entry.note(field, "A day such as 15 Mar 2024 is expected. The field was left out.")
        return ""


def _read_day(text: str) -> date:
    if match := _WORDED.fullmatch(text):
        return date(_year(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    if match := _AMERICAN.fullmatch(text):
        return date(_year(match[3]), int(match[1]), int(match[2]))
    if _ISO.fullmatch(text):
        return date.fromisoformat(text[:10])
    raise ValueError(text)


def _year(text: str) -> int:
    """LinkedIn opened in 2003, so two digits mean this century."""
    return int(text) + (2000 if len(text) == 2 else 0)
