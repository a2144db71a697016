"""POST and GET /v1/previews, GET /v1/previews/{id}, POST /v1/previews/{id}/share."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.acting import ActingQuerySchema
from policy_service.api.schemas.previews import (
    PreviewAnswerSchema,
    PreviewListSchema,
    PreviewRequestSchema,
    ShareSchema,
)
from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.audiences import Audience, preview_audience_of, redact_preview
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Scope
from policy_service.policy.preview_words import render_preview
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.packs import packs_named
from policy_service.services.preview_reading import (
    count_previews,
    open_own_preview,
    open_shared_preview,
    own_previews,
    share_preview,
    shared_previews,
)
from policy_service.services.previews import PreviewDoor, PreviewRequest, Render, run_preview

blueprint = Blueprint(
    "previews", __name__, url_prefix="/v1/previews", description="A clinician's own questions"
)
_LINE = ("id", "at", "clinician_id", "shared_at")
_LINE_BODY = ("basis", "client_id", "contemplated", "summary")


@blueprint.post("")
@blueprint.arguments(PreviewRequestSchema)
@blueprint.response(201, PreviewAnswerSchema)
def create_preview(asked: dict[str, Any]) -> Response:
    """What would a tie with this client mean? Asked by the clinician, and private to them."""
    caller = door.principal(Scope.PREVIEW_OWN)
    on = asked["contemplated"].get("on")
    request = PreviewRequest(
        clinician_id=asked["clinician"]["id"],
        kind=Contemplated(asked["contemplated"]["kind"]),
        on=None if on is None else door.no_further(on, "/contemplated/on"),
        client_id=asked["client"]["id"] if "client" in asked else None,
        stated=asked.get("hypothetical"),
        location_of_service=asked.get("location_of_service"),
        acting=door.acting_user(asked["acting_user"]),
    )
    how = PreviewDoor(_render(caller), _response, door.idempotency_key(caller))
    return door.send(run_preview(door.desk(), caller, request, how))


def _render(caller: Principal) -> Render:
    desk = door.desk()
    return lambda body: render_preview(packs_named(desk, caller, body), body)


def _response(body: dict[str, Any], preview_id: str) -> stored_responses.Response:
    return stored_responses.Response(201, orjson.dumps(body), f"/v1/previews/{preview_id}")


@blueprint.get("")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, PreviewListSchema)
def list_previews(query: dict[str, Any]) -> dict[str, Any]:
    """The clinician's own previews, newest first; for officers how many there were, and no more
    than clinicians shared."""
    caller = door.principal(Scope.PREVIEW_OWN)
    acting = door.acting_from_query(query)
    with _context(caller, acting) as context:
        return {"status": "recorded", **_listed(context, acting)}


def _listed(context: Context, acting: ActingUser) -> dict[str, Any]:
    if acting.role is ActingRole.CLINICIAN and acting.clinician_id is not None:
        mine = own_previews(context, acting.clinician_id, acting, _render(context.principal))
        return {"previews": _lines(mine, Audience.TREATING_CLINICIAN)}
    if acting.role is ActingRole.COMPLIANCE:
        counts = count_previews(context, acting)
        shared = shared_previews(context, acting, _render(context.principal))
        return {
            "counts": [
                {"clinician_id": one.clinician_id, "month": one.month, "count": one.count}
                for one in counts
            ],
            "shared": _lines(shared, Audience.OFFICER),
        }
    return {}


def _lines(answers: Iterable[PreviewAnswer], audience: Audience) -> list[dict[str, Any]]:
    bodies = (redact_preview(answer, audience) for answer in answers)
    return [{name: body[name] for name in (*_LINE, *_LINE_BODY)} for body in bodies]


@blueprint.get("/<uuid:preview_id>")
@blueprint.arguments(ActingQuerySchema, **door.QUERY)
@blueprint.response(200, PreviewAnswerSchema)
def get_preview(query: dict[str, Any], preview_id: Any) -> dict[str, Any]:
    """A recorded preview, for its clinician, and for officers once it is shared."""
    caller = door.principal(Scope.PREVIEW_OWN)
    acting = door.acting_from_query(query)
    is_officer = acting.role is ActingRole.COMPLIANCE
    read = open_shared_preview if is_officer else open_own_preview
    with _context(caller, acting) as context:
        answer = read(context, str(preview_id), acting, _render(caller))
    return redact_preview(answer, preview_audience_of(caller, acting, answer.clinician_id))


def _context(caller: Principal, acting: ActingUser) -> AbstractContextManager[Context]:
    """What officers read is logged; clinicians read their own, even when nothing can be written."""
    desk = door.desk()
    is_officer = acting.role is ActingRole.COMPLIANCE
    return desk.writing(caller) if is_officer else desk.reading(caller)


@blueprint.post("/<uuid:preview_id>/share")
@blueprint.arguments(ShareSchema)
@blueprint.response(200, PreviewAnswerSchema)
def share(asked: dict[str, Any], preview_id: Any) -> dict[str, Any]:
    """Let officers read it, from now on. Only its clinician can."""
    caller = door.principal(Scope.PREVIEW_OWN)
    acting = door.acting_user(asked["acting_user"])
    with door.desk().writing(caller) as context:
        answer = share_preview(context, str(preview_id), acting, _render(context.principal))
    return redact_preview(answer, Audience.TREATING_CLINICIAN)
