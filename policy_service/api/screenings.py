"""POST /v1/screenings, GET /v1/screenings/{id}, GET /v1/clients/{id}/flags."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.screenings import (
    FlagsSchema,
    ScreeningAnswerSchema,
    ScreeningRequestSchema,
)
from policy_service.domain.audiences import Audience, audience_of, redact_flags, redact_screening
from policy_service.domain.principals import Principal, Scope
from policy_service.services import stored_responses
from policy_service.services.checks import ClientNamed
from policy_service.services.flags import client_flags
from policy_service.services.screenings import (
    NO_CLINICIAN,
    ScreeningDoor,
    ScreeningRequest,
    read_screening,
    run_screening,
)

blueprint = Blueprint("screenings", __name__, url_prefix="/v1", description="Screenings and flags")


@blueprint.post("/screenings")
@blueprint.arguments(ScreeningRequestSchema)
@blueprint.response(201, ScreeningAnswerSchema)
@blueprint.alt_response(200, schema=ScreeningAnswerSchema)
@blueprint.alt_response(202, schema=ScreeningAnswerSchema)
def create_screening(asked: dict[str, Any]) -> Response:
    """Who can take this client? One record for all clinicians; no case is opened."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    client = asked["client"]
    request = ScreeningRequest(
        client=ClientNamed(client.get("id"), client.get("person"), client.get("external_id")),
        purpose=asked["purpose"],
        as_of=door.as_of(asked.get("as_of")),
        clinicians=tuple(asked["clinicians"]) if "clinicians" in asked else None,
        location_of_service=asked.get("location_of_service"),
        acting=door.acting_user(asked.get("acting_user")),
    )
    how = ScreeningDoor(respond=_response, idempotency=door.idempotency_key(caller))
    return door.send(run_screening(door.desk(), caller, request, how))


def _response(
    body: dict[str, Any], audience: Audience, screening_id: str
) -> stored_responses.Response:
    listed = audience in (Audience.OFFICER, Audience.EHR, Audience.INTAKE)
    location = f"/v1/screenings/{screening_id}"
    status = 201 if listed else door.STATUSES.get(audience, 202)
    return stored_responses.Response(status, orjson.dumps(body), location)


@blueprint.get("/screenings/<uuid:screening_id>")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, ScreeningAnswerSchema)
def get_screening(query: dict[str, Any], screening_id: Any) -> dict[str, Any]:
    """A recorded screening, as it was, for whoever asks now."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    with door.desk().reading(caller) as context:
        answer = read_screening(context, str(screening_id))
    return redact_screening(answer, _audience(caller, query))


@blueprint.get("/clients/<uuid:client_id>/flags")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, FlagsSchema)
def get_flags(query: dict[str, Any], client_id: Any) -> dict[str, Any]:
    """The plain flags of a client: which questions there are, and what the practice decided."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    with door.desk().reading(caller) as context:
        flags = client_flags(context, str(client_id))
    return redact_flags(flags, _audience(caller, query))


def _audience(caller: Principal, query: dict[str, Any]) -> Audience:
    return audience_of(caller, door.acting_from_query(query), NO_CLINICIAN)
