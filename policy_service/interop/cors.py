"""Which web pages a browser may call us from: the origins registered for EHR clients, no other.

OPTIONS carries no credential and is answered alike for every caller; only the headers below, on
whichever answer, make a browser hand it to the page. No cookie is ever allowed along.
"""

from __future__ import annotations

from flask import Response, current_app, request

from policy_service.interop.outcomes import is_fhir, is_hooks
from policy_service.interop.smart import is_smart
from policy_service.services.desk import Desk
from policy_service.services.ehr_origins import is_allowed_origin

ALLOWED_HEADERS = "Authorization, Content-Type, Accept"
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
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
        response.headers["Access-Control-Max-Age"] = _SECONDS_KEPT
    return response
