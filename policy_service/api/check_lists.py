"""What an EHR's plugin needs beside the single check: many at once, what changed, what was done.

POST /v1/checks/batch, GET /v1/checks/changes and POST /v1/checks/{id}/feedback.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import request
from flask_smorest import Blueprint
from sqlalchemy.exc import DBAPIError

from policy_service.api import door, problems
from policy_service.api.checks import requested
from policy_service.api.schemas.check_lists import (
    BatchAnswerSchema,
    BatchRequestSchema,
    ChangesQuerySchema,
    ChangesSchema,
)
from policy_service.api.schemas.feedback import CheckFeedbackSchema, FeedbackReceivedSchema
from policy_service.domain.audiences import audience_of, redact_changes
from policy_service.domain.feedback import CHECK_OUTCOMES, read_report
from policy_service.domain.principals import Principal, Scope
from policy_service.errors import ServiceError
from policy_service.refusals import refusal_of
from policy_service.services.checks import CheckDoor, run_check
from policy_service.services.desk import Desk
from policy_service.services.feedback import receive_check_feedback
from policy_service.services.packs import wording
from policy_service.services.standing_changes import Cursor, changes_since
from policy_service.vault.errors import KeyNotHeld

blueprint = Blueprint("check_lists", __name__, url_prefix="/v1/checks", description="Checks")
_USUAL_PAGE = 100
_NOBODY = ""
"""The clinician of a list that is about many."""


@blueprint.post("/batch")
@blueprint.arguments(BatchRequestSchema)
@blueprint.response(200, BatchAnswerSchema)
def create_checks(asked: dict[str, Any]) -> dict[str, Any]:
    """Several checks: each decided, recorded and answered by itself, in the order asked.

    One that fails stops no other. Send the batch again with the same keys: what was answered is
    answered alike, and only the rest is decided.
    """
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    desk, sent = door.desk(), request.get_json()["checks"]
    render = wording(desk, caller)
    answers = []
    for check, raw in zip(asked["checks"], sent, strict=True):
        key = door.keyed(caller, check["key"], [request.path, raw])
        how = CheckDoor(render=render, respond=door.check_response, idempotency=key)
        answers.append({"key": check["key"], **_answered(desk, caller, check, how)})
    return {"answers": answers}


def _answered(
    desk: Desk, caller: Principal, check: dict[str, Any], how: CheckDoor
) -> dict[str, Any]:
    try:
        response = run_check(desk, caller, requested(check), how)
    except (ServiceError, KeyNotHeld, DBAPIError) as error:
        refusal = refusal_of(error)
        return {"status": refusal.status, "problem": problems.document(refusal)}
    return {"status": response.status, "answer": orjson.loads(response.body)}


@blueprint.get("/changes")
@blueprint.arguments(ChangesQuerySchema, **door.QUERY)
@blueprint.response(200, ChangesSchema)
def list_changes(query: dict[str, Any]) -> dict[str, Any]:
    """The pairs this EHR asked about whose standing is no longer what it was told.

    Go on with `cursor` once the changes are dealt with; without one, the list begins at its start.
    """
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    after, limit = Cursor.read(query.get("cursor")), query.get("limit", _USUAL_PAGE)
    page = changes_since(door.desk(), caller, after, limit)
    audience = audience_of(caller, door.acting_from_query(query), _NOBODY)
    return redact_changes(page.changes, page.cursor, page.more, audience)


@blueprint.post("/<uuid:check_id>/feedback")
@blueprint.arguments(CheckFeedbackSchema)
@blueprint.response(200, FeedbackReceivedSchema)
def give_feedback(_read: dict[str, Any], check_id: UUID) -> dict[str, Any]:
    """What the user did with the answer. The same report may come again: it is kept once."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    said = {**request.get_json(), "card": str(check_id)}
    report = read_report(said, CHECK_OUTCOMES)
    received = receive_check_feedback(door.desk(), caller, str(check_id), report)
    return {"status": "recorded", "kept": bool(received.kept)}
