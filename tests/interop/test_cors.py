"""A browser may call from registered origins alone, and asks first without a credential."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.auth.registration import withdraw_client
from tests.cast import World
from tests.interop.conftest import HOOK, RESOURCE
from tests.signing import SigningEhr

ORIGIN = "https://sandbox.example"
PATHS = [HOOK, RESOURCE, "/token", "/.well-known/smart-configuration"]


def preflight(world: World, path: str, origin: str = ORIGIN) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return world.app.test_client().options(path, headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_a_registered_origin_may_call(knocking: World, path: str) -> None:
    SigningEhr.registered(knocking, origins=(ORIGIN, "http://localhost:8080"))
    answer = preflight(knocking, path)
    assert 200 <= answer.status_code < 300
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert {"Authorization", "Content-Type", "Accept"} == set(allowed.split(", "))
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


OTHERS = [
    "https://evil.example",
    "http://sandbox.example",
    "https://sandbox.example:8443",
    "https://sandbox.example.evil.example",
    "https://SANDBOX.example",
    "null",
    "*",
    "https://sandbox.example https://evil.example",
]


@pytest.mark.parametrize("origin", OTHERS)
def test_another_origin_gets_2xx_and_no_leave(knocking: World, origin: str) -> None:
    SigningEhr.registered(knocking, origins=(ORIGIN,))
    answer = preflight(knocking, HOOK, origin)
    assert 200 <= answer.status_code < 300
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_an_answer_and_a_refusal_are_handed_to_the_page(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking, origins=(ORIGIN,))
    page = {"Origin": ORIGIN}
    answered = ehr.post(HOOK, {}, headers=page)
    refused = knocking.app.test_client().post(HOOK, json={}, headers=page)
    missing = knocking.app.test_client().get("/fhir/Nothing", headers=page)
    assert (answered.status_code, refused.status_code, missing.status_code) == (200, 401, 404)
    for answer in (answered, refused, missing):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_an_origin_ends_with_its_client(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking, origins=(ORIGIN,))
    with knocking.writing() as context:
        withdraw_client(context, ehr.client_id)
    assert "Access-Control-Allow-Origin" not in preflight(knocking, HOOK).headers


def test_the_console_and_the_rest_door_are_never_opened(knocking: World) -> None:
    SigningEhr.registered(knocking, origins=(ORIGIN,))
    client = knocking.app.test_client()
    for path in ("/v1/checks", "/console/login", "/livez"):
        for method in ("GET", "OPTIONS"):
            answer = client.open(path, method=method, headers={"Origin": ORIGIN})
            assert "Access-Control-Allow-Origin" not in answer.headers
