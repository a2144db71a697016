"""Google Contacts: "Export", "Google CSV"; also All Contacts.csv of a Takeout.

The form rests on public fixtures and parsers. Today's header is `First Name, Middle Name, Last
Name, …, Nickname, File As, Organization Name, …, Birthday, Notes, Photo, Labels, E-mail 1 - Label,
E-mail 1 - Value, Phone 1 - …, Address 1 - …, Relation 1 - Label, Relation 1 - Value, …`; until 2024
it was `Name, Given Name, Additional Name, Family Name, …, Maiden Name, …, Group Membership,
E-mail 1 - Type, …, Organization 1 - Name`. Several values in one cell stand with ` ::: ` between,
labels begin with `* `, notes and addresses hold line breaks. Old exports are UTF-16.
An address book says who is known, not who is connected: a contact has no direction or state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from policy_service.domain.people import NameKind, PersonName, RelatedPerson
from policy_service.importers.delimited import Header, Row
from policy_service.importers.entries import Entry, profile, taken
from policy_service.importers.parts import Part
from policy_service.importers.people import full_name
from policy_service.importers.readings import Contact, Refused
from policy_service.importers.relations import related_person
from policy_service.importers.tables import find_header, rows

SOURCE = "google"
BETWEEN = " ::: "
_NAMES = ({"first_name", "last_name"}, {"given_name", "family_name"})
_OWN = {
    "labels",
    "group_membership",
    "file_as",
    "phonetic_first_name",
    "given_name_yomi",
    "e_mail_1_value",
    "phone_1_value",
}
_NUMBERED = re.compile(r"(e_mail|phone|address|relation|website)_(\d+)_(\w+)", re.ASCII)


def header_of(part: Part) -> Header | None:
    """The header, when the part is an address book as Google writes it."""
    return find_header(part.lines(), _is_header)


def _is_header(names: frozenset[str]) -> bool:
    return any(pair <= names for pair in _NAMES) and bool(_OWN & names)


def read(part: Part) -> Iterator[Contact | Refused]:
    """The contacts, or why a row is none."""
    header = header_of(part)
    if header is None:
        return
    for row in rows(part, header):
        if isinstance(row, Refused):
            yield row
        else:
            yield from taken(Entry(part.name, row.line), partial(_contact, row=row))


def _contact(entry: Entry, row: Row) -> Contact:
    cells = row.cells
    platform, handle = _account(entry, cells)
    company = cells.get("organization_name") or cells.get("organization_1_name", "")
    return Contact(
        SOURCE,
        names=tuple(_names(entry, cells)),
        emails=entry.emails("E-mail", _values(cells, "e_mail", "value")),
        phones=entry.phones("Phone", _values(cells, "phone", "value")),
        handle=handle,
        platform=platform,
        company=entry.text("Organization Name", company),
        city=entry.text("Address 1 - City", next(_values(cells, "address", "city"), "")),
        birth_date=entry.birth_date("Birthday", cells.get("birthday", "")),
        related=tuple(_related(entry, cells)),
    )


def _names(entry: Entry, cells: dict[str, str]) -> Iterator[PersonName]:
    given, middle, family, suffix = (
        entry.name(title, cells.get(new) or cells.get(old))
        for title, new, old in (
            ("First Name", "first_name", "given_name"),
            ("Middle Name", "middle_name", "additional_name"),
            ("Last Name", "last_name", "family_name"),
            ("Name Suffix", "name_suffix", "name_suffix"),
        )
    )
    whole = cells.get("name") or cells.get("file_as")
    if given or family:
        yield PersonName(given, family, middle, suffix)
    elif whole:
        yield full_name(entry.name("Name", whole))
    for nickname in _split(entry.text("Nickname", cells.get("nickname"))):
        yield PersonName(nickname, family, kind=NameKind.NICKNAME)
    if maiden := entry.text("Maiden Name", cells.get("maiden_name")):
        yield PersonName(given, maiden, kind=NameKind.MAIDEN)


def _values(cells: dict[str, str], kind: str, part: str) -> Iterator[str]:
    """The values of `E-mail 1 - Value`, `E-mail 2 - Value` …, also those that share a cell."""
    for name, cell in cells.items():
        match = _NUMBERED.fullmatch(name)
        if cell and match and (match[1], match[3]) == (kind, part):
            yield from _split(cell)


def _split(cell: str) -> Iterator[str]:
    return filter(None, map(str.strip, cell.split(BETWEEN)))


def _account(entry: Entry, cells: dict[str, str]) -> tuple[str, str]:
    """The first address among the websites that is a profile on a platform we read."""
    for link in _values(cells, "website", "value"):
        platform, name = profile(link)
        if platform and (handle := entry.handle("Website", name)):
            return platform, handle
    return "", ""


def _related(entry: Entry, cells: dict[str, str]) -> Iterator[RelatedPerson]:
    for column, cell in cells.items():
        match = _NUMBERED.fullmatch(column)
        if not cell or not match or (match[1], match[3]) != ("relation", "value"):
            continue
        stem = f"relation_{match[2]}"
        label = cells.get(f"{stem}_label") or cells.get(f"{stem}_type", "")
        for name in _split(cell):
            person = related_person(entry, f"Relation {match[2]}", label, name)
            if person:
                yield person
