"""/v1/erasures and /v1/legal-holds: the EHR asks; a person in the console carries out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.erasures import (
    ErasureFormSchema,
    ErasureSchema,
    HoldFormSchema,
    LiftingSchema,
    PlanSchema,
)
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.domain.principals import Scope
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.erasing.holds import lift_hold, place_hold
from policy_service.services.erasing.orders import Ordered, ask, read_order
from policy_service.services.erasing.plans import Plan, person_of_client, plan_of

blueprint = Blueprint(
    "erasures", __name__, url_prefix="/v1", description="Erasures and legal holds"
)


@blueprint.get("/clients/<uuid:client_id>/erasure")
@blueprint.response(200, PlanSchema)
def examine(client_id: UUID) -> dict[str, Any]:
    """What an erasure of the client would take, and what blocks it. Looking is itself an entry."""
    with door.desk().writing(door.principal(Scope.ERASURES_ASK)) as context:
        plan = plan_of(context, person_of_client(context, str(client_id)))
    return {"client_id": str(client_id), **_plan(plan)}


@blueprint.post("/erasures")
@blueprint.arguments(ErasureFormSchema)
@blueprint.response(201, ErasureSchema)
def order(asked: dict[str, Any]) -> Response:
    """Ask for an erasure. `state` is refused, with what blocks it, or asked: a second person, in
    the console, carries it out."""
    caller = changes.officer(asked, Scope.ERASURES_ASK)

    def change(context: Context) -> stored_responses.Response:
        person_id = person_of_client(context, asked["client_id"])
        made = ask(context, person_id, asked["ground"], asked["also"])
        return changes.made(f"/v1/erasures/{made.id}", _order(made))

    return changes.once(caller, change)


@blueprint.get("/erasures/<uuid:erasure_id>")
@blueprint.response(200, ErasureSchema)
def read(erasure_id: UUID) -> dict[str, Any]:
    """An erasure as it stands."""
    with door.desk().reading(door.principal(Scope.ERASURES_ASK)) as context:
        return _order(read_order(context, str(erasure_id)))


@blueprint.post("/legal-holds")
@blueprint.arguments(HoldFormSchema)
@blueprint.response(201, RecordedSchema)
def place(asked: dict[str, Any]) -> Response:
    """Forbid the erasure of a client until the hold is lifted."""
    caller = changes.officer(asked, Scope.ERASURES_ASK)

    def change(context: Context) -> stored_responses.Response:
        made = place_hold(context, person_of_client(context, asked["client_id"]), asked["reason"])
        return changes.recorded(context, made, status=201)

    return changes.once(caller, change)


@blueprint.post("/legal-holds/<uuid:hold_id>/lifting")
@blueprint.arguments(LiftingSchema)
@blueprint.response(200, RecordedSchema)
def lift(asked: dict[str, Any], hold_id: UUID) -> Response:
    """The hold stands no longer."""
    caller = changes.officer(asked, Scope.ERASURES_ASK)

    def change(context: Context) -> stored_responses.Response:
        lift_hold(context, str(hold_id), asked["reason"])
        return changes.recorded(context, str(hold_id))

    return changes.once(caller, change)


def _order(made: Ordered) -> dict[str, Any]:
    return {
        **shapes.columns(made, "id", "ground"),
        "state": made.state.value,
        "asked_at": format_at(made.asked_at),
        "blocks": [one.to_json() for one in made.blocks],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "records": len(plan.records),
        "counts": plan.counts,
        "blocks": [one.to_json() for one in plan.blocks],
        "last_day": plan.last_day.isoformat() if plan.last_day else None,
        "floor_years": plan.floor_years,
        "likely_same": [shapes.columns(one, "person_id", "band", "kept") for one in plan.likely],
    }
