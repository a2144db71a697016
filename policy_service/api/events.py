"""/v1/events: boundary events, decided as they are reported, and their corrections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.accounts import (
    EventFormSchema,
    EventListSchema,
    EventMoveSchema,
    EventQuerySchema,
)
from policy_service.api.schemas.checks import CheckAnswerSchema
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.domain.principals import ActingUser, Principal, Scope
from policy_service.services import events, stored_responses
from policy_service.services.checks import CheckDoor
from policy_service.services.context import Context
from policy_service.services.events import EventForm
from policy_service.services.packs import wording

blueprint = Blueprint("events", __name__, url_prefix="/v1/events", description="Boundary events")
_EVENT = (
    "id", "revision", "clinician_id", "client_id", "kind", "direction", "party", "occurred_on",
    "amount", "stated_by", "dependence_or_deception",
)  # fmt: skip


@blueprint.post("")
@blueprint.arguments(EventFormSchema)
@blueprint.response(201, CheckAnswerSchema)
@blueprint.alt_response(202, schema=CheckAnswerSchema)
def report(asked: dict[str, Any]) -> Response:
    """Something happened between them: record it, and say what the codes say of it."""
    caller = door.principal(Scope.EVENTS_WRITE)
    desk = door.desk()
    how = CheckDoor(
        render=wording(desk, caller),
        respond=door.check_response,
        idempotency=door.idempotency_key(caller),
    )
    return door.send(events.report_event(desk, caller, _form(caller, asked), how))


def _form(caller: Principal, asked: dict[str, Any]) -> EventForm:
    return EventForm(
        clinician_id=asked.pop("clinician")["id"],
        client_id=asked.pop("client")["id"],
        acting=_acting(caller, asked.pop("acting_user", None)),
        **asked,
    )


def _acting(caller: Principal, value: dict[str, Any] | None) -> ActingUser:
    """A key that may report but not read decisions is answered like anyone."""
    if caller.scopes.isdisjoint((Scope.DECISION_FULL, Scope.DECISION_BRIEF)):
        return ActingUser()
    return door.acting_user(value)


@blueprint.get("")
@blueprint.arguments(EventQuerySchema, **door.QUERY)
@blueprint.response(200, EventListSchema)
def list_events(query: dict[str, Any]) -> dict[str, Any]:
    """The recorded events of a pair."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        rows = events.events_of(context, query["clinician_id"], query["client_id"])
        return {"items": [shapes.columns(row, *_EVENT) for row in rows]}


@blueprint.put("/<uuid:event_id>")
@blueprint.arguments(EventMoveSchema)
@blueprint.response(200, RecordedSchema)
def move(asked: dict[str, Any], event_id: UUID) -> Response:
    """Wrong client: the event belongs to another."""

    def change(context: Context) -> stored_responses.Response:
        events.move_event(context, str(event_id), asked["client_id"], asked["reason"])
        return changes.recorded(context, str(event_id))

    return changes.once(door.principal(Scope.EVENTS_WRITE), change)


@blueprint.post("/<uuid:event_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw(asked: dict[str, Any], event_id: UUID) -> Response:
    """It never happened."""

    def change(context: Context) -> stored_responses.Response:
        events.withdraw_event(context, str(event_id), asked["reason"])
        return changes.recorded(context, str(event_id))

    return changes.once(door.principal(Scope.EVENTS_WRITE), change)
