"""Clients and episodes over REST, and what a check then says."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

PERSON = {"names": [{"given": "Ulla", "family": "Sandoval"}], "birth_date": "1951-08-08"}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is tested here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def write(world: World) -> Caller:
    return world.http(Scope.REGISTRY_WRITE, Scope.REGISTRY_READ)


def register(caller: Caller) -> str:
    answer = caller.post("/v1/clients", json={"person": PERSON, "external_id": "p-1"})
    assert answer.status_code == 201
    return str(answer.get_json()["id"])


def episode(world: World, client: str = "nora", **more: Any) -> dict[str, Any]:
    return {
        "clients": [{"client_id": world.ids[client]}],
        "clinicians": [{"clinician_id": world.ids["ben"]}],
        "began_on": "2025-05",
        **more,
    }


def test_a_client_is_registered_found_by_the_ehrs_id_and_read(write: Caller) -> None:
    client = register(write)
    [line] = write.get("/v1/clients?external_id=p-1").get_json()["items"]
    shown = write.get(f"/v1/clients/{client}").get_json()
    assert line["id"] == shown["id"] == client
    assert shown["person"]["birth_date"] == "1951-08-08"
    assert "person" not in line


def test_a_correction_changes_what_a_check_says(world: World, write: Caller) -> None:
    assert world.check("alma", "tomas")["findings"]
    answer = write.put(f"/v1/clients/{world.ids['tomas']}", json={"person": PERSON})
    assert answer.get_json()["version"] == 2
    assert not world.check("alma", "tomas")["findings"]


def test_merge_and_split_over_rest(world: World, write: Caller) -> None:
    world.ids["ulla"] = client = register(write)
    into = {"into": world.ids["nora"], "reason": "two charts"}
    merged = write.post(f"/v1/clients/{client}/merge", json=into)
    assert merged.get_json()["merged_into"] == world.ids["nora"]
    assert write.get(f"/v1/clients/{client}").status_code == 200
    assert world.check("ben", "ulla")["client_id"] == world.ids["nora"]
    assert write.post(f"/v1/clients/{client}/merge", json=into).status_code == 409
    split = write.post(f"/v1/clients/{client}/split", json={"reason": "cousins"})
    assert split.get_json()["merged_into"] is None
    assert write.post(f"/v1/clients/{client}/split", json={"reason": "again"}).status_code == 409


def test_merging_into_nobody_names_the_field(world: World, write: Caller) -> None:
    unknown = {"into": "11111111-1111-4111-8111-111111111111", "reason": "two charts"}
    answer = write.post(f"/v1/clients/{world.ids['nora']}/merge", json=unknown)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/into")


def test_an_episode_is_opened_read_put_right_and_withdrawn(world: World, write: Caller) -> None:
    made = write.post("/v1/episodes", json=episode(world))
    assert made.status_code == 201
    path = made.headers["Location"]
    assert write.get(path).get_json() == made.get_json()
    assert world.facts("ben", "nora")["client_status"] == "current"
    right = {"episode": episode(world, "tomas"), "reason": "wrong chart"}
    revised = write.put(path, json=right).get_json()
    assert (revised["revision"], revised["clients"][0]["client_id"]) == (2, world.ids["tomas"])
    assert world.facts("ben", "nora")["client_status"] == "prospective"
    assert world.facts("ben", "tomas")["client_status"] == "current"
    gone = write.post(f"{path}/withdrawal", json={"reason": "never began"})
    assert gone.status_code == 200
    assert write.get(path).get_json()["is_withdrawn"] is True
    assert write.put(path, json=right).status_code == 409


def test_the_dates_clocks_count_from_are_kept(world: World, write: Caller) -> None:
    part = {
        "clinician_id": world.ids["ben"],
        "role": "covering",
        "last_contact_on": "2025-11-03",
        "known_since": "2025",
    }
    over = episode(
        world,
        clinicians=[part],
        is_open=False,
        terminated_on="2025-12",
        termination_reason="planned",
    )
    shown = write.post("/v1/episodes", json=over).get_json()
    assert shown["clinicians"] == [part | {"began_on": None, "ended_on": None}]
    facts = world.facts("ben", "nora")
    assert (facts["client_status"], facts["termination_reason"]) == ("former", "planned")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"clients": []}, "/clients"),
        ({"clients": [{"client_id": "x"}]}, "/clients/0/client_id"),
        ({"clinicians": [{}]}, "/clinicians/0/clinician_id"),
        ({"began_on": "2025-02-30"}, "/began_on"),
        ({"termination_reason": "bored"}, "/termination_reason"),
        ({"is_open": "maybe"}, "/is_open"),
        ({"is_open": True, "terminated_on": "2025-12"}, "/is_open"),
        ({"is_open": False, "terminated_on": "2024"}, "/terminated_on"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_bad_episodes_are_refused_by_name(
    world: World, write: Caller, change: dict[str, Any], pointer: str
) -> None:
    answer = write.post("/v1/episodes", json=episode(world) | change)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)
    assert world.facts("ben", "nora")["client_status"] == "prospective"


def test_values_that_cannot_be_used_are_kept_and_warned_of(world: World) -> None:
    http = world.http(Scope.REGISTRY_WRITE, Scope.REGISTRY_READ)
    stated = {
        "names": [{"given": "Unknown", "family": "Lind"}],
        "birth_date": "1900-01-01",
        "phones": ["0000000000"],
    }
    made = http.post("/v1/clients", json={"person": stated})
    assert made.status_code == 201
    body = made.get_json()
    assert body["warnings"] == [
        {"pointer": "/person/names/0", "detail": "A placeholder stands in place of a name."},
        {"pointer": "/person/birth_date", "detail": "A placeholder."},
        {"pointer": "/person/phones/0", "detail": "A placeholder, or no phone number."},
    ]
    assert body["person"]["phones"] == ["0000000000"]
    usable = {"names": [{"given": "Nora", "family": "Lind"}], "birth_date": "1990-02-17"}
    put = http.put(f"/v1/clients/{body['id']}", json={"person": usable})
    assert put.get_json()["warnings"] == []
