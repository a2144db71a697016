"""/v1/identity-verdicts: a compliance officer at the EHR says who is who."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.api.schemas.ties import VerdictFormSchema
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.identity import VerdictForm, judge

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
