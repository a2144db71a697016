"""Officers' ties and identity verdicts over REST: own scope, and an officer at the keyboard."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

OFFICER = {"acting_user": {"role": "compliance"}}


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is tested here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def officer(world: World) -> Caller:
    return world.http(Scope.IDENTITY_WRITE)


def person_of(world: World, client: str) -> str:
    shown = world.http(Scope.REGISTRY_READ).get(f"/v1/clients/{world.ids[client]}").get_json()
    return str(shown["person_id"])


def brother(world: World) -> str:
    path = f"/v1/clinicians/{world.ids['alma']}/disclosures"
    [item] = world.http(Scope.REGISTRY_READ).get(path).get_json()["items"]
    return str(item["person_id"])


def tie(world: World, kind: str = "FRND") -> dict[str, Any]:
    """Nora is a friend of Alma's brother."""
    ends = {"from_person": brother(world), "to_person": person_of(world, "nora")}
    return ends | {"kind": kind} | OFFICER


def kinds(world: World, client: str) -> set[str]:
    return {finding["kind"] for finding in world.check("alma", client)["findings"]}


def walked(world: World) -> list[str]:
    """The tie paths from Alma to Nora, in words."""
    return [tie["path"] for tie in world.check("alma", "nora")["ties"].values()]


def test_an_officers_tie_is_walked_revised_and_withdrawn(world: World, officer: Caller) -> None:
    made = officer.post("/v1/ties", json=tie(world, "DAUC"))
    assert made.status_code == 201
    assert walked(world) == ["daughter of the clinician's brother"]
    path = made.headers["Location"]
    anew = {"kind": "FRND", "reason": "not a daughter"} | OFFICER
    assert officer.put(path, json=anew).status_code == 200
    assert walked(world) == ["friend of the clinician's brother"]
    gone = {"reason": "a mix-up"} | OFFICER
    assert officer.post(f"{path}/withdrawal", json=gone).status_code == 200
    assert officer.post(f"{path}/withdrawal", json=gone).status_code == 409
    assert walked(world) == []


def test_an_officer_cannot_revise_what_a_clinician_stated(world: World, officer: Caller) -> None:
    path = f"/v1/ties/{world.ids['brother_tie']}"
    anew = {"kind": "FRND", "reason": "surely not"} | OFFICER
    assert officer.put(path, json=anew).status_code == 404
    gone = {"reason": "surely not"} | OFFICER
    assert officer.post(f"{path}/withdrawal", json=gone).status_code == 404
    assert kinds(world, "tomas") == {"relative"}


def test_a_verdict_is_given(world: World, officer: Caller) -> None:
    body = {"person_a": brother(world), "person_b": person_of(world, "tomas")} | OFFICER
    answer = officer.post("/v1/identity-verdicts", json=body | {"verdict": "different"})
    assert answer.status_code == 201
    assert kinds(world, "tomas") == set()


@pytest.mark.parametrize("role", ["system", "intake", "clinician", "patient"])
def test_nobody_but_a_compliance_officer_at_the_keyboard(
    world: World, officer: Caller, role: str
) -> None:
    asked = tie(world) | {"acting_user": {"role": role}}
    assert officer.post("/v1/ties", json=asked).status_code == 403
    verdict = {
        "person_a": brother(world),
        "person_b": person_of(world, "tomas"),
        "verdict": "different",
        "acting_user": {"role": role},
    }
    assert officer.post("/v1/identity-verdicts", json=verdict).status_code == 403
    assert kinds(world, "tomas") == {"relative"}


def test_the_registrys_scope_is_not_enough(world: World) -> None:
    writer = world.http(Scope.REGISTRY_WRITE, Scope.REGISTRY_READ)
    assert writer.post("/v1/ties", json=tie(world)).status_code == 403


def test_the_officer_must_be_named(world: World, officer: Caller) -> None:
    asked = tie(world)
    del asked["acting_user"]
    answer = officer.post("/v1/ties", json=asked)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/acting_user"


def test_nobody_has_a_tie_to_themselves(world: World, officer: Caller) -> None:
    asked = tie(world)
    asked["to_person"] = asked["from_person"]
    answer = officer.post("/v1/ties", json=asked)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/to_person")
