"""Boundary events over REST: answered like a check, by audience."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

SYSTEM = {"acting_user": {"role": "system"}}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is tested here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def report(world: World) -> Caller:
    return world.http(Scope.EVENTS_WRITE, Scope.DECISION_FULL, Scope.REGISTRY_READ)


def gift(world: World, **more: Any) -> dict[str, Any]:
    return {
        "clinician": {"id": world.ids["ben"]},
        "client": {"id": world.ids["nora"]},
        "kind": "gift",
        "direction": "client_to_clinician",
        "occurred_on": "2026-03-01",
        "amount": 2500,
        "stated_by": "clinician",
        **more,
    }


def listed(world: World, caller: Caller, client: str = "nora") -> list[dict[str, Any]]:
    query = f"clinician_id={world.ids['ben']}&client_id={world.ids[client]}"
    items: list[dict[str, Any]] = caller.get(f"/v1/events?{query}").get_json()["items"]
    return items


def test_an_event_is_recorded_and_decided(world: World, report: Caller) -> None:
    answer = report.post("/v1/events", json=gift(world, **SYSTEM))
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["purpose"], body["client_id"]) == ("event", world.ids["nora"])
    assert answer.headers["Location"] == f"/v1/checks/{body['id']}"
    assert report.get(f"{answer.headers['Location']}?acting_role=system").get_json() == body
    [event] = listed(world, report)
    assert (event["kind"], event["amount"], event["occurred_on"]) == ("gift", 2500, "2026-03-01")


def test_the_answer_depends_on_who_sits_there(world: World, report: Caller) -> None:
    brief = world.http(Scope.EVENTS_WRITE, Scope.DECISION_BRIEF)
    blind = world.http(Scope.EVENTS_WRITE)
    seen = brief.post("/v1/events", json=gift(world, **SYSTEM)).get_json()
    assert set(seen) == {"id", "at", "status", "receipt", "standing", "message"}
    for caller, acting in ((blind, SYSTEM), (report, {}), (report, patient())):
        answer = caller.post("/v1/events", json=gift(world, **acting))
        assert answer.status_code == 202
        assert set(answer.get_json()) == {"id", "at", "status"}
    assert len(listed(world, report)) == 4


def patient() -> dict[str, Any]:
    return {"acting_user": {"role": "patient"}}


def test_a_retry_with_the_same_key_reports_once(world: World, report: Caller) -> None:
    headers = {"Idempotency-Key": "gift-1"}
    first = report.post("/v1/events", json=gift(world, **SYSTEM), headers=headers)
    again = report.post("/v1/events", json=gift(world, **SYSTEM), headers=headers)
    assert first.data == again.data
    assert len(listed(world, report)) == 1


def test_an_event_is_moved_and_withdrawn(world: World, report: Caller) -> None:
    report.post("/v1/events", json=gift(world))
    path = f"/v1/events/{listed(world, report)[0]['id']}"
    right = {"client_id": world.ids["tomas"], "reason": "wrong chart"}
    assert report.put(path, json=right).status_code == 200
    assert listed(world, report) == []
    assert len(listed(world, report, "tomas")) == 1
    gone = {"reason": "it was the neighbour"}
    assert report.post(f"{path}/withdrawal", json=gone).status_code == 200
    assert listed(world, report, "tomas") == []


def test_whether_the_client_was_dependent_is_said_and_read_back(
    world: World, report: Caller
) -> None:
    kind = {"kind": "request_for_date", "direction": "clinician_to_client", "amount": None}
    asked = {name: value for name, value in gift(world, **kind).items() if value is not None}
    answer = report.post("/v1/events", json=asked | {"dependence_or_deception": "yes"} | SYSTEM)
    assert answer.status_code == 201
    [event] = listed(world, report)
    assert (event["kind"], event["dependence_or_deception"]) == ("request_for_date", "yes")


def test_reporting_needs_its_own_scope(world: World) -> None:
    asker = world.http(Scope.DECISION_FULL, Scope.REGISTRY_WRITE)
    assert asker.post("/v1/events", json=gift(world)).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "hug"}, "/kind"),
        ({"amount": 12.5}, "/amount"),
        ({"amount": "25"}, "/amount"),
        ({"amount": -1}, "/amount"),
        ({"amount": 10**10}, "/amount"),
        ({"occurred_on": "2027"}, "/occurred_on"),
        ({"client": {"id": "11111111-1111-4111-8111-111111111111"}}, "/client/id"),
        ({"clinician": {}}, "/clinician/id"),
        ({"party": "dog"}, "/party"),
        ({"dependence_or_deception": "yes"}, "/dependence_or_deception"),
        ({"dependence_or_deception": "perhaps"}, "/dependence_or_deception"),
        ({"note": "he cried"}, "/note"),
    ],
)
def test_bad_events_are_refused_by_name_and_nothing_is_stored(
    world: World, report: Caller, change: dict[str, Any], pointer: str
) -> None:
    answer = report.post("/v1/events", json=gift(world) | change)
    assert answer.status_code in (400, 422)  # a float is refused before any schema reads it
    if answer.status_code == 422:
        assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert listed(world, report) == []
