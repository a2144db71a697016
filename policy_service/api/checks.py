"""POST /v1/checks and GET /v1/checks/{id}."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.checks import CheckAnswerSchema, CheckRequestSchema, ReplaySchema
from policy_service.api.schemas.timelines import TimelineSchema
from policy_service.domain.audiences import Audience, audience_of, redact, redact_timeline
from policy_service.domain.principals import Scope
from policy_service.policy.timeline import timeline
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.decisions import answer_of, read_decision
from policy_service.services.packs import packs_at_hand, wording
from policy_service.services.replays import replay
from policy_service.services.timelines import timeline_of

blueprint = Blueprint("checks", __name__, url_prefix="/v1/checks", description="Checks")


@blueprint.post("")
@blueprint.arguments(CheckRequestSchema)
@blueprint.response(201, CheckAnswerSchema)
@blueprint.alt_response(200, schema=CheckAnswerSchema)
@blueprint.alt_response(202, schema=CheckAnswerSchema)
def create_check(asked: dict[str, Any]) -> Response:
    """Is there a boundary conflict between this clinician and this client?"""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    request = requested(asked)
    desk = door.desk()
    how = CheckDoor(
        render=wording(desk, caller),
        respond=door.check_response,
        idempotency=door.idempotency_key(caller),
    )
    return door.send(run_check(desk, caller, request, how))


def requested(asked: dict[str, Any]) -> CheckRequest:
    """The check that a body asks for."""
    clinician, client = asked["clinician"], asked["client"]
    return CheckRequest(
        clinician_id=clinician.get("id"),
        clinician_external_id=clinician.get("external_id"),
        purpose=asked["purpose"],
        as_of=door.as_of(asked.get("as_of")),
        client_id=client.get("id"),
        client_record=client.get("person"),
        client_external_id=client.get("external_id"),
        location_of_service=asked.get("location_of_service"),
        acting=door.acting_user(asked.get("acting_user")),
    )


@blueprint.get("/<uuid:check_id>")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, CheckAnswerSchema)
def get_check(query: dict[str, Any], check_id: Any) -> dict[str, Any]:
    """A recorded check, with the standing of today, for whoever asks now."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    desk = door.desk()
    with desk.reading(caller) as context:
        recorded = read_decision(context, str(check_id))
        acting = door.acting_from_query(query)
        audience = audience_of(caller, acting, recorded.clinician_id)
        answer = answer_of(
            context,
            recorded,
            wording(desk, caller),
            audience is Audience.OFFICER,
        )
    return redact(answer, audience)


@blueprint.get("/<uuid:check_id>/timeline")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, TimelineSchema)
def get_timeline(query: dict[str, Any], check_id: Any) -> dict[str, Any]:
    """What happened when, until when each rule bars, and what begins after."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    desk = door.desk()
    with desk.reading(caller) as context:
        packs = packs_at_hand(desk, context)
        recorded = read_decision(context, str(check_id))
        acting = door.acting_from_query(query)
        audience = audience_of(caller, acting, recorded.clinician_id)
        answer = timeline_of(context, recorded, lambda body, facts: timeline(body, facts, packs))
    return redact_timeline(answer, audience)


@blueprint.get("/<uuid:check_id>/replay")
@blueprint.response(200, ReplaySchema)
def replay_check(check_id: Any) -> dict[str, Any]:
    """Does the recorded decision follow again from its stored facts and packs, byte for byte?"""
    caller = door.principal(Scope.AUDIT_READ)
    desk = door.desk()
    with desk.reading(caller) as context:
        found = replay(desk, context, str(check_id))
    return {"id": found.decision_id, "replay": found.verdict.value, "detail": found.detail}
