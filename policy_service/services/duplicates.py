"""Duplicate profiles: clients whom the EHR holds twice, found by the path of a check.

Every client is looked up among all others, some clients a piece: the command line runs the pieces
one after the other, the worker as work rows. Whoever reads as one person, surely or probably, and
on whom no officer has said "different", is listed for officers, who compare, judge and merge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.matching import LikelyDuplicateRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotFound
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.gathering.merges import merged_with
from policy_service.services.identity import Verdict
from policy_service.services.people import Person, full_name, open_people
from policy_service.services.population import BEFORE_ALL, clients_after
from policy_service.services.recognition import Match, identify
from policy_service.services.verdicts import judgements_on

FIND_DUPLICATES = "find_duplicates"
CLIENTS_A_PIECE = 50
MOST_SHOWN = 200
_CLIENTS_AMONG = select(ClientRow.person_id).where(
    ClientRow.person_id.in_(bindparam("people", expanding=True)), ClientRow.merged_into.is_(None)
)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two profiles that are likely of one client."""

    person_a: str
    person_b: str
    client_a: str
    client_b: str
    name_a: str
    name_b: str
    band: str
    bits: int


def ask_for_duplicates(context: Context) -> None:
    """Queue a look at every client."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER)
    body = {"after": BEFORE_ALL}
    queue.enqueue(context.session, context.practice_id, FIND_DUPLICATES, [body], context.now)
    context.log("identity.duplicates_asked", {"query": Owned({"everybody": True})})


def find_piece(desk: Desk, practice_id: str, work: Work) -> bool:
    """The worker's step: some clients, and the piece after this; True if there were clients."""
    finder = Principal(practice_id, "duplicates", "duplicates", frozenset())
    last = look_at_clients(desk, finder, str(work.body["after"]))
    if last is None:
        return False
    with desk.writing(finder) as context:
        body = {"after": last}
        queue.enqueue(context.session, practice_id, FIND_DUPLICATES, [body], context.now)
    return True


def look_at_clients(desk: Desk, principal: Principal, after: str = BEFORE_ALL) -> str | None:
    """Look up the clients after one; returns the last of them, None when there is nobody left."""
    with desk.reading(principal) as context:
        clients = clients_after(context, after, CLIENTS_A_PIECE)
        looked_at = [row.person_id for row in clients]
        found = [row for person_id in looked_at for row in _twins_of(context, person_id)]
    if not clients:
        return None
    with desk.writing(principal) as context:
        _replace(context, looked_at, found)
    return str(clients[-1].id)


def _twins_of(context: Context, person_id: str) -> list[dict[str, Any]]:
    """The rows of one client: the other clients who may be the same person."""
    own = {person_id, *merged_with(context, [person_id])}
    people = open_people(context, [person_id])
    if not people:
        return []  # erased
    identification = identify(context, people[0].record, own)
    likely = {m.person.id: m for m in identification.matches if m.is_same or m.may_be_same}
    if not likely:
        return []
    clients = context.session.scalars(_CLIENTS_AMONG, {"people": sorted(likely)})
    return [_row(context, person_id, likely[other]) for other in sorted(set(clients))]


def _row(context: Context, person_id: str, match: Match) -> dict[str, Any]:
    first, second = sorted((person_id, match.person.id))
    comparison = match.comparison
    return {
        "practice_id": context.practice_id,
        "person_a": first,
        "person_b": second,
        "band": "certain" if match.is_same else comparison.identity.value,
        "bits": comparison.identity_bits,
        "found_at": context.now,
    }


def _replace(context: Context, looked_at: list[str], found: list[dict[str, Any]]) -> None:
    """What was found of these clients before is replaced; a pair is found from both sides."""
    rows = {(row["person_a"], row["person_b"]): row for row in found}
    either = or_(
        LikelyDuplicateRow.person_a.in_(looked_at), LikelyDuplicateRow.person_b.in_(looked_at)
    )
    context.session.execute(
        delete(LikelyDuplicateRow)
        .where(LikelyDuplicateRow.practice_id == context.practice_id, either)
        .execution_options(synchronize_session=False)
    )
    if rows:
        context.session.execute(insert(LikelyDuplicateRow), list(rows.values()))


def likely_duplicates(context: Context) -> list[Duplicate]:
    """The profiles that still wait for an officer, surest first; the reading is logged."""
    require_role(context, Role.COMPLIANCE, Role.APPROVER, Role.OPERATOR)
    surest = select(LikelyDuplicateRow).order_by(
        LikelyDuplicateRow.bits.desc(), LikelyDuplicateRow.person_a, LikelyDuplicateRow.person_b
    )
    rows = context.session.scalars(surest.limit(MOST_SHOWN)).all()
    clients = _clients_of(context, {person for row in rows for person in _both(row)})
    people = {person.id: person for person in open_people(context, sorted(clients))}
    shown = [
        _shown(row, clients, people)
        for row in rows
        if people.keys() >= set(_both(row)) and not _is_told_apart(context, row, people)
    ]
    context.log("identity.duplicates_listed", {"query": Owned({"shown": len(shown)})})
    return shown


def require_both_profiles(context: Context, first: str, second: str) -> tuple[str, str]:
    """The client ids of two persons. NotFound unless both are profiles that stand by themselves."""
    clients = _clients_of(context, {first, second})
    if len(clients) < 2:
        raise NotFound
    return clients[first], clients[second]


def _both(row: LikelyDuplicateRow) -> tuple[str, str]:
    return row.person_a, row.person_b


def _clients_of(context: Context, person_ids: set[str]) -> dict[str, str]:
    """Client ids by person; a profile that was merged since waits no longer."""
    rows = context.session.execute(
        select(ClientRow.person_id, ClientRow.id).where(
            ClientRow.person_id.in_(sorted(person_ids)), ClientRow.merged_into.is_(None)
        )
    )
    return {row.person_id: row.id for row in rows}


def _is_told_apart(context: Context, row: LikelyDuplicateRow, people: dict[str, Person]) -> bool:
    """An officer has said that these two records are of two people."""
    judged = judgements_on(context, people[row.person_a].digest)
    said = judged.get((row.person_b, people[row.person_b].digest))
    return said is not None and said.verdict != Verdict.SAME


def _shown(
    row: LikelyDuplicateRow, clients: dict[str, str], people: dict[str, Person]
) -> Duplicate:
    first, second = _both(row)
    return Duplicate(
        first,
        second,
        clients[first],
        clients[second],
        full_name(people[first]),
        full_name(people[second]),
        row.band,
        row.bits,
    )
