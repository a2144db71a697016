"""/v1/duties: what is owed by when, what proves it, and why one does not apply.

A reader to whom a duty does not exist is answered as if there were none: the constant for a list,
404 for one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door
from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.duties import (
    DutyPageSchema,
    DutyQuerySchema,
    DutySchema,
    NotApplicableSchema,
    ProofFormSchema,
)
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.domain.audiences import redact_duties, redact_duty
from policy_service.domain.duties import Proof
from policy_service.domain.principals import ActingUser, Scope
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.duty_files import (
    DutyFilter,
    duty_in_full,
    duty_line,
    find_duty,
    list_duties,
    viewer_of,
)
from policy_service.services.duty_proofs import prove, say_not_applicable
from policy_service.services.packs import rule_wording

blueprint = Blueprint("duties", __name__, url_prefix="/v1/duties", description="Duties")


@blueprint.get("")
@blueprint.arguments(DutyQuerySchema, **door.QUERY)
@blueprint.response(200, DutyPageSchema)
def list_all(query: dict[str, Any]) -> dict[str, Any]:
    """Duties by due date: all for officers, their own for a clinician."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    viewer = viewer_of(caller, door.acting_from_query(query))
    with door.desk().reading(caller) as context:
        page = list_duties(context, viewer, _filter(query))
        words = rule_wording(door.desk(), context)
        lines = [duty_line(context, row, words) for row in page.rows]
    return redact_duties(lines, page.next, viewer.audience)


def _filter(query: dict[str, Any]) -> DutyFilter:
    return DutyFilter(
        state=query["state"],
        owner=query.get("owner", ""),
        clinician_id=query.get("clinician_id", ""),
        client_id=query.get("client_id", ""),
        due_before=query.get("due_before"),
        after=query.get("cursor", ""),
        limit=query["limit"],
    )


@blueprint.get("/<uuid:duty_id>")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, DutySchema)
def get_duty(query: dict[str, Any], duty_id: UUID) -> dict[str, Any]:
    """One duty with its history and the steps to come."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    viewer = viewer_of(caller, door.acting_from_query(query))
    with door.desk().reading(caller) as context:
        duty = find_duty(context, viewer, str(duty_id))
        words = rule_wording(door.desk(), context)
        return redact_duty(duty_in_full(context, duty, words), viewer.audience)


@blueprint.post("/<uuid:duty_id>/proof")
@blueprint.arguments(ProofFormSchema)
@blueprint.response(200, RecordedSchema)
def give_proof(asked: dict[str, Any], duty_id: UUID) -> Response:
    """The duty is done: by the clinician who owes it, or by an officer."""
    acting = door.acting_user(asked.pop("acting_user", None))
    proof = Proof(**asked)
    return _close(duty_id, lambda context: prove(context, acting, str(duty_id), proof))


@blueprint.post("/<uuid:duty_id>/not-applicable")
@blueprint.arguments(NotApplicableSchema)
@blueprint.response(200, RecordedSchema)
def not_applicable(asked: dict[str, Any], duty_id: UUID) -> Response:
    """An officer says why the duty does not apply. A duty is never waived."""
    acting: ActingUser = door.acting_user(asked.get("acting_user"))
    reason = asked["reason"]
    return _close(
        duty_id, lambda context: say_not_applicable(context, acting, str(duty_id), reason)
    )


def _close(duty_id: UUID, step: Callable[[Context], object]) -> Response:
    def change(context: Context) -> stored_responses.Response:
        step(context)
        return changes.recorded(context, str(duty_id))

    return changes.once(door.principal(Scope.DUTIES_WRITE), change)
