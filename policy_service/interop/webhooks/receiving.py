"""POST /webhooks/in/{source}: taken if it is signed, answered at once, read back by the worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, request

from policy_service.bodies import whole_body
from policy_service.domain.webhook_signatures import Signed
from policy_service.errors import ServiceError, Unauthenticated
from policy_service.interop import door
from policy_service.interop.bodies import json_object
from policy_service.interop.webhooks.events import read_event
from policy_service.refusals import Refuser
from policy_service.services.webhooks.arrivals import keep_arrival, verified_source

PREFIX = "/webhooks/in"
_PROBLEM = "application/problem+json"

blueprint = Blueprint("webhooks_in", __name__, url_prefix=PREFIX)


@blueprint.post("/<uuid:source_id>")
def receive(source_id: UUID) -> tuple[dict[str, Any], int]:
    """Keep a signed event and queue it. The answer is the same for one that was here before."""
    signed = Signed(
        request.headers.get("webhook-id", ""),
        request.headers.get("webhook-timestamp", ""),
        whole_body(),
    )
    header = request.headers.get("webhook-signature", "")
    source = verified_source(door.desk(), str(source_id), signed, header)
    event = read_event(json_object("application/json"))
    keep_arrival(door.desk(), source, signed.id, event)
    return {"status": "recorded"}, 202


def is_webhook() -> bool:
    """True for addresses that webhooks are posted to."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


def problem(error: ServiceError) -> Response:
    """RFC 9457, as in the REST door. What signs by HMAC has no scheme for WWW-Authenticate."""
    body = {"type": f"{door.settings().public_base_url}/problems/{error.slug}", **error.to_json()}
    response: Response = current_app.response_class(
        current_app.json.dumps(body), status=error.status, mimetype=_PROBLEM
    )
    if not isinstance(error, Unauthenticated):
        response.headers.update(error.headers)
    return response


REFUSER = Refuser(is_webhook, problem)
