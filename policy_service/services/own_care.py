"""A clinician's own present and former clients: the only ones a preview may name.

Whoever is not one of them is refused in one way, whether or not the practice knows the person: the
answer must not tell who is a client here.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from policy_service.database.tables.care import (
    IS_CLIENT_OF,
    IS_CLINICIAN_OF,
    EpisodeClientRow,
    EpisodeClinicianRow,
    EpisodeRow,
)
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.care import CareSpell, ClientStatus, client_status
from policy_service.domain.facts import Fact, Known, OneOf, Why
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.services.context import Context
from policy_service.services.gathering.care_facts import care_facts, care_spells
from policy_service.services.gathering.facts import clients_of
from policy_service.services.gathering.targets import find_targets
from policy_service.services.people import full_name, open_people, open_person
from policy_service.vault.errors import KeyNotHeld

NOT_OWN = (
    "No present or former client of this clinician has this id. "
    "About anybody else, ask hypothetically."
)
_OWN_CLIENTS = (
    select(EpisodeClientRow.client_id)
    .join(EpisodeRow, IS_CLIENT_OF)
    .join(EpisodeClinicianRow, IS_CLINICIAN_OF)
    .where(EpisodeRow.is_current.is_(True), EpisodeRow.is_withdrawn.is_(False))
    .distinct()
)


@dataclass(frozen=True, slots=True)
class OwnClient:
    """A present or former client of a clinician, with the care between the two."""

    row: ClientRow
    spells: tuple[CareSpell, ...]


@dataclass(frozen=True, slots=True)
class OwnClientLine:
    """A line of a form's list."""

    id: str
    name: str
    status: ClientStatus


def own_client(context: Context, clinician: ClinicianRow, client_id: str) -> OwnClient:
    """The client, if this clinician cares or cared for them. InvalidRequest alike for all others.

    Merged and certainly equal profiles count as one client; of them only this clinician's own
    care is read.
    """
    row = context.session.get(ClientRow, (context.practice_id, client_id))
    while row is not None and row.merged_into is not None:
        row = context.session.get(ClientRow, (context.practice_id, row.merged_into))
    spells = _own_spells(context, clinician.id, row) if row is not None else []
    if row is None or not spells:
        raise InvalidRequest(errors=[FieldError("/client/id", NOT_OWN)])
    return OwnClient(row, tuple(spells))


def _own_spells(context: Context, clinician_id: str, row: ClientRow) -> list[CareSpell]:
    """None for a person who was erased: there is nobody left to ask about."""
    try:
        targets = find_targets(context, open_person(context, row.person_id))
    except (NotFound, KeyNotHeld):
        return []
    known = {row.id, *clients_of(context, targets.same_people)}
    return care_spells(context, clinician_id, sorted(known))


def own_clients(context: Context, clinician_id: str) -> list[OwnClientLine]:
    """All of them by name, for the clinician to choose from; erased ones are left out."""
    ids = context.session.scalars(
        _OWN_CLIENTS.where(EpisodeClinicianRow.clinician_id == clinician_id)
    ).all()
    rows = context.session.scalars(
        select(ClientRow).where(ClientRow.id.in_(ids), ClientRow.merged_into.is_(None))
    ).all()
    people = open_people(context, sorted({row.person_id for row in rows}))
    names = {person.id: full_name(person) for person in people}
    lines = [
        OwnClientLine(row.id, names[row.person_id], _status(context, clinician_id, row.id))
        for row in rows
        if row.person_id in names
    ]
    return sorted(lines, key=lambda line: (line.name, line.id))


def _status(context: Context, clinician_id: str, client_id: str) -> ClientStatus:
    return client_status(care_spells(context, clinician_id, [client_id]))


def care_between(spells: tuple[CareSpell, ...]) -> dict[str, Fact]:
    """The facts a preview stands on: the care between the two, and nothing that others stated.

    Whether a former client is in care with somebody else here now is left open, for the clinician
    may not learn it: what depends on it is asked of the practice.
    """
    goes_on = client_status(spells) is ClientStatus.CURRENT
    elsewhere: Fact = OneOf(frozenset({"current", "former"}), Why.NOT_ASKED)
    return {
        **care_facts("event", list(spells), []),
        "practice_client_status": Known("current") if goes_on else elsewhere,
        "clinician_knows_practice_client": Known("yes"),
    }
