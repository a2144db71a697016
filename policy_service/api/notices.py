"""/v1/notices/{id}: what an event of a webhook was about, as far as the reader may know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.webhooks import NoticeSchema
from policy_service.domain.answers import Flag
from policy_service.domain.audiences import Audience, audience_of, redact_notice
from policy_service.domain.notices import Subject
from policy_service.domain.principals import Scope
from policy_service.services.context import Context
from policy_service.services.flags import client_flags
from policy_service.services.notices import read_notice

blueprint = Blueprint("notices", __name__, url_prefix="/v1/notices", description="Notices")


@blueprint.get("/<uuid:notice_id>")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, NoticeSchema)
def get_notice(query: dict[str, Any], notice_id: UUID) -> dict[str, Any]:
    """The event's `data.id` names it. Who reads learns what a check would tell them today."""
    caller = door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)
    acting = door.acting_from_query(query)
    with door.desk().reading(caller) as context:
        notice, was_told = read_notice(context, str(notice_id))
        audience = audience_of(caller, acting, notice.subject.clinician_id or "")
        if caller.is_silent:
            audience = Audience.ANYONE  # a client in silent mode is told no standing
        flags = _flags(context, notice.subject)
    return redact_notice(notice, flags, was_told, audience)


def _flags(context: Context, subject: Subject) -> list[Flag]:
    """Those of the two that the notice is about."""
    if subject.client_id is None:
        return []
    flags = client_flags(context, subject.client_id)
    return [flag for flag in flags if flag.clinician_id == subject.clinician_id]
