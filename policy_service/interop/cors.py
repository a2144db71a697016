"""Which web pages a browser may call us from: the origins registered for EHR clients, no other.

OPTIONS carries no credential and is answered alike for every caller; only the headers below, on
whichever answer, make a browser hand it to the page. No cookie is ever allowed along.
"""

from __future__ import annotations

import re

from flask import Response, current_app, request

from policy_service.interop.outcomes import is_fhir, is_hooks
from policy_service.interop.smart import is_smart
from policy_service.services.desk import Desk
from policy_service.services.ehr_origins import is_allowed_origin

ALLOWED_HEADERS = ("Authorization", "Content-Type", "Accept")
"""What a browser may send along in any case."""
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}", re.ASCII)
_MOST_HEADERS = 20
ALLOWED_METHODS = "GET, POST, OPTIONS"
_SECONDS_KEPT = "600"


def allow_origin(response: Response) -> Response:
    """Add the CORS headers where the page's origin is registered."""
    if not (is_hooks() or is_fhir() or is_smart()):
        return response
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    desk: Desk = current_app.extensions["policy_service"]
    if origin is None or not is_allowed_origin(desk, origin):
        return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Location, WWW-Authenticate"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Headers"] = ", ".join(_allowed_headers())
        response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        response.headers["Access-Control-Max-Age"] = _SECONDS_KEPT
    return response


def _allowed_headers() -> list[str]:
    """Ours, and the headers that a registered page's library adds of its own (Medplum's does).

    None of those is read here, and without cookies they carry nobody's credentials.
    """
    asked = request.headers.get("Access-Control-Request-Headers", "").split(",")
    ours = {name.lower() for name in ALLOWED_HEADERS}
    named = [name.strip() for name in asked[:_MOST_HEADERS] if _HEADER.fullmatch(name.strip())]
    return [*ALLOWED_HEADERS, *(name for name in named if name.lower() not in ours)]
