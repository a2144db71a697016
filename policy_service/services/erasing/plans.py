"""What an erasure would take, what blocks it, and which other records are likely the same person.

Finding and looking are entries too: whoever asks is shown that the person is on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from policy_service.audit.log import Owned
from policy_service.database.base import Base
from policy_service.database.tables.accounts import AccountRow
from policy_service.database.tables.care import EpisodeClientRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.erasures import ErasureRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.screenings import ScreeningRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.erasures import Block, ErasureState, blocks_from_text
from policy_service.domain.people import PersonName, PersonRecord
from policy_service.matching.bands import Band
from policy_service.services.context import Context
from policy_service.services.erasing.blocks import blocks_on, floor_years, last_day
from policy_service.services.erasing.holds import Hold, holds_on
from policy_service.services.erasing.orders import Ordered, ordered
from policy_service.services.erasing.subjects import Subject, subject_of
from policy_service.services.imports.contact_states import READY
from policy_service.services.officers import require_eraser
from policy_service.services.parties import client_row, pseudonyms
from policy_service.services.people import UNNAMED, Person, full_name, open_people
from policy_service.services.recognition import identify

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Likely:
    """A record that may be of the same person. `kept`: plain, or hashed from a contact upload."""

    person_id: str
    name: str
    band: str
    kept: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would happen, as of now."""

    person_id: str
    name: str
    records: tuple[str, ...]
    counts: dict[str, int]
    blocks: tuple[Block, ...]
    last_day: date | None
    floor_years: int
    likely: tuple[Likely, ...]
    holds: tuple[Hold, ...]
    waiting: Ordered | None


def plan_of(context: Context, person_id: str) -> Plan:
    """Look at one person. NotFound for one erased or of another practice."""
    require_eraser(context)
    subject = subject_of(context, person_id)
    people = {one.id: one for one in open_people(context, subject.people)}
    refs = pseudonyms(context, subject.people)
    context.log("erasure.examined", {"query": Owned({}, person_id)}, subjects=refs)
    return Plan(
        person_id=person_id,
        name=_name(people[person_id]),
        records=subject.people,
        counts=dict(_counts(context, subject)),
        blocks=blocks_on(context, subject),
        last_day=last_day(context, subject),
        floor_years=floor_years(context),
        likely=tuple(_likely(context, list(people.values()))),
        holds=tuple(holds_on(context, subject.people)),
        waiting=_waiting(context, subject),
    )


def person_of_client(context: Context, client_id: str) -> str:
    """The person of a client's profile. NotFound if this practice has none."""
    require_eraser(context)
    return client_row(context, client_id).person_id


def find_people(context: Context, given: str, family: str, external_id: str) -> list[Likely]:
    """Persons by the EHR's id of a client, or else by name; the surest first."""
    require_eraser(context)
    context.log("erasure.searched", {"query": Owned({"by": "id" if external_id else "name"})})
    if external_id:
        rows = select(ClientRow.person_id).where(ClientRow.external_id == external_id)
        found = open_people(context, list(context.session.scalars(rows)))
        return [Likely(one.id, _name(one), "id", "plain") for one in found]
    record = PersonRecord((PersonName(given, family),))
    matches = identify(context, record, ()).matches
    return [_likely_of(match.person, match.comparison.band) for match in matches]


def orders(context: Context) -> list[tuple[Ordered, str, ErasureRow]]:
    """Erasures, those that wait first, then the newest; with the name while there is one."""
    require_eraser(context)
    waits = (ErasureRow.state != ErasureState.ASKED.value).asc()
    ordering = (waits, ErasureRow.asked_at.desc(), ErasureRow.id)
    rows = context.session.scalars(select(ErasureRow).order_by(*ordering).limit(MOST_LISTED)).all()
    people = {one.id: _name(one) for one in open_people(context, {row.person_id for row in rows})}
    context.log("erasure.listed", {"query": Owned({"shown": len(rows)})})
    return [
        (ordered(row, blocks_from_text(row.blocks)), people.get(row.person_id, "erased"), row)
        for row in rows
    ]


def _name(person: Person) -> str:
    return UNNAMED if person.hashed is not None else full_name(person)


def _likely(context: Context, people: list[Person]) -> Iterator[Likely]:
    """Records that recognition takes for the same person, surely or probably."""
    known, seen = {one.id for one in people}, set()
    for person in people:
        if person.hashed is not None:
            continue
        for match in identify(context, person.record, known).matches:
            if match.person.id not in seen and (match.is_same or match.may_be_same):
                seen.add(match.person.id)
                yield _likely_of(match.person, match.comparison.band)


def _likely_of(person: Person, band: Band) -> Likely:
    kept = "plain" if person.hashed is None else "hashed"
    return Likely(person.id, _name(person), str(band), kept)


def _waiting(context: Context, subject: Subject) -> Ordered | None:
    asked = select(ErasureRow).where(
        ErasureRow.person_id.in_(subject.people), ErasureRow.state == ErasureState.ASKED.value
    )
    row = context.session.scalars(asked).first()
    return None if row is None else ordered(row)


def _counts(context: Context, subject: Subject) -> Iterator[tuple[str, int]]:
    """How many there are of what goes, or can no longer be read, by its word."""
    people, clients = subject.people, subject.clients
    ends = or_(TieRow.from_person_id.in_(people), TieRow.to_person_id.in_(people))
    for word, table, wanted in (
        ("checks", DecisionRow, DecisionRow.client_id.in_(clients)),
        ("screenings", ScreeningRow, ScreeningRow.client_id.in_(clients)),
        ("cases", CaseRow, CaseRow.client_id.in_(clients)),
        ("duties", DutyRow, DutyRow.client_id.in_(clients)),
        ("ties", TieRow, ends & TieRow.is_current.is_(True)),
        (
            "accounts",
            AccountRow,
            AccountRow.person_id.in_(people) & AccountRow.is_current.is_(True),
        ),
        (
            "contacts",
            ContactRow,
            ContactRow.person_id.in_(people) & ContactRow.is_current.is_(True),
        ),
        ("events", BoundaryEventRow, BoundaryEventRow.client_id.in_(clients)),
        ("episodes", EpisodeClientRow, EpisodeClientRow.client_id.in_(clients)),
        ("uploads", ContactImportRow, ContactImportRow.state == READY),
    ):
        yield word, _count(context, table, wanted)
    yield "clinicians", len(subject.clinicians)


def _count(context: Context, table: type[Base], wanted: Any) -> int:
    mine = table.__table__.c.practice_id == context.practice_id
    counted = select(func.count()).select_from(table).where(mine, wanted)
    return context.session.scalar(counted) or 0
