"""Carry out re-screens: ask a pair's last question again, because what it rests on has changed.

A re-screen is a check like any other, asked by the service itself: same rules, an audit entry,
cases opened or joined. It answers nobody. The question is the pair's last one (purpose, place of
service), because another purpose would read as new facts and reopen settled cases; where nobody
ever asked, the purpose is `session`. When the decision would say word for word what the last one
said, nothing is recorded: no answer is given, and the standing decision already is the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.audiences import Audience
from policy_service.domain.principals import Principal
from policy_service.errors import NotFound
from policy_service.jobs.queue import Work
from policy_service.services.checks import CheckDoor, CheckRequest, prepare, run_check
from policy_service.services.clients import survivor
from policy_service.services.context import Context
from policy_service.services.decisions import Recorded, read_decision
from policy_service.services.desk import Desk
from policy_service.services.packs import wording
from policy_service.services.stored_responses import Response
from policy_service.vault.errors import KeyNotHeld

_OWN_QUESTION = "session"
_NOT_REPEATED = frozenset({"event", "emergency"})
"""An event is asked about once, when it is reported; an emergency is over."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The check to be made, and what its pair was last told."""

    request: CheckRequest
    last_body: Mapping[str, Any] | None


def rescreener(practice_id: str) -> Principal:
    """Who asks: the service itself. It holds no role, so its answers would tell nothing."""
    return Principal(practice_id, "rescreening", "re-screening", frozenset())


def rescreen(desk: Desk, practice_id: str, work: Work) -> bool:
    """Carry out one re-screen; True if a new decision was recorded.

    May run twice for one cause: the second finds the decision unchanged.
    """
    principal = rescreener(practice_id)
    try:
        with desk.reading(principal) as context:
            plan = _plan(context, work.body["clinician"], work.body["client"])
            if plan is None or _is_unchanged(desk, context, plan):
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
        purpose=_purpose(last),
        as_of=context.today,
        client_id=client_id,
        location_of_service=last.context["request"]["location_of_service"] if last else None,
    )
    return _Plan(request, last.body if last else None)


def _last_decision(context: Context, clinician_id: str, client_id: str) -> Recorded | None:
    newest = context.session.scalars(
        select(DecisionRow.id)
        .where(DecisionRow.clinician_id == clinician_id, DecisionRow.client_id == client_id)
        .order_by(DecisionRow.at.desc(), DecisionRow.id)
        .limit(1)
    ).first()
    return read_decision(context, newest) if newest else None


def _purpose(last: Recorded | None) -> str:
    return _OWN_QUESTION if last is None or last.purpose in _NOT_REPEATED else last.purpose


def _is_unchanged(desk: Desk, context: Context, plan: _Plan) -> bool:
    if plan.last_body is None:
        return False  # nobody ever asked: whatever is decided is news
    decided = prepare(desk, context, plan.request).material.decision
    return decided.to_json() == plan.last_body


def _nobody(_body: dict[str, Any], _audience: Audience, _decision_id: str) -> Response:
    """Nobody is answered; officers find the decision in the queue and the log."""
    return Response(204, b"")
