"""Clinicians, licences, memberships and attestations over REST."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

PERSON = {"names": [{"given": "Carla", "family": "Nunez"}], "birth_date": "1975-10"}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is tested here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def write(world: World) -> Caller:
    return world.http(Scope.REGISTRY_WRITE, Scope.REGISTRY_READ)


def created(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = caller.post(path, json=body)
    assert answer.status_code == 201, answer.data
    shown: dict[str, Any] = answer.get_json()
    location = answer.headers["Location"]
    assert location.endswith(shown["id"])
    return shown


def problem(answer: Any) -> tuple[int, list[str]]:
    """Status and pointers."""
    body = answer.get_json()
    return answer.status_code, [error["pointer"] for error in body.get("errors", [])]


def test_a_clinician_is_registered_and_read_back(write: Caller) -> None:
    made = created(write, "/v1/clinicians", {"person": PERSON, "external_id": "c-1"})
    shown = write.get(f"/v1/clinicians/{made['id']}").get_json()
    assert shown["person"] == {
        "names": [{"given": "Carla", "family": "Nunez", "kind": "legal"}],
        "birth_date": "1975-10",
    }
    assert (shown["external_id"], shown["version"], shown["is_active"]) == ("c-1", 1, True)
    assert shown == made


def test_licences_and_memberships_hang_on_the_clinician(world: World, write: Caller) -> None:
    path = f"/v1/clinicians/{world.ids['ben']}"
    licence = created(
        write, f"{path}/licences",
        {"jurisdiction": "US-OH", "licence_type": "LPC", "valid_from": "2019"},
    )  # fmt: skip
    membership = created(write, f"{path}/memberships", {"body": "ACA"})
    end = {"valid_to": "2025-12", "reason": "not renewed"}
    assert write.post(f"{path}/licences/{licence['id']}/lapse", json=end).status_code == 200
    assert write.post(f"{path}/memberships/{membership['id']}/end", json=end).status_code == 200
    shown = write.get(path).get_json()
    assert {one["valid_to"] for one in shown["licences"]} == {None, "2025-12"}
    assert [one["valid_to"] for one in shown["memberships"]] == ["2025-12"]
    assert write.get(f"{path}/licences").get_json()["items"] == shown["licences"]
    assert write.get(f"{path}/memberships").get_json()["items"] == shown["memberships"]
    gone = {"reason": "never held"}
    for record in (f"licences/{licence['id']}", f"memberships/{membership['id']}"):
        assert write.post(f"{path}/{record}/withdrawal", json=gone).status_code == 200
    assert write.get(f"{path}/memberships").get_json() == {"items": []}


def test_attesting_over_rest(world: World, write: Caller) -> None:
    path = f"/v1/clinicians/{world.ids['alma']}/attestations"
    made = created(write, path, {"kinds": ["friends", "relatives"]})
    assert (made["kinds"], made["as_of"], made["valid_until"]) == (
        ["friends", "relatives"], "2026-03-02", "2027-03-01",
    )  # fmt: skip
    assert write.get(path).get_json() == {"items": [made]}
    assert write.post(f"{path}/{made['id']}/withdrawal", json={"reason": "no"}).status_code == 200
    assert write.get(path).get_json() == {"items": []}
    tomorrow = {"kinds": ["friends"], "as_of": "2026-03-03"}
    assert problem(write.post(path, json=tomorrow)) == (422, ["/as_of"])


def test_a_correction_replaces_the_record(world: World, write: Caller) -> None:
    path = f"/v1/clinicians/{world.ids['ben']}"
    answer = write.put(path, json={"person": PERSON})
    assert answer.get_json()["person"]["names"][0]["family"] == "Nunez"
    assert answer.get_json() == write.get(path).get_json()


def test_a_clinician_who_left_is_inactive(world: World, write: Caller) -> None:
    path = f"/v1/clinicians/{world.ids['ben']}"
    assert write.post(f"{path}/deactivation", json={"reason": "retired"}).status_code == 200
    assert write.get(path).get_json()["is_active"] is False


def test_lists_come_in_pages_that_do_not_shift(world: World, write: Caller) -> None:
    for number in range(3):
        created(write, "/v1/clinicians", {"person": PERSON, "external_id": f"c-{number}"})
    seen, cursor = [], ""
    while True:
        page = write.get(f"/v1/clinicians?limit=2{cursor}").get_json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == 5
    assert seen == sorted(seen)
    assert {world.ids["alma"], world.ids["ben"]} < set(seen)
    [found] = write.get("/v1/clinicians?external_id=c-1").get_json()["items"]
    assert found["external_id"] == "c-1"


def test_scopes_keep_readers_from_writing_and_writers_from_reading(world: World) -> None:
    reader, writer = world.http(Scope.REGISTRY_READ), world.http(Scope.REGISTRY_WRITE)
    asker = world.http(Scope.DECISION_FULL)
    path = f"/v1/clinicians/{world.ids['ben']}"
    assert reader.post("/v1/clinicians", json={"person": PERSON}).status_code == 403
    assert reader.post(f"{path}/attestations", json={"kinds": ["friends"]}).status_code == 403
    assert writer.get(path).status_code == 403
    assert asker.get("/v1/clinicians").status_code == 403


def test_the_same_key_registers_once(write: Caller) -> None:
    headers = {"Idempotency-Key": "register-1"}
    body = {"person": PERSON}
    first = write.post("/v1/clinicians", json=body, headers=headers)
    again = write.post("/v1/clinicians", json=body, headers=headers)
    assert (first.data, first.headers["Location"]) == (again.data, again.headers["Location"])
    other = write.post("/v1/clinicians", json=body | {"external_id": "x"}, headers=headers)
    assert other.status_code == 422
    assert len(write.get("/v1/clinicians").get_json()["items"]) == 3


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/person"),
        ({"person": {}}, "/person/names"),
        ({"person": {"names": []}}, "/person/names"),
        ({"person": PERSON | {"birth_date": "1975-13"}}, "/person/birth_date"),
        ({"person": PERSON | {"sex": "yes"}}, "/person/sex"),
        ({"person": PERSON, "id": "x"}, "/id"),
        ({"person": PERSON, "external_id": "x" * 101}, "/external_id"),
        ({"person": PERSON, "external_id": "a\u0000b"}, "/external_id"),
    ],
)
def test_bad_input_is_named_and_nothing_is_stored(
    write: Caller, body: dict[str, Any], pointer: str
) -> None:
    assert problem(write.post("/v1/clinicians", json=body)) == (422, [pointer])
    assert len(write.get("/v1/clinicians").get_json()["items"]) == 2


def test_a_taken_external_id_is_a_conflict(write: Caller) -> None:
    body = {"person": PERSON, "external_id": "c-1"}
    created(write, "/v1/clinicians", body)
    assert problem(write.post("/v1/clinicians", json=body)) == (409, ["/external_id"])


@pytest.mark.parametrize(
    ("resource", "body", "pointer"),
    [
        ("licences", {"jurisdiction": "Texas", "licence_type": "LPC"}, "/jurisdiction"),
        ("licences", {"jurisdiction": "US-TX", "licence_type": ""}, "/licence_type"),
        ("licences", {"jurisdiction": "US-TX"}, "/licence_type"),
        ("memberships", {"body": "A C A"}, "/body"),
        ("attestations", {"kinds": []}, "/kinds"),
        ("attestations", {"kinds": ["cats"]}, "/kinds/0"),
        ("accounts", {"platform": "x"}, "/handle"),
        ("accounts", {"platform": "x", "handle": "y", "kind": "secret"}, "/kind"),
    ],
)
def test_bad_fields_of_what_hangs_on_a_clinician_are_named(
    world: World, write: Caller, resource: str, body: dict[str, Any], pointer: str
) -> None:
    path = f"/v1/clinicians/{world.ids['ben']}/{resource}"
    assert problem(write.post(path, json=body)) == (422, [pointer])


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=x"])
def test_bad_queries_are_refused(write: Caller, query: str) -> None:
    answer = write.get(f"/v1/clinicians?{query}")
    assert problem(answer) == (422, [f"/query/{query.partition('=')[0]}"])
