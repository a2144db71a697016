"""The only place of the REST door that says no: RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WerkzeugMethodNotAllowed

from policy_service import errors
from policy_service.errors import FieldError, ServiceError
from policy_service.settings import Settings
from policy_service.vault.errors import KeyNotHeld

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger()

_BY_STATUS: dict[int, type[ServiceError]] = {
    400: errors.Malformed,
    401: errors.Unauthenticated,
    403: errors.NotAllowed,
    409: errors.Conflict,
    410: errors.Erased,
    413: errors.TooLarge,
    415: errors.UnsupportedMediaType,
    422: errors.InvalidRequest,
    429: errors.TooManyRequests,
    503: errors.NotReady,
}


def is_rest() -> bool:
    """True for requests of the REST door, whose errors are problem documents."""
    return request.path == "/v1" or request.path.startswith("/v1/")


def problem(error: ServiceError) -> Response:
    """A problem document with the headers HTTP asks for."""
    body = current_app.json.dumps(document(error))
    response: Response = current_app.response_class(body, status=error.status, mimetype=MEDIA_TYPE)
    response.headers.update(error.headers)
    return response


def document(error: ServiceError) -> dict[str, Any]:
    """The problem document of a refusal."""
    return {"type": f"{_base_url()}/problems/{error.slug}", **error.to_json()}


def refusal_of(error: ServiceError | KeyNotHeld | DBAPIError) -> ServiceError:
    """The refusal that one part of a request is answered with, where the others are not refused."""
    if isinstance(error, ServiceError):
        return error
    return erased(error) if isinstance(error, KeyNotHeld) else from_database(error)


def _base_url() -> str:
    """The configured address, never the Host header: that is the caller's to choose."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    return settings.public_base_url


def from_http(error: HTTPException) -> ServiceError:
    """The service's own words for what Werkzeug or the argument parser refused."""
    if error.code == 422:
        return errors.InvalidRequest(errors=list(field_errors(_messages(error))))
    if isinstance(error, WerkzeugMethodNotAllowed):
        return errors.MethodNotAllowed(sorted(error.valid_methods or ()))
    if error.code == 404:
        return errors.NotFound()
    if error.code == 413:
        return errors.TooLarge.over(request.max_content_length or 0)
    unforeseen = errors.InternalError if (error.code or 500) >= 500 else errors.Malformed
    return _BY_STATUS.get(error.code or 500, unforeseen)()


def _messages(error: HTTPException) -> Any:
    data: Any = getattr(error, "data", {})
    return data.get("messages", {}) if isinstance(data, dict) else {}


def field_errors(messages: Any, pointer: str = "") -> Iterator[FieldError]:
    """marshmallow's nested messages as JSON pointers. The first level says where: json, query."""
    if not pointer and isinstance(messages, Mapping):
        for location, inner in messages.items():
            inside = "" if location in ("json", "json_or_form") else f"/{location}"
            yield from _flatten(inner, inside)
        return
    yield from _flatten(messages, pointer)


def _flatten(messages: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(messages, Mapping) and "detail" not in messages:
        for key, inner in messages.items():
            inside = pointer if key == "_schema" else f"{pointer}/{_escape(str(key))}"
            yield from _flatten(inner, inside)
    elif isinstance(messages, list):
        for message in messages:
            yield from _flatten(message, pointer)
    elif isinstance(messages, Mapping):
        yield FieldError(pointer, str(messages["detail"]), tuple(messages.get("allowed", ())))
    else:
        yield FieldError(pointer, str(messages))


def _escape(part: str) -> str:
    """RFC 6901."""
    return part.replace("~", "~0").replace("/", "~1")


def erased(_error: KeyNotHeld) -> ServiceError:
    """What was sealed under a destroyed key is gone for every caller alike."""
    return errors.Erased()


def from_database(error: DBAPIError) -> ServiceError:
    """A statement was refused: no record can be kept, so no answer is given (promise 2)."""
    _log.error("database_refused", path=request.path, method=request.method, exc_info=error)
    return errors.NotReady()


def from_fault(error: Exception) -> ServiceError:
    """Last resort: the caller learns nothing, the service's own log everything."""
    _log.error("unhandled_fault", path=request.path, method=request.method, exc_info=error)
    return errors.InternalError()


def register(app: Flask) -> None:
    """Answer every error of the REST door as a problem document."""

    def on_service_error(error: ServiceError) -> Response:
        return problem(error)

    def on_key_error(error: KeyNotHeld) -> Response:
        return problem(erased(error))

    def on_http_error(error: HTTPException) -> Response | HTTPException:
        return problem(from_http(error)) if is_rest() else error

    def on_fault(error: Exception) -> Response:
        if not is_rest():
            raise error
        if isinstance(error, DBAPIError):
            return problem(from_database(error))
        return problem(from_fault(error))

    app.register_error_handler(ServiceError, on_service_error)
    app.register_error_handler(KeyNotHeld, on_key_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_fault)
