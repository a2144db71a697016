"""The only place of the EHR standards door that says no: FHIR R4 OperationOutcomes.

Every non-2xx under /cds-services and /fhir is one, also where no view was reached (404, 405, 413).
Each issue names the element it is about in `expression`: a path into the resource or body, or
`http.` and the part of the request (FHIR R4, OperationOutcome.issue.location).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

from policy_service import errors
from policy_service.errors import FieldError, ServiceError
from policy_service.refusals import Refuser

FHIR_JSON = "application/fhir+json"
HOOKS_JSON = "application/json"
_PARTS_OF_REQUEST = ("query", "header", "path", "form")
_CODES: Mapping[type[ServiceError], str] = {
    errors.Malformed: "structure",
    errors.Unauthenticated: "login",
    errors.NotAllowed: "forbidden",
    errors.NotFound: "not-found",
    errors.MethodNotAllowed: "not-supported",
    errors.Conflict: "conflict",
    errors.StateConflict: "conflict",
    errors.Erased: "deleted",
    errors.Unresolvable: "not-found",
    errors.StaleVersion: "conflict",
    errors.TooLarge: "too-long",
    errors.UnsupportedMediaType: "not-supported",
    errors.InvalidRequest: "invalid",
    errors.IdempotencyMismatch: "duplicate",
    errors.TooManyRequests: "throttled",
    errors.NotReady: "transient",
    errors.LogContradicted: "transient",
    errors.InternalError: "exception",
}
"""IssueType (required binding) of each refusal; `processing` for any other."""
_ELEMENTS: Mapping[type[ServiceError], str] = {
    errors.Malformed: "http.body",
    errors.Unauthenticated: "http.Authorization",
    errors.NotAllowed: "http.Authorization",
    errors.NotFound: "http.path",
    errors.Erased: "http.path",
    errors.MethodNotAllowed: "http.method",
    errors.TooLarge: "http.body",
    errors.UnsupportedMediaType: "http.Content-Type",
    errors.InvalidRequest: "http.body",
    errors.IdempotencyMismatch: "http.Idempotency-Key",
}
"""What a refusal is about where it names no field of its own."""


def is_hooks() -> bool:
    """True for requests of CDS Hooks."""
    return _under("/cds-services")


def is_fhir() -> bool:
    """True for requests of the FHIR interface."""
    return _under("/fhir")


def _under(prefix: str) -> bool:
    return request.path == prefix or request.path.startswith(f"{prefix}/")


def outcome(error: ServiceError) -> Response:
    """The OperationOutcome of a refusal, with the status and the headers HTTP asks for."""
    response: Response = current_app.response_class(
        current_app.json.dumps(outcome_resource(error)),
        status=error.status,
        mimetype=FHIR_JSON if is_fhir() else HOOKS_JSON,
    )
    response.headers.update(error.headers)
    return response


def outcome_resource(error: ServiceError) -> dict[str, Any]:
    """The resource: one issue for each field that was refused, else one for the whole request."""
    code = _known(_CODES, error) or "processing"
    if error.errors:
        issues = [_field_issue(code, error, each) for each in error.errors]
    else:
        issues = [_issue(code, error.title, error.detail, _known(_ELEMENTS, error))]
    return {"resourceType": "OperationOutcome", "issue": issues}


def issue(severity: str, code: str, text: str, expression: str | None = None) -> dict[str, Any]:
    """One issue for an OperationOutcome that comes with an answer: a warning or information."""
    made: dict[str, Any] = {"severity": severity, "code": code, "details": {"text": text}}
    return made if expression is None else {**made, "expression": [expression]}


def _known(table: Mapping[type[ServiceError], str], error: ServiceError) -> str | None:
    return next((table[kind] for kind in type(error).__mro__ if kind in table), None)


def _issue(code: str, title: str, diagnostics: str, expression: str | None) -> dict[str, Any]:
    return {**issue("error", code, title, expression), "diagnostics": diagnostics}


def _field_issue(code: str, error: ServiceError, field: FieldError) -> dict[str, Any]:
    allowed = f" Allowed: {', '.join(field.allowed)}." if field.allowed else ""
    place = element_path(field.pointer) or _known(_ELEMENTS, error)
    return _issue(code, error.title, f"{field.detail}{allowed}", place)


def element_path(pointer: str) -> str:
    """A JSON pointer as an element path: `/entry/0/resource` is `entry[0].resource`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if parts and parts[0] in _PARTS_OF_REQUEST:
        parts[0] = "http"
    path = ""
    for part in parts:
        path += f"[{part}]" if part.isascii() and part.isdigit() else f".{part}"
    return path.removeprefix(".")


HOOKS_REFUSER = Refuser(is_hooks, outcome)
FHIR_REFUSER = Refuser(is_fhir, outcome)
