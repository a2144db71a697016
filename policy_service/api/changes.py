"""Changes over REST: one transaction, one stored response per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Response

from policy_service.api import door
from policy_service.domain.principals import ActingRole, Principal, Scope
from policy_service.errors import NotAllowed
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.once import change_once


def once(
    caller: Principal,
    change: Callable[[Context], stored_responses.Response],
    said: list[str] | None = None,
) -> Response:
    """Carry the change out, or give the response of the time it was.

    `said` stands for what was asked where the body is no text.
    """
    desk = door.desk()
    return door.send(change_once(desk, caller, door.idempotency_key(caller, said), change))


def made(location: str, body: dict[str, Any]) -> stored_responses.Response:
    """201: what now exists, and where."""
    return stored_responses.Response(201, orjson.dumps(body), location)


def changed(body: dict[str, Any]) -> stored_responses.Response:
    """200: what it is now."""
    return stored_responses.Response(200, orjson.dumps(body))


def recorded(
    context: Context, record_id: str, location: str = "", status: int = 200
) -> stored_responses.Response:
    """The constant acknowledgement: its length and shape tell nothing."""
    body = {"id": record_id, "at": format_at(context.now), "status": "recorded"}
    return stored_responses.Response(status, orjson.dumps(body), location)


def officer(asked: dict[str, Any], scope: Scope = Scope.IDENTITY_WRITE) -> Principal:
    """The caller of a change that only a compliance officer at the EHR may make."""
    caller = door.principal(scope)
    if door.acting_user(asked.get("acting_user")).role is not ActingRole.COMPLIANCE:
        raise NotAllowed("This needs acting_user.role compliance.")
    return caller
