"""OpenAPI 3.1 from the marshmallow schemas, with what every operation has in common.

Each operation of `/v1` gets the key it needs, its refusals as problem documents and, where it
writes, the Idempotency-Key header. Nothing of that is written by hand beside a view.
"""

from __future__ import annotations

from typing import Any

from apispec import APISpec, BasePlugin
from flask import Flask
from flask_smorest import Api
from marshmallow import fields

from policy_service import errors
from policy_service.api.door import JSON_TYPE
from policy_service.api.schemas.fields import Strict
from policy_service.errors import ServiceError
from policy_service.services.stored_responses import LONGEST_KEY

SECURITY = "ehr_key"
_EVERY = (errors.Unauthenticated, errors.NotAllowed, errors.NotFound, errors.MethodNotAllowed)
_WITH_BODY = (
    errors.Malformed,
    errors.Conflict,
    errors.TooLarge,
    errors.UnsupportedMediaType,
)
_LAST = (errors.InvalidRequest, errors.InternalError, errors.NotReady)
_WRITES = ("post", "put", "patch", "delete")
_HEADERS: dict[type[ServiceError], tuple[str, str]] = {
    errors.Unauthenticated: ("WWW-Authenticate", "The challenge of RFC 9110 section 11.6.1."),
    errors.MethodNotAllowed: ("Allow", "The methods this address answers to."),
    errors.NotReady: ("Retry-After", "Seconds to wait before the next try."),
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body gives the first answer again, for 72 hours.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": "^[ -~]+$",
    },
}


class FieldErrorSchema(Strict):
    """One field that was refused."""

    pointer = fields.String(required=True, metadata={"description": "JSON pointer (RFC 6901)"})
    detail = fields.String(required=True)
    allowed = fields.List(fields.String())


class ProblemSchema(Strict):
    """A problem document (RFC 9457). `type` ends in the slug of its page in docs/problems/."""

    type = fields.String(required=True, metadata={"format": "uri"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldErrorSchema))


class RestApi(Api):  # type: ignore[misc] # flask-smorest ships no types
    """flask-smorest with problem documents and the common parts of each operation."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask) -> None:
        super().__init__(app, spec_kwargs={"extra_plugins": [CommonParts()]})
        self.spec.components.security_scheme(
            SECURITY,
            {
                "type": "http",
                "scheme": "bearer",
                "description": "A key of an EHR client (psk_…) or a SMART access token (pst_…) "
                "with our own scopes.",
            },
        )


class CommonParts(BasePlugin):
    """Adds to each operation its key, its refusals and its Idempotency-Key."""

    def init_spec(self, spec: APISpec) -> None:
        """Register one named response per kind of problem."""
        super().init_spec(spec)
        for problem in (*_EVERY, *_WITH_BODY, *_LAST):
            spec.components.response(problem.__name__, _response(problem), lazy=True)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **_: Any
    ) -> None:
        """Called by apispec for each path."""
        for method, operation in (operations or {}).items():
            if not isinstance(operation, dict) or method == "parameters":
                continue
            operation["security"] = [{SECURITY: []}]
            responses = operation.setdefault("responses", {})
            responses.pop("default", None)
            for problem in _problems_of(method):
                responses.setdefault(str(problem.status), problem.__name__)
            if method in _WRITES and _reads_json(operation):
                operation.setdefault("parameters", []).append(IDEMPOTENCY)


def _reads_json(operation: dict[str, Any]) -> bool:
    return JSON_TYPE in operation.get("requestBody", {}).get("content", {})


def _problems_of(method: str) -> tuple[type[ServiceError], ...]:
    return (*_EVERY, *(_WITH_BODY if method in _WRITES else ()), *_LAST)


def _response(problem: type[ServiceError]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": problem.title,
        "content": {"application/problem+json": {"schema": ProblemSchema}},
    }
    if problem in _HEADERS:
        name, meaning = _HEADERS[problem]
        described["headers"] = {name: {"description": meaning, "schema": {"type": "string"}}}
    return described
