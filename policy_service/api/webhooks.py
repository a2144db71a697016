"""/v1/webhook-endpoints, /v1/webhook-deliveries: whom we tell, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.lists import RecordedSchema
from policy_service.api.schemas.webhooks import (
    DeliveryInFullSchema,
    DeliveryPageSchema,
    DeliveryQuerySchema,
    EndpointChangeSchema,
    EndpointFormSchema,
    EndpointSchema,
    EndpointsSchema,
    NewEndpointSchema,
    SecretSchema,
)
from policy_service.domain.principals import Scope
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.webhooks import delivery_lists as lists
from policy_service.services.webhooks import endpoints as told
from policy_service.services.webhooks.secret_rings import OVERLAP

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1", description="Webhooks we send")
_ONE = "/webhook-endpoints/<uuid:endpoint_id>"


@blueprint.get("/webhook-endpoints")
@blueprint.response(200, EndpointsSchema)
def list_endpoints() -> dict[str, Any]:
    """All endpoints."""
    with door.desk().reading(door.principal(Scope.WEBHOOKS_MANAGE)) as context:
        return {"endpoints": [_endpoint(one) for one in told.endpoints(context)]}


@blueprint.post("/webhook-endpoints")
@blueprint.arguments(EndpointFormSchema)
@blueprint.response(201, NewEndpointSchema)
def add_endpoint(asked: dict[str, Any]) -> Response:
    """Add an endpoint. The answer holds the secret that its events are signed with."""

    def change(context: Context) -> stored_responses.Response:
        made, secret = told.add_endpoint(context, door.desk().outbound, _form(asked))
        body = {**_endpoint(told.endpoint(context, made)), "secret": secret}
        return changes.made(f"/v1/webhook-endpoints/{made}", body)

    return changes.once(door.principal(Scope.WEBHOOKS_MANAGE), change)


@blueprint.get(_ONE)
@blueprint.response(200, EndpointSchema)
def get_endpoint(endpoint_id: UUID) -> dict[str, Any]:
    """One endpoint."""
    with door.desk().reading(door.principal(Scope.WEBHOOKS_MANAGE)) as context:
        return _endpoint(told.endpoint(context, str(endpoint_id)))


@blueprint.put(_ONE)
@blueprint.arguments(EndpointChangeSchema)
@blueprint.response(200, EndpointSchema)
def change_endpoint(asked: dict[str, Any], endpoint_id: UUID) -> Response:
    """Put the endpoint in place as it is to be; its secret stays."""
    version = asked["version"]

    def change(context: Context) -> stored_responses.Response:
        outbound = door.desk().outbound
        told.change_endpoint(context, outbound, str(endpoint_id), version, _form(asked))
        return changes.changed(_endpoint(told.endpoint(context, str(endpoint_id))))

    return changes.once(door.principal(Scope.WEBHOOKS_MANAGE), change)


@blueprint.delete(_ONE)
@blueprint.response(200, RecordedSchema)
def remove_endpoint(endpoint_id: UUID) -> Response:
    """Tell it nothing from now on; address and secrets are destroyed."""
    return _done(endpoint_id, told.remove_endpoint)


@blueprint.post(f"{_ONE}/rotation")
@blueprint.response(200, SecretSchema)
def rotate(endpoint_id: UUID) -> Response:
    """A new secret. For 24 hours every event is signed by both."""

    def change(context: Context) -> stored_responses.Response:
        secret = told.rotate_secret(context, str(endpoint_id))
        until = format_at(context.now + OVERLAP)
        body = {"id": str(endpoint_id), "secret": secret, "previous_until": until}
        return changes.changed(body)

    return changes.once(door.principal(Scope.WEBHOOKS_MANAGE), change)


@blueprint.post(f"{_ONE}/pause")
@blueprint.response(200, RecordedSchema)
def pause(endpoint_id: UUID) -> Response:
    """Send it nothing for now; what happens is held for it."""
    return _done(endpoint_id, told.pause_by_hand)


@blueprint.post(f"{_ONE}/resumption")
@blueprint.response(200, RecordedSchema)
def resume(endpoint_id: UUID) -> Response:
    """Tell it again, beginning with what was held."""
    return _done(endpoint_id, lists.resume)


@blueprint.post(f"{_ONE}/ping")
@blueprint.response(200, RecordedSchema)
def ping(endpoint_id: UUID) -> Response:
    """Send a test event."""
    return _done(endpoint_id, lists.ping)


@blueprint.get(f"{_ONE}/deliveries")
@blueprint.arguments(DeliveryQuerySchema, **door.QUERY)
@blueprint.response(200, DeliveryPageSchema)
def list_deliveries(query: dict[str, Any], endpoint_id: UUID) -> dict[str, Any]:
    """What was sent, waits, is held or was given up."""
    wanted = (query.get("cursor"), query.get("state"))
    with door.desk().reading(door.principal(Scope.WEBHOOKS_MANAGE)) as context:
        page, follow = lists.deliveries(context, str(endpoint_id), *wanted)
    return {"deliveries": [_delivery(one) for one in page], "next_cursor": follow}


@blueprint.get("/webhook-deliveries/<uuid:delivery_id>")
@blueprint.response(200, DeliveryInFullSchema)
def get_delivery(delivery_id: UUID) -> dict[str, Any]:
    """One delivery with its attempts."""
    with door.desk().reading(door.principal(Scope.WEBHOOKS_MANAGE)) as context:
        found, attempts = lists.delivery(context, str(delivery_id))
    tries = [
        {**shapes.columns(one, "number", "status", "said"), "at": format_at(one.at)}
        for one in attempts
    ]
    return {**_delivery(found), "tries": tries}


@blueprint.post("/webhook-deliveries/<uuid:delivery_id>/replay")
@blueprint.response(200, RecordedSchema)
def replay(delivery_id: UUID) -> Response:
    """Send it again, now, under the id it had."""
    return _done(delivery_id, lists.replay)


def _done(record_id: UUID, step: Callable[[Context, str], object]) -> Response:
    def change(context: Context) -> stored_responses.Response:
        step(context, str(record_id))
        return changes.recorded(context, str(record_id))

    return changes.once(door.principal(Scope.WEBHOOKS_MANAGE), change)


def _form(asked: dict[str, Any]) -> told.EndpointForm:
    return told.EndpointForm(asked["name"], asked["url"], asked["tells"], tuple(asked["kinds"]))


def _endpoint(one: told.Endpoint) -> dict[str, Any]:
    return {
        **shapes.columns(one.row, "id", "name", "version", "paused_why"),
        "url": one.url,
        "tells": one.row.detail,
        "kinds": list(one.kinds),
        "created_at": format_at(one.row.created_at),
        "paused_at": _moment(one.row.paused_at),
        "failing_since": _moment(one.row.failing_since),
    }


def _delivery(one: lists.Delivery) -> dict[str, Any]:
    return {
        **shapes.columns(one, "id", "notice_id", "attempts", "status", "said"),
        "type": one.kind,
        "state": one.state.value,
        "at": format_at(one.at),
        "due_at": _moment(one.due_at),
        "tried_at": _moment(one.tried_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else format_at(at)
