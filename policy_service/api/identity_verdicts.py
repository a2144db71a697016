"""/v1/identity-verdicts: a compliance officer at the EHR says who is who."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.api.schemas.ties import VerdictFormSchema, VerdictSchema
from policy_service.domain.principals import Scope
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.identity import VerdictForm, judge, read_verdict

blueprint = Blueprint(
    "identity_verdicts",
    __name__,
    url_prefix="/v1/identity-verdicts",
    description="Identity verdicts",
)


@blueprint.post("")
@blueprint.arguments(VerdictFormSchema)
@blueprint.response(201, RecordedSchema)
def give(asked: dict[str, Any]) -> Response:
    """Two persons are the same, different, or related. Append-only: the newest counts."""
    caller = changes.officer(asked)
    form = VerdictForm(
        asked["person_a"], asked["person_b"], asked["verdict"], asked.get("relation")
    )

    def change(context: Context) -> stored_responses.Response:
        made = judge(context, form)
        return changes.recorded(context, made, f"/v1/identity-verdicts/{made}", status=201)

    return changes.once(caller, change)


@blueprint.get("/<uuid:verdict_id>")
@blueprint.response(200, VerdictSchema)
def read(verdict_id: UUID) -> dict[str, Any]:
    """A verdict as it was given."""
    with door.desk().reading(door.principal(Scope.IDENTITY_WRITE)) as context:
        row = read_verdict(context, str(verdict_id))
    said = shapes.columns(row, "id", "person_a", "person_b", "verdict", "relation", "decided_by")
    return said | {"decided_at": format_at(row.decided_at)}
