"""Carry out re-screens: ask a pair's last question again, because what it rests on has changed.

A re-screen is a check like any other, asked by the service itself: same rules, an audit entry,
cases opened or joined. It answers nobody. The question is the pair's last one (purpose, place of
service), because another purpose would read as new facts and reopen settled cases; where nobody
ever asked, the purpose is `session`.

Only news is recorded. Where the decision would say word for word what the last one said, no answer
is given, and the standing decision already is the record. Of a pair that nobody asked about and
that is not in care, it is news only if a person must look at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.audiences import Audience
from policy_service.domain.care import ClientStatus
from policy_service.domain.facts import Known
from policy_service.domain.principals import Principal
from policy_service.errors import NotFound
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.cases import questions_raised
from policy_service.services.checks import CheckDoor, CheckRequest, prepare, run_check
from policy_service.services.chunks import AT_ONCE
from policy_service.services.clients import survivor
from policy_service.services.context import Context
from policy_service.services.decisions import Material, Recorded, read_decision
from policy_service.services.desk import Desk
from policy_service.services.packs import wording
from policy_service.services.revisions import bump
from policy_service.services.stored_responses import Response
from policy_service.services.touch import ONCE_ASKED, RESCREEN
from policy_service.services.watched import Pair
from policy_service.vault.errors import KeyNotHeld

_OWN_QUESTION = "session"


@dataclass(frozen=True, slots=True)
class _Plan:
    """The check to be made, and what its pair was last told."""

    request: CheckRequest
    last_body: Mapping[str, Any] | None


def rescreener(practice_id: str) -> Principal:
    """Who asks: the service itself. It holds no role, so its answers would tell nothing."""
    return Principal(practice_id, "rescreening", "re-screening", frozenset())


def queue_pairs(desk: Desk, principal: Principal, pairs: Iterable[Pair]) -> None:
    """Queue a re-screen of each pair, and raise its client's version.

    A check that is under way reads again: it could be recorded after the re-screen, with what it
    read before the touch.
    """
    ordered = sorted(pairs)
    for start in range(0, len(ordered), AT_ONCE):
        with desk.writing(principal) as context:
            _queue(context, ordered[start : start + AT_ONCE])


def _queue(context: Context, pairs: list[Pair]) -> None:
    bump(context, ClientRow, {client for _, client in pairs})
    bodies = [{"clinician": clinician, "client": client} for clinician, client in pairs]
    queue.enqueue(context.session, context.practice_id, RESCREEN, bodies, context.now)


def rescreen(desk: Desk, practice_id: str, work: Work) -> bool:
    """Carry out one queued re-screen; True if a new decision was recorded.

    May run twice for one cause: the second finds the decision unchanged.
    """
    return rescreen_pair(desk, practice_id, work.body["clinician"], work.body["client"])


def rescreen_pair(desk: Desk, practice_id: str, clinician_id: str, client_id: str) -> bool:
    """Ask about one pair; True if a new decision was recorded."""
    principal = rescreener(practice_id)
    try:
        with desk.reading(principal) as context:
            plan = _plan(context, clinician_id, client_id)
            if plan is None or not _is_news(desk, context, plan):
                return False
    except (NotFound, KeyNotHeld):
        return False  # erased since: nothing is left to ask about
    door = CheckDoor(render=wording(desk, principal), respond=_nobody)
    run_check(desk, principal, plan.request, door)
    return True


def _plan(context: Context, clinician_id: str, client_id: str) -> _Plan | None:
    clinician = context.session.get(ClinicianRow, (context.practice_id, clinician_id))
    client = context.session.get(ClientRow, (context.practice_id, client_id))
    if clinician is None or client is None or not clinician.is_active:
        return None
    client_id = survivor(context, client).id
    last = _last_decision(context, clinician_id, client_id)
    request = CheckRequest(
        clinician_id=clinician_id,
        purpose=last.purpose if last else _OWN_QUESTION,
        as_of=context.today,
        client_id=client_id,
        location_of_service=last.context["request"]["location_of_service"] if last else None,
    )
    return _Plan(request, last.body if last else None)


def _last_decision(context: Context, clinician_id: str, client_id: str) -> Recorded | None:
    """The newest answer that stands: not to an event or an emergency, which are asked once."""
    newest = context.session.scalars(
        select(DecisionRow.id)
        .where(
            DecisionRow.clinician_id == clinician_id,
            DecisionRow.client_id == client_id,
            DecisionRow.is_silent.is_(False),
            DecisionRow.purpose.not_in(sorted(ONCE_ASKED)),
        )
        .order_by(DecisionRow.at.desc(), DecisionRow.id)
        .limit(1)
    ).first()
    return read_decision(context, newest) if newest else None


def _is_news(desk: Desk, context: Context, plan: _Plan) -> bool:
    material = prepare(desk, context, plan.request).material
    if plan.last_body is not None:
        return material.decision.to_json() != plan.last_body
    return _is_in_care(material) or bool(questions_raised(material.decision))


def _is_in_care(material: Material) -> bool:
    return material.gathered.facts.base["client_status"] == Known(ClientStatus.CURRENT.value)


def _nobody(_body: dict[str, Any], _audience: Audience, _decision_id: str) -> Response:
    """Nobody is answered; officers find the decision in the queue and the log."""
    return Response(204, b"")
