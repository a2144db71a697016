"""The addresses of CDS Hooks: discovery, one per service, and its feedback.

Credentials, CORS and OperationOutcomes are the interop door's. A call that cannot be answered is
kept before it is refused: an EHR does not send it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import orjson
import structlog
from flask import Blueprint, Response, request

from policy_service.domain.principals import Principal, Scope
from policy_service.errors import InternalError, NotFound, ServiceError
from policy_service.interop import door
from policy_service.interop.bodies import json_object
from policy_service.interop.cds import feedback
from policy_service.interop.cds.contexts import read_request
from policy_service.interop.cds.discovery import SERVICES, Service, discovery
from policy_service.interop.cds.translation import answer_hook
from policy_service.services.lost_calls import LostCall, keep_lost

JSON = "application/json"
blueprint = Blueprint("cds_services", __name__, url_prefix="/cds-services")
_log = structlog.get_logger()


@blueprint.get("")
def list_services() -> Response:
    """Which services there are."""
    _caller()
    return Response(orjson.dumps(discovery()), mimetype=JSON)


@blueprint.post("/<service_id>")
def call_service(service_id: str) -> Response:
    """A hook call: is there a boundary between the practitioners of the context and the client?"""
    caller, service = _caller(), _service(service_id)
    with _kept_if_lost(caller, service.id):
        asked = read_request(service, json_object(JSON))
        answer = answer_hook(door.desk(), caller, asked, door.settings().public_base_url)
    # Drafts of the EHR stand in suggestions as they came: numbers of any size among them.
    text = json.dumps(answer, separators=(",", ":"), ensure_ascii=False)
    return Response(text, mimetype=JSON)


@blueprint.post("/<service_id>/feedback")
def give_feedback(service_id: str) -> Response:
    """What was done with cards. Any service takes the feedback of all."""
    caller, service = _caller(), _service(service_id)
    with _kept_if_lost(caller, f"{service.id}/feedback"):
        feedback.receive(door.desk(), caller, json_object(JSON))
    return Response(b"", mimetype=JSON)


def _caller() -> Principal:
    return door.principal(Scope.DECISION_FULL, Scope.DECISION_BRIEF)


def _service(service_id: str) -> Service:
    if service_id not in SERVICES:
        raise NotFound
    return SERVICES[service_id]


@contextmanager
def _kept_if_lost(caller: Principal, service: str) -> Iterator[None]:
    """Keep a call that fails, whatever it fails by, then refuse it as it would have been."""
    try:
        yield
    except ServiceError as error:
        _keep(caller, service, error)
        raise
    except Exception as error:
        _keep(caller, service, InternalError(type(error).__name__))
        raise


def _keep(caller: Principal, service: str, error: ServiceError) -> None:
    pointers = ", ".join(each.pointer for each in error.errors)
    why = f"{error.slug}: {pointers or error.detail}"
    call = LostCall(service, error.status, request.get_data(cache=True), why)
    try:
        keep_lost(door.desk(), caller, call)
    except Exception as failed:  # no record can be written: the refusal alone must do
        _log.error("a call was lost", service=service, error=type(failed).__name__)
