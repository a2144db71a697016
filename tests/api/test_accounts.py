"""Accounts and connections over REST."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is tested here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def write(world: World) -> Caller:
    return world.http(Scope.REGISTRY_WRITE, Scope.REGISTRY_READ)


def test_from_account_to_connection_to_fact(world: World, write: Caller) -> None:
    own = f"/v1/clinicians/{world.ids['ben']}/accounts"
    account = write.post(own, json={"platform": "instagram", "handle": "dr.ben"})
    assert account.status_code == 201
    path = account.headers["Location"]
    assert write.get(path).get_json() == account.get_json()
    assert write.get(own).get_json() == {"items": [account.get_json()]}
    client = f"/v1/clients/{world.ids['nora']}/accounts"
    assert write.post(client, json={"platform": "instagram", "handle": "@nora"}).status_code == 201
    assert len(write.get(client).get_json()["items"]) == 1
    said = {
        "account_id": account.get_json()["id"],
        "far_platform": "instagram",
        "far_handle": "Nora",
        "direction": "mutual",
        "state": "requested",
        "initiator": "client",
    }
    connection = write.post("/v1/connections", json=said)
    assert connection.status_code == 201
    assert write.put(path, json={"kind": "mixed"}).get_json()["kind"] == "mixed"
    assert world.facts("ben", "nora")["personal_connection"] == "requested_by_client"
    at = connection.headers["Location"]
    assert write.put(at, json={"state": "accepted"}).get_json()["revision"] == 2
    assert world.facts("ben", "nora")["personal_connection"] == "connected"
    assert [one["state"] for one in write.get(f"{path}/connections").get_json()["items"]] == [
        "accepted"
    ]
    assert write.post(f"{at}/withdrawal", json={"reason": "another Nora"}).status_code == 200
    assert world.facts("ben", "nora")["personal_connection"] == "none"
    assert write.post(f"{path}/withdrawal", json={"reason": "not his"}).status_code == 200
    assert write.get(own).get_json() == {"items": []}


def test_a_connection_is_answered_alike_whoever_the_handle_is(world: World, write: Caller) -> None:
    own = f"/v1/clinicians/{world.ids['ben']}/accounts"
    account = write.post(own, json={"platform": "x", "handle": "ben"}).get_json()["id"]
    client = f"/v1/clients/{world.ids['nora']}/accounts"
    write.post(client, json={"platform": "x", "handle": "nora"})
    said = {"account_id": account, "far_platform": "x", "direction": "mutual", "state": "accepted"}
    known = write.post("/v1/connections", json=said | {"far_handle": "nora"})
    other = write.post("/v1/connections", json=said | {"far_handle": "mary"})
    assert known.get_json() | {"id": ""} == other.get_json() | {"id": ""}
    assert len(known.data) == len(other.data)


def test_words_that_are_not_allowed_are_refused_with_those_that_are(
    world: World, write: Caller
) -> None:
    body = {"account_id": world.ids["nora"], "far_platform": "x", "far_handle": "y"}
    answer = write.post("/v1/connections", json=body | {"direction": "up", "state": "on"})
    errors = {error["pointer"]: error["allowed"] for error in answer.get_json()["errors"]}
    assert errors == {
        "/direction": ["mutual", "outgoing", "incoming"],
        "/state": ["requested", "accepted", "declined", "removed"],
    }
