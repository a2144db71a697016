"""What every door says no to, put into the service's own words; and who words the answer.

Each door answers refusals in the form its callers speak: problem documents, OperationOutcomes,
OAuth errors. What was refused, by Flask, by the argument parser or by the database, means the same
in all of them, and is told here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import MethodNotAllowed as WerkzeugMethodNotAllowed

from policy_service import errors
from policy_service.errors import FieldError, ServiceError
from policy_service.vault.errors import KeyNotHeld

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


@dataclass(frozen=True, slots=True)
class Refuser:
    """One door's way to say no: which requests are its own, and the document it answers."""

    owns: Callable[[], bool]
    answer: Callable[[ServiceError], Response]


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


def refusal_of(error: ServiceError | KeyNotHeld | DBAPIError) -> ServiceError:
    """The refusal that one part of a request is answered with, where the others are not refused."""
    if isinstance(error, ServiceError):
        return error
    return erased(error) if isinstance(error, KeyNotHeld) else from_database(error)


def from_fault(error: Exception) -> ServiceError:
    """Last resort: the caller learns nothing, the service's own log everything."""
    _log.error("unhandled_fault", path=request.path, method=request.method, exc_info=error)
    return errors.InternalError()


def register(app: Flask, doors: Sequence[Refuser], usual: Refuser) -> None:
    """Answer every refusal in the words of the door that owns the request.

    `usual` words the service's own refusals at addresses that no door owns; what Flask itself
    refuses there stays Flask's.
    """

    def owner() -> Refuser | None:
        return next((door for door in doors if door.owns()), None)

    def on_service_error(error: ServiceError) -> Response:
        return (owner() or usual).answer(error)

    def on_key_error(error: KeyNotHeld) -> Response:
        return (owner() or usual).answer(erased(error))

    def on_http_error(error: HTTPException) -> Response | HTTPException:
        door = owner()
        return error if door is None or _is_redirect(error) else door.answer(from_http(error))

    def on_fault(error: Exception) -> Response:
        door = owner()
        if door is None:
            raise error
        if isinstance(error, DBAPIError):
            return door.answer(from_database(error))
        return door.answer(from_fault(error))

    app.register_error_handler(ServiceError, on_service_error)
    app.register_error_handler(KeyNotHeld, on_key_error)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(Exception, on_fault)


def _is_redirect(error: HTTPException) -> bool:
    return error.code is not None and 300 <= error.code < 400
