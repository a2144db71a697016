"""People as CSV, one a row: what `flask matching score` reads.

    id, source, relation, given, family, aliases, birth_date, sex, phones, emails, address, city,
    postcode, state, handles, company, emergency_contact_name, emergency_contact_phone,
    emergency_contact_relation, guarantor_name

Any column but `id` may be missing or empty; `;` stands between several values. Nothing is refused
for its content: what cannot be used is left to the matcher, which says so as a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.domain.relation_words import relation_code
from policy_service.importers.delimited import FileRefused, LineError, Row, read_rows, read_table

COLUMNS_WORDS = (
    "id source relation given family aliases birth_date sex phones emails address city postcode "
    "state handles company emergency_contact_name emergency_contact_phone "
    "emergency_contact_relation guarantor_name"
)
COLUMNS = tuple(COLUMNS_WORDS.split())
_ALIAS_KINDS = (
    (re.compile(r"^(?:n[eé]e|born|maiden(?: name)?)[:\s]+", re.IGNORECASE), NameKind.MAIDEN),
    (
        re.compile(r"^(?:former(?:ly)?(?: name)?|fka|f/k/a|ex)[:\s]+", re.IGNORECASE),
        NameKind.FORMER,
    ),
    (re.compile(r"^(?:chosen|preferred|goes by)[:\s]+", re.IGNORECASE), NameKind.CHOSEN),
    (re.compile(r"^(?:nick(?:name)?)[:\s]+", re.IGNORECASE), NameKind.NICKNAME),
    (re.compile(r"^(?:aka|a/k/a|alias|also)[:\s]+", re.IGNORECASE), NameKind.ALIAS),
)
_FAMILY_KINDS = frozenset({NameKind.MAIDEN, NameKind.FORMER})
_GIVEN_KINDS = frozenset({NameKind.CHOSEN, NameKind.NICKNAME})
_URL_PLATFORM = re.compile(r"^(?:https?://)?(?:www\.|[a-z]{2}\.)?([a-z]+)\.com/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One row. `source` and `relation` are how the practice came to know of the person."""

    line: int
    ref: str
    source: str
    relation: str
    record: PersonRecord


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """The rows that could be read, in order, and what was refused by line."""

    people: tuple[PersonLine, ...]
    errors: tuple[LineError, ...]
    unknown_columns: tuple[str, ...]


def read_people(raw: bytes) -> PeopleFile:
    """Read the file. Raises FileRefused when it has no header or no column `id`."""
    table = read_table(raw)
    if "id" not in table.header.columns:
        raise FileRefused(LineError(table.header.line, "id", "The column id is missing."))
    rows = tuple(map(_person_line, read_rows(table)))
    unknown = tuple(name for name in table.header.columns if name not in COLUMNS)
    people = tuple(row for row in rows if isinstance(row, PersonLine))
    errors = tuple(row for row in rows if isinstance(row, LineError))
    return PeopleFile(people, errors, unknown)


def _person_line(row: Row | LineError) -> PersonLine | LineError:
    if isinstance(row, LineError):
        return row
    cells = dict.fromkeys(COLUMNS, "") | row.cells
    if not cells["id"]:
        return LineError(row.line, "id", "The id is empty.")
    relation = relation_code(cells["relation"])
    return PersonLine(row.line, cells["id"], cells["source"].lower(), relation, _record(cells))


def _record(cells: dict[str, str]) -> PersonRecord:
    name = PersonName(cells["given"], cells["family"])
    aliases = (_alias(text, name) for text in _several(cells["aliases"]))
    return PersonRecord(
        names=(name, *aliases) if name != PersonName() else tuple(aliases),
        birth_date=cells["birth_date"],
        sex=cells["sex"],
        phones=_several(cells["phones"]),
        emails=_several(cells["emails"]),
        addresses=tuple(_addresses(cells)),
        handles=tuple(map(_handle, _several(cells["handles"]))),
        company=cells["company"],
        related=tuple(_related(cells)),
    )


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _alias(text: str, name: PersonName) -> PersonName:
    """Another name of a person: in full, or the one part that differs from `name`."""
    kind, bare = _alias_kind(text)
    given, family = _parts(bare)
    if given and family:
        return PersonName(given, family, kind=kind)
    if kind in _FAMILY_KINDS:
        return PersonName(name.given, bare, kind=kind)
    if kind in _GIVEN_KINDS:
        return PersonName(bare, name.family, kind=kind)
    return PersonName(bare, "", kind=kind)  # the matcher tells which part it is


def _alias_kind(text: str) -> tuple[NameKind, str]:
    for pattern, kind in _ALIAS_KINDS:
        if match := pattern.match(text):
            return kind, text[match.end() :].strip()
    return NameKind.ALIAS, text


def full_name(text: str) -> PersonName:
    """ "Anna Berg" or "Berg, Anna" in parts; the last word is the family name."""
    return PersonName(*_parts(text))


def _parts(text: str) -> tuple[str, str]:
    before, comma, after = text.partition(",")
    if comma and after.strip().rstrip(".").lower() not in {"jr", "sr", "ii", "iii", "iv"}:
        return after.strip(), before.strip()
    words = text.split()
    at = next((i for i, word in enumerate(words[1:], 1) if word.lower() in _PARTICLES), 0)
    if not at:
        suffixed = len(words) > 2 and words[-1].strip(".").lower() in _SUFFIXES
        at = len(words) - (2 if suffixed else 1)
    return " ".join(words[:at]), " ".join(words[at:])


_PARTICLES = frozenset(
    [
        "de",
        "del",
        "della",
        "van",
        "von",
        "der",
        "den",
        "bin",
        "ibn",
        "al",
        "el",
        "la",
        "le",
        "di",
        "da",
        "dos",
        "du",
        "ter",
    ]
)
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


def _addresses(cells: dict[str, str]) -> Iterator[Address]:
    """One address for each street text; town, postcode and state go with all of them."""
    town = {name: cells[name] for name in ("city", "postcode", "state")}
    streets = _several(cells["address"])
    for street in streets or ("",):
        if street or any(town.values()):
            yield Address(street=_street(street, town), **town)


def _street(text: str, town: dict[str, str]) -> str:
    """The street part of a full address line: town, postcode and state taken off its end."""
    said = {value.casefold() for value in town.values() if value}
    parts = [part.strip() for part in text.split(",")]
    while len(parts) > 1 and set(parts[-1].casefold().split()) <= _words(said):
        parts.pop()
    return " ".join(parts)


def _words(texts: set[str]) -> set[str]:
    return {word for text in texts for word in text.split()} | {"usa", "us"}


def _handle(text: str) -> Handle:
    """`platform:name`, an address of a profile, or a bare name."""
    if match := _URL_PLATFORM.match(text):
        return Handle(match[1].lower(), re.sub(r"^(?:https?://)", "", text).partition("/")[2])
    platform, colon, name = text.partition(":")
    return Handle(platform.strip(), name.strip()) if colon else Handle("", text)


def _related(cells: dict[str, str]) -> Iterator[RelatedPerson]:
    contact, phone = cells["emergency_contact_name"], cells["emergency_contact_phone"]
    if contact or phone:
        yield RelatedPerson(
            full_name(contact) if contact else PersonName(),
            relation_code(cells["emergency_contact_relation"]),
            RelatedRole.EMERGENCY_CONTACT,
            phone=phone,
        )
    for guarantor in _several(cells["guarantor_name"]):
        yield RelatedPerson(full_name(guarantor), "", RelatedRole.GUARANTOR)
