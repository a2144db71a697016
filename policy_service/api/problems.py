"""The only place of the REST door that says no: RFC 9457 problem documents."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request

from policy_service.errors import ServiceError
from policy_service.refusals import Refuser
from policy_service.settings import Settings

MEDIA_TYPE = "application/problem+json"


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


def _base_url() -> str:
    """The configured address, never the Host header: that is the caller's to choose."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    return settings.public_base_url


REFUSER = Refuser(is_rest, problem)
