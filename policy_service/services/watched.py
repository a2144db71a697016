"""Which pairs are watched: those a full screen asks about, and of which a touch asks some.

A pair of an active clinician and a client (no merged profile) is watched when

- they share an open episode, or
- it was asked about within the last 90 days, or a case about it is open, or
- something on record joins them, and the client is present or was ever treated by this clinician.

*Joined*: the clinician is, or is within three ties of, or has an account connected to, somebody
whom recognition brings up for the client; or an event between the two is on record. That another
clinician works here too joins nobody: it is a tie to everyone, asked when the two are brought
together. *Present*: in open care with anyone here, or registered or asked about within 90 days.
All others are left out, because nothing on record could raise a question about them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from policy_service.database.tables.care import (
    IS_CLIENT_OF,
    IS_CLINICIAN_OF,
    EpisodeClientRow,
    EpisodeClinicianRow,
    EpisodeRow,
)
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.reviews import CaseState
from policy_service.errors import NotFound
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.joined import clinicians_joined, people_joined
from policy_service.services.reach import merged_in_chunks
from policy_service.services.touch import RECENT
from policy_service.vault.errors import KeyNotHeld

Pair = tuple[str, str]
"""Clinician id and client id."""
_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_PRACTICE: BindParameter[str] = bindparam("practice")
_CLIENTS = select(ClientRow).where(
    ClientRow.practice_id == _PRACTICE, ClientRow.person_id.in_(_WANTED)
)
_PERSON_OF = select(ClientRow.person_id).where(
    ClientRow.practice_id == _PRACTICE, ClientRow.id.in_(_WANTED)
)
_CARE = (
    select(EpisodeClinicianRow.clinician_id, EpisodeClientRow.client_id, EpisodeRow.is_open)
    .join(EpisodeRow, IS_CLINICIAN_OF)
    .join(EpisodeClientRow, IS_CLIENT_OF)
    .where(
        EpisodeRow.practice_id == _PRACTICE,
        EpisodeRow.is_current.is_(True),
        EpisodeRow.is_withdrawn.is_(False),
    )
    .distinct()
)
_ASKED = (
    select(DecisionRow.clinician_id, DecisionRow.client_id)
    .where(DecisionRow.practice_id == _PRACTICE, DecisionRow.is_silent.is_(False))
    .distinct()
)
_OPEN_CASES = (
    select(CaseRow.clinician_id, CaseRow.client_id)
    .where(CaseRow.practice_id == _PRACTICE, CaseRow.state != CaseState.CLOSED.value)
    .distinct()
)
_ACTIVE = select(ClinicianRow.id).where(
    ClinicianRow.practice_id == _PRACTICE,
    ClinicianRow.id.in_(_WANTED),
    ClinicianRow.is_active.is_(True),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A client who stands for all profiles merged into them; ids."""

    client_id: str
    person_id: str
    profiles: frozenset[str]
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """Pairs by what is between them: care now, care ever, a question (recent, or still open)."""

    open_care: frozenset[Pair]
    ever_care: frozenset[Pair]
    asked: frozenset[Pair]

    def whoever(self, client: Standing) -> bool:
        """Whether the client is present: then whoever is joined to them is watched."""
        return client.is_new or any(
            one == client.client_id for _, one in self.open_care | self.asked
        )

    def treated_by(self, client: Standing) -> set[str]:
        """Clinicians who ever treated the client."""
        return {clinician for clinician, one in self.ever_care if one == client.client_id}


def pairs_of_people(context: Context, person_ids: Iterable[str]) -> set[Pair]:
    """Every watched pair of the clients who are these persons."""
    clients = standing_clients(context, person_ids)
    seen = _look(context, clients)
    found = set(seen.open_care | seen.asked)
    for client in clients:
        found |= {(clinician, client.client_id) for clinician in _joined(context, client, seen)}
    return _of_active(context, found)


def _joined(context: Context, client: Standing, seen: _Seen) -> set[str]:
    whoever, treated = seen.whoever(client), seen.treated_by(client)
    if not (whoever or treated):
        return set()
    try:
        joined = clinicians_joined(context, client.person_id, client.profiles)
    except (NotFound, KeyNotHeld):
        return set()  # erased: nobody is left to ask about
    return joined if whoever else joined & treated


def pairs_of_clinician(context: Context, clinician_id: str) -> set[Pair]:
    """Every watched pair of a clinician."""
    near = standing_clients(context, people_joined(context, clinician_id))
    seen = _look(context, near)
    joined = {
        (clinician_id, client.client_id)
        for client in near
        if seen.whoever(client) or clinician_id in seen.treated_by(client)
    }
    return _of_active(context, joined | _own_pairs(context, clinician_id))


def _own_pairs(context: Context, clinician_id: str) -> set[Pair]:
    """In care with this clinician, or asked about with them."""
    care = _CARE.where(EpisodeClinicianRow.clinician_id.in_(_WANTED), EpisodeRow.is_open.is_(True))
    asked = _recently(context).where(DecisionRow.clinician_id.in_(_WANTED))
    cases = _OPEN_CASES.where(CaseRow.clinician_id.in_(_WANTED))
    profiles = {
        row[1]
        for statement in (care, asked, cases)
        for row in rows_of(context, statement, [clinician_id])
    }
    people = {row[0] for row in rows_of(context, _PERSON_OF, profiles)}
    return {
        (clinician_id, client.client_id)
        for client in standing_clients(context, people)
        if client.profiles & profiles
    }


def standing_clients(context: Context, person_ids: Iterable[str]) -> list[Standing]:
    """The clients who are these persons or stand for them, each once."""
    people = set(person_ids)
    people |= merged_in_chunks(context, people)
    rows = {row.id: row for (row,) in rows_of(context, _CLIENTS, people)}
    profiles: dict[str, set[str]] = {}
    for row in rows.values():
        profiles.setdefault(_root(rows, row), set()).add(row.id)
    return [_standing(context, rows, root, ids) for root, ids in sorted(profiles.items())]


def _root(rows: Mapping[str, ClientRow], row: ClientRow) -> str:
    while row.merged_into is not None and row.merged_into in rows:
        row = rows[row.merged_into]
    return row.id


def _standing(
    context: Context, rows: Mapping[str, ClientRow], root: str, profiles: set[str]
) -> Standing:
    since = context.now - RECENT
    is_new = any(rows[one].created_at >= since for one in profiles)
    return Standing(root, rows[root].person_id, frozenset(profiles), is_new)


def _look(context: Context, clients: Iterable[Standing]) -> _Seen:
    whose = {profile: client.client_id for client in clients for profile in client.profiles}
    care = list(rows_of(context, _CARE.where(EpisodeClientRow.client_id.in_(_WANTED)), whose))
    asked = _recently(context).where(DecisionRow.client_id.in_(_WANTED))
    cases = _OPEN_CASES.where(CaseRow.client_id.in_(_WANTED))
    questions = [*rows_of(context, asked, whose), *rows_of(context, cases, whose)]
    return _Seen(
        frozenset((one, whose[client]) for one, client, is_open in care if is_open),
        frozenset((one, whose[client]) for one, client, _ in care),
        frozenset((one, whose[client]) for one, client in questions),
    )


def _recently(context: Context) -> Select[*tuple[Any, ...]]:
    return _ASKED.where(DecisionRow.at >= context.now - RECENT)


def _of_active(context: Context, pairs: set[Pair]) -> set[Pair]:
    active = {row[0] for row in rows_of(context, _ACTIVE, {clinician for clinician, _ in pairs})}
    return {pair for pair in pairs if pair[0] in active}
