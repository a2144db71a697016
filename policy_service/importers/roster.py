"""Rosters: clinicians, clients and episodes as CSV (docs/roster.md lists the columns).

A line that is refused says which column and what is allowed; the other lines stand. Columns that
are not documented here are not read, and the answer names them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policy_service.domain.care import ClientRole, ClinicianRole
from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.domain.ties import TIE_KINDS
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.importers.cells import (
    Column,
    Refused,
    partial_date,
    several,
    text,
    word,
    yes_or_no,
)
from policy_service.importers.delimited import (
    FileRefused,
    Header,
    LineError,
    Row,
    read_rows,
    read_table,
)


class RosterKind(StrEnum):
    """What a file lists."""

    CLINICIANS = "clinicians"
    CLIENTS = "clients"
    EPISODES = "episodes"


@dataclass(frozen=True, slots=True)
class Held:
    """A licence (jurisdiction and type) or a membership (body alone), with its period."""

    name: str
    jurisdiction: str = ""
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True, slots=True)
class ClinicianLine:
    """One clinician."""

    line: int
    external_id: str
    record: PersonRecord
    licences: tuple[Held, ...]
    memberships: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class ClientLine:
    """One client."""

    line: int
    external_id: str
    record: PersonRecord


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """One client's and one clinician's part in an episode; `values` by column name, None empty."""

    line: int
    external_id: str
    values: dict[str, Any]


RosterLine = ClinicianLine | ClientLine | EpisodeLine


@dataclass(frozen=True, slots=True)
class Roster:
    """A file as read: good lines, refused lines and warnings, each in the order of the file."""

    kind: RosterKind
    lines: tuple[RosterLine, ...]
    errors: tuple[LineError, ...]
    warnings: tuple[LineError, ...]


_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_REASONS = [value for value in VOCABULARY["termination_reason"].values if value != "not_applicable"]


def _held(value: str, jurisdiction: str = "") -> Held:
    """`NAME [FROM [TO]]`; the name may be of two words ("LPC Associate")."""
    words = value.split()
    dates = [partial_date(one) for one in words if one[0].isdigit()]
    names = [one for one in words if not one[0].isdigit()]
    if len(dates) > 2 or not names or words[: len(names)] != names:
        raise Refused("Name, then at most two dates (from, to) are expected.")
    name = " ".join(names)
    if len(name) > 20 or not all(map(_CODE.fullmatch, names)):
        raise Refused("A name of letters, digits and hyphens, at most 20 long, is expected.")
    return Held(name.upper(), jurisdiction, *dates)


def _licence(value: str) -> Held:
    jurisdiction, _, rest = value.partition(" ")
    if not _JURISDICTION.fullmatch(jurisdiction):
        raise Refused("A licence begins with its jurisdiction: US-TX LPC 2019-05-01 2027-05-31.")
    return _held(rest, jurisdiction)


def _handle(value: str) -> Handle:
    platform, _, name = text(131)(value).partition(":")
    if not platform or not name or len(platform) > 30 or len(name) > 100:
        raise Refused("PLATFORM:NAME is expected, for example linkedin:anna-berg.")
    return Handle(platform.strip(), name.strip())


def _relation(value: str) -> str:
    found = next((code for code in (value, value.upper()) if code in TIE_KINDS), None)
    if found is None:
        raise Refused("This kind of tie is not known.", sorted(TIE_KINDS))
    return found


_PHONE = text(40, may_begin="+")
_ID = Column("external_id", text(100), "the record's id in your system", required=True)
_PERSON = (
    Column("given_name", text(), "given name", required=True),
    Column("family_name", text(), "family name", required=True),
    Column("middle_name", text(), "middle name"),
    Column("suffix", text(20), "Jr, III"),
    Column("former_family_names", several(text()), "maiden or other earlier family names"),
    Column("preferred_name", text(), "the given name the person uses"),
    Column("birth_date", partial_date, "birth date; month or day may be missing"),
    Column("sex", word(("female", "male", "other")), "female, male or other"),
    Column("phones", several(_PHONE), "telephone numbers"),
    Column("emails", several(text(254)), "e-mail addresses"),
    Column("house", text(20), "house number"),
    Column("street", text(), "street"),
    Column("unit", text(100), "flat, suite or second address line"),
    Column("city", text(), "city"),
    Column("state", text(40), "state"),
    Column("postcode", text(20), "postcode"),
    Column("handles", several(_handle), "social-media names, PLATFORM:NAME"),
    Column("company", text(), "employer"),
)


def _contact(prefix: str, who: str) -> tuple[Column, ...]:
    return (
        Column(f"{prefix}_given_name", text(), f"{who}: given name"),
        Column(f"{prefix}_family_name", text(), f"{who}: family name"),
        Column(f"{prefix}_relation", _relation, f"{who}: what they are to the client (tie kind)"),
        Column(f"{prefix}_phone", _PHONE, f"{who}: telephone number"),
    )


_CONTACTS = {
    "emergency": (RelatedRole.EMERGENCY_CONTACT, "emergency contact"),
    "guardian": (RelatedRole.GUARDIAN, "guardian"),
}
COLUMNS: dict[RosterKind, tuple[Column, ...]] = {
    RosterKind.CLINICIANS: (
        _ID,
        *_PERSON,
        Column("licences", several(_licence), "JURISDICTION TYPE [FROM [TO]]: US-TX LPC 2019-05"),
        Column("memberships", several(_held), "BODY [FROM [TO]]: ACA"),
    ),
    RosterKind.CLIENTS: (
        _ID,
        *_PERSON,
        *(column for prefix, (_, who) in _CONTACTS.items() for column in _contact(prefix, who)),
    ),
    RosterKind.EPISODES: (
        Column("external_id", text(100), "the episode's id in your system", required=True),
        Column("client_id", text(100), "the client's external_id", required=True),
        Column("clinician_id", text(100), "the clinician's external_id", required=True),
        Column("client_role", word(ClientRole), "the client's role; client where empty"),
        Column("clinician_role", word(ClinicianRole), "the clinician's role; treating where empty"),
        Column("began_on", partial_date, "when care began"),
        Column("client_began_on", partial_date, "when this client joined"),
        Column("client_ended_on", partial_date, "when this client's part ended"),
        Column("clinician_began_on", partial_date, "when this clinician joined"),
        Column("clinician_ended_on", partial_date, "when this clinician's part ended"),
        Column("last_contact_on", partial_date, "last professional contact with this clinician"),
        Column("terminated_on", partial_date, "when care was formally ended"),
        Column("termination_reason", word(_REASONS), "why care ended"),
        Column("is_open", yes_or_no, "yes or no; where empty, open unless terminated_on is given"),
    ),
}


def read_roster(kind: RosterKind, raw: bytes) -> Roster:
    """Read a file. Raises FileRefused when its header does not do; never for a single line."""
    table = read_table(raw)
    warnings = (*table.warnings, *_check_header(kind, table.header))
    lines: list[RosterLine] = []
    errors: list[LineError] = []
    for row in read_rows(table):
        found = row if isinstance(row, LineError) else _read_line(kind, row)
        if isinstance(found, LineError):
            errors.append(found)
        else:
            lines.append(found)
    return Roster(kind, tuple(lines), tuple(errors), warnings)


def _check_header(kind: RosterKind, header: Header) -> Iterator[LineError]:
    """Refuse what is missing or there twice; yield a warning for each column not read."""
    known = [column.name for column in COLUMNS[kind]]
    missing = [c.name for c in COLUMNS[kind] if c.required and c.name not in header.columns]
    if missing:
        said = f"The header lacks {', '.join(missing)}; these columns are known:"
        raise FileRefused(*(LineError(header.line, name, said, tuple(known)) for name in missing))
    for name in {name for name in header.columns if header.columns.count(name) > 1}:
        raise FileRefused(LineError(header.line, name, "The header names this column twice."))
    return (_not_read(header, name, known) for name in header.columns if name not in known)


def _not_read(header: Header, name: str, known: list[str]) -> LineError:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    hint = f" Did you mean {near[0]}?" if near else ""
    return LineError(header.line, name, f"This column is not known and was not read.{hint}")


def _read_line(kind: RosterKind, row: Row) -> RosterLine | LineError:
    values: dict[str, Any] = {}
    for column in COLUMNS[kind]:
        cell = row.cells.get(column.name, "")
        if not cell and column.required:
            return LineError(row.line, column.name, "This must not be empty.")
        try:
            values[column.name] = column.read(cell) if cell else None
        except Refused as refused:
            return LineError(row.line, column.name, str(refused), refused.allowed)
    return _LINE_OF[kind](row.line, values)


def _clinician(line: int, values: dict[str, Any]) -> RosterLine:
    record = _record(values)
    held = (values["licences"] or (), values["memberships"] or ())
    return ClinicianLine(line, values["external_id"], record, *held)


def _client(line: int, values: dict[str, Any]) -> RosterLine:
    return ClientLine(line, values["external_id"], _record(values))


def _episode(line: int, values: dict[str, Any]) -> RosterLine | LineError:
    for first, last in _IN_ORDER:
        began, ended = values[first], values[last]
        if began and ended and ended < began[: len(ended)]:
            return LineError(line, last, f"{ended} is before {first}, {began}.")
    if values["is_open"] is None:
        values["is_open"] = values["terminated_on"] is None
    elif values["is_open"] and values["terminated_on"]:
        return LineError(line, "is_open", "Care with a terminated_on is not open.", ("no",))
    return EpisodeLine(line, values["external_id"], values)


_IN_ORDER = (
    ("began_on", "terminated_on"),
    ("began_on", "last_contact_on"),
    ("client_began_on", "client_ended_on"),
    ("clinician_began_on", "clinician_ended_on"),
)
_LINE_OF = {
    RosterKind.CLINICIANS: _clinician,
    RosterKind.CLIENTS: _client,
    RosterKind.EPISODES: _episode,
}


def _record(values: dict[str, Any]) -> PersonRecord:
    address = {part: values[part] or "" for part in Address.__dataclass_fields__}
    return PersonRecord(
        names=tuple(_names(values)),
        birth_date=values["birth_date"] or "",
        sex=values["sex"] or "",
        phones=values["phones"] or (),
        emails=values["emails"] or (),
        addresses=(Address(**address),) if any(address.values()) else (),
        handles=values["handles"] or (),
        company=values["company"] or "",
        related=tuple(_related(values)),
    )


def _names(values: dict[str, Any]) -> Iterator[PersonName]:
    given, family = values["given_name"], values["family_name"]
    yield PersonName(given, family, values["middle_name"] or "", values["suffix"] or "")
    for former in values["former_family_names"] or ():
        yield PersonName(given, former, kind=NameKind.FORMER)
    if values["preferred_name"]:
        yield PersonName(values["preferred_name"], family, kind=NameKind.CHOSEN)


def _related(values: dict[str, Any]) -> Iterator[RelatedPerson]:
    for prefix, (role, _) in _CONTACTS.items():
        given, family = values.get(f"{prefix}_given_name"), values.get(f"{prefix}_family_name")
        if given or family:
            yield RelatedPerson(
                PersonName(given or "", family or ""),
                values[f"{prefix}_relation"] or "",
                role,
                phone=values[f"{prefix}_phone"] or "",
            )
