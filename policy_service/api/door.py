"""What every REST view needs: the desk, who asks, and the shape of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import orjson
from flask import Response, current_app, g, request
from marshmallow import RAISE

from policy_service.api.clock import today as today
from policy_service.auth.bearer import authenticate_rest
from policy_service.bodies import whole_body
from policy_service.domain.audiences import Audience
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Scope
from policy_service.errors import (
    FieldError,
    InvalidRequest,
    Malformed,
    NotAllowed,
    UnsupportedMediaType,
)
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.ledger.errors import NotCanonical
from policy_service.services import stored_responses
from policy_service.services.desk import Desk
from policy_service.settings import Settings
from policy_service.vault.blind import keyed_digest
from policy_service.vault.keys import Purpose

JSON_TYPE = "application/json"
QUERY: dict[str, Any] = {"location": "query", "unknown": RAISE}
"""Query parameters: a misspelt filter is refused, never ignored."""
FURTHEST_AHEAD = timedelta(days=5 * 365)
"""Facts of today say little about a day further ahead."""
STATUSES = {Audience.ANYONE: 202, Audience.SILENT: 200}
"""By who asks, where it is not 201."""
_LONGEST_REASON = 300
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def desk() -> Desk:
    """The process's desk, wired by `app`."""
    found: Desk = current_app.extensions["policy_service"]
    return found


def require_caller() -> None:
    """Before every REST request: who asks, and can the body be read?"""
    g.principal = authenticate_rest(desk(), request.headers.get("Authorization"))
    if request.method in _WITH_BODY:
        _require_readable_body()


def _require_readable_body() -> None:
    """Of a type this address reads and, if JSON, meaning one thing only; nothing is stored yet.

    Duplicate keys, floats, NaN, huge integers and deep nesting are refused here, before any schema.
    """
    allowed: tuple[str, ...] = current_app.config["READS_MEDIA_TYPES"].get(
        request.endpoint, (JSON_TYPE,)
    )
    if not (request.content_length or "Transfer-Encoding" in request.headers):
        return  # no body: the schema says which fields are missing
    if request.mimetype not in allowed:
        raise UnsupportedMediaType.only(*allowed)
    if request.mimetype == JSON_TYPE:
        try:
            parse_strict(whole_body())
        except NotCanonical as error:
            raise Malformed(f"The request body is {error}"[:_LONGEST_REASON]) from error


def upload(media_type: str) -> bytes:
    """The body of this type, which may be larger here than elsewhere (POLICY_MAX_UPLOAD_BYTES)."""
    if request.mimetype != media_type:
        raise UnsupportedMediaType.only(media_type)
    settings: Settings = current_app.extensions["policy_service_settings"]
    request.max_content_length = settings.max_upload_bytes
    return request.get_data(cache=False)


def principal(*scopes: Scope) -> Principal:
    """The authenticated EHR client; NotAllowed unless it holds one of the scopes."""
    caller: Principal = g.principal
    if scopes and caller.scopes.isdisjoint(scopes):
        wanted = " or ".join(scope.value for scope in scopes)
        raise NotAllowed(f"This needs a key with the scope {wanted}.")
    return caller


def acting_user(value: dict[str, Any] | None) -> ActingUser:
    """Who sits at the EHR; absent means unknown, which learns the least."""
    if not value:
        return ActingUser()
    return ActingUser(ActingRole(value["role"]), value.get("clinician_id"))


def acting_from_query(query: dict[str, Any]) -> ActingUser:
    """The same from the query parameters of a read."""
    if "acting_role" not in query:
        return ActingUser()
    return ActingUser(ActingRole(query["acting_role"]), query.get("acting_clinician_id"))


def idempotency_key(
    caller: Principal, asked: Sequence[Json] | None = None
) -> stored_responses.IdempotencyKey | None:
    """The Idempotency-Key header with a keyed digest of this request.

    `asked` stands for path and body where the body is no text.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= stored_responses.LONGEST_KEY and key.isascii() and key.isprintable()):
        text = f"1 to {stored_responses.LONGEST_KEY} printable ASCII characters are allowed."
        raise InvalidRequest(errors=[FieldError("/header/Idempotency-Key", text)])
    return keyed(caller, key, asked or [request.path, request.get_data(as_text=True)])


def keyed(caller: Principal, key: str, asked: Sequence[Json]) -> stored_responses.IdempotencyKey:
    """An idempotency key with the keyed digest of what was asked under it."""
    said = canonical_bytes([request.method, *asked])
    secret = desk().practice(caller.practice_id).keys.purpose(Purpose.BODY_DIGEST)
    return stored_responses.IdempotencyKey(key, keyed_digest(secret, said.decode()))


def check_response(
    body: dict[str, Any], audience: Audience, check_id: str
) -> stored_responses.Response:
    """201 with a decision, the constant 202 for those who may learn nothing, 200 on trial."""
    status = STATUSES.get(audience, 201)
    return stored_responses.Response(status, orjson.dumps(body), f"/v1/checks/{check_id}")


def send(response: stored_responses.Response) -> Response:
    """The bytes as they were stored."""
    sent = Response(response.body, status=response.status, mimetype="application/json")
    if response.location:
        sent.headers["Location"] = response.location
    return sent


def as_of(asked: date | None) -> date:
    """The day a check is about: today unless it says otherwise, at most five years ahead."""
    return today() if asked is None else no_further(asked, "/as_of")


def no_further(day: date, pointer: str) -> date:
    """The day, if it is at most five years ahead. InvalidRequest that points at the field."""
    last = today() + FURTHEST_AHEAD
    if day > last:
        said = f"A date up to {last.isoformat()} is expected."
        raise InvalidRequest(errors=[FieldError(pointer, said)])
    return day
