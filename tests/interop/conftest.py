"""What the tests of the EHR standards door share: two views of its own to knock at."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Response, jsonify

from policy_service.app import app_over
from policy_service.domain.principals import Scope
from policy_service.interop import door
from policy_service.interop.bodies import json_object
from policy_service.interop.outcomes import FHIR_JSON, HOOKS_JSON
from tests.cast import World

HOOK = "/cds-services/knock"
RESOURCE = "/fhir/Knock"


def _hooks() -> Blueprint:
    made = Blueprint("knock_hooks", __name__)
    made.before_request(door.require_hook_caller)

    @made.post(HOOK)
    def hook() -> Response:
        body: dict[str, Any] = json_object(HOOKS_JSON)
        return jsonify(client=door.principal(Scope.DECISION_BRIEF).id, body=body)

    return made


def _fhir() -> Blueprint:
    made = Blueprint("knock_fhir", __name__)
    made.before_request(door.require_fhir_caller)

    @made.get(RESOURCE)
    def read() -> Response:
        who = door.principal(Scope.DECISION_BRIEF, Scope.DECISION_FULL)
        door.require_interaction("DetectedIssue", "r")
        return jsonify(client=who.id, scopes=sorted(who.scopes))

    @made.post(RESOURCE)
    def create() -> Response:
        door.require_interaction("DetectedIssue", "c")
        return jsonify(json_object(FHIR_JSON, HOOKS_JSON))

    @made.get(f"{RESOURCE}/open")
    @door.public
    def public() -> Response:
        return jsonify(open=True)

    return made


@pytest.fixture
def knocking(sqlite_world: World) -> World:
    """A world whose door has the two views, with nothing behind them."""
    own = app_over(sqlite_world.desk, sqlite_world.settings)
    own.register_blueprint(_hooks())
    own.register_blueprint(_fhir())
    sqlite_world.app = own
    return sqlite_world
