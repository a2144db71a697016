"""/v1/ties: ties between two known persons, stated by a compliance officer at the EHR."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.api.schemas.ties import (
    OfficerReasonSchema,
    OfficerTieRevisionSchema,
    TieFormSchema,
    TieSchema,
)
from policy_service.domain.principals import Scope
from policy_service.services import disclosures, stored_responses
from policy_service.services.context import Context
from policy_service.services.disclosures import TieChange, TieForm

blueprint = Blueprint("ties", __name__, url_prefix="/v1/ties", description="Officers' ties")


@blueprint.post("")
@blueprint.arguments(TieFormSchema)
@blueprint.response(201, RecordedSchema)
def state(asked: dict[str, Any]) -> Response:
    """State a tie. `to_person` is `kind` to `from_person`."""
    caller = changes.officer(asked)
    said = _said(asked)

    def change(context: Context) -> stored_responses.Response:
        made = disclosures.state_tie(context, TieForm(**said))
        return changes.recorded(context, made, f"/v1/ties/{made}", status=201)

    return changes.once(caller, change)


@blueprint.get("/<uuid:tie_id>")
@blueprint.response(200, TieSchema)
def read(tie_id: UUID) -> dict[str, Any]:
    """An officer's tie as it stands."""
    with door.desk().reading(door.principal(Scope.IDENTITY_WRITE)) as context:
        row, tie = disclosures.officers_tie(context, str(tie_id))
    said = ("id", "from_person", "to_person", "kind", "since", "until", "is_ended", "source")
    return shapes.columns(tie, *said) | shapes.columns(row, "revision", "is_withdrawn")


@blueprint.put("/<uuid:tie_id>")
@blueprint.arguments(OfficerTieRevisionSchema)
@blueprint.response(200, RecordedSchema)
def revise(asked: dict[str, Any], tie_id: UUID) -> Response:
    """State the tie anew."""
    caller = changes.officer(asked)
    said = _said(asked)
    reason = said.pop("reason")

    def change(context: Context) -> stored_responses.Response:
        disclosures.revise_tie(context, str(tie_id), TieChange(**said), reason)
        return changes.recorded(context, str(tie_id))

    return changes.once(caller, change)


@blueprint.post("/<uuid:tie_id>/withdrawal")
@blueprint.arguments(OfficerReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw(asked: dict[str, Any], tie_id: UUID) -> Response:
    """The tie never was."""
    caller = changes.officer(asked)

    def change(context: Context) -> stored_responses.Response:
        disclosures.withdraw_tie(context, str(tie_id), asked["reason"])
        return changes.recorded(context, str(tie_id))

    return changes.once(caller, change)


def _said(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if name != "acting_user"}
