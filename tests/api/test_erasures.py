"""The EHR looks, asks and holds; it never carries out."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World
from tests.services.erasing.test_orders import erased

OFFICER = {"role": "compliance"}


@pytest.fixture
def ehr(world: World) -> Caller:
    """A key of the scope."""
    return world.http(Scope.ERASURES_ASK, Scope.DECISION_FULL, Scope.REGISTRY_READ)


def _ask(world: World, ehr: Caller, **more: Any) -> Any:
    body = {"client_id": world.ids["tomas"], "ground": "person_asked", "acting_user": OFFICER}
    return ehr.post("/v1/erasures", json=body | more)


def test_the_plan_counts_what_would_go_and_says_what_blocks(world: World, ehr: Caller) -> None:
    world.check("alma", "tomas")
    plan = ehr.get(f"/v1/clients/{world.ids['tomas']}/erasure").json
    assert plan["counts"]["checks"] == 1
    assert plan["blocks"] == [{"kind": "retention_floor", "until": "2032-03-02"}]
    assert [one["band"] for one in plan["likely_same"]] == ["certain"]


def test_asked_waits_for_a_person(world: World, ehr: Caller) -> None:
    made = _ask(world, ehr)
    assert (made.status_code, made.json["state"], made.json["blocks"]) == (201, "asked", [])
    again = ehr.get(made.headers["Location"])
    assert again.json == made.json
    assert _ask(world, ehr).status_code == 409


def test_blocked_is_refused_and_says_until_when(world: World, ehr: Caller) -> None:
    world.check("alma", "tomas")
    made = _ask(world, ehr).json
    assert made["state"] == "refused"
    assert made["blocks"] == [{"kind": "retention_floor", "until": "2032-03-02"}]


def test_a_hold_stands_until_it_is_lifted(world: World, ehr: Caller) -> None:
    body = {"client_id": world.ids["tomas"], "reason": "Complaint", "acting_user": OFFICER}
    placed = ehr.post("/v1/legal-holds", json=body).json
    assert _ask(world, ehr).json["blocks"] == [{"kind": "legal_hold", "until": None}]
    lifting = {"reason": "Over", "acting_user": OFFICER}
    path = f"/v1/legal-holds/{placed['id']}/lifting"
    assert ehr.post(path, json=lifting).status_code == 200
    assert ehr.post(path, json=lifting).status_code == 409
    assert _ask(world, ehr).json["state"] == "asked"


@pytest.mark.parametrize("ground", ["", "because"])
def test_the_ground_is_a_word_of_the_list(world: World, ehr: Caller, ground: str) -> None:
    assert _ask(world, ehr, ground=ground).status_code == 422


def test_whoever_is_erased_answers_gone_and_never_clear(world: World) -> None:
    decided = world.check("alma", "tomas")["id"]
    erased(world, "tomas")
    ehr = world.http(Scope.ERASURES_ASK, Scope.DECISION_FULL, Scope.REGISTRY_READ)
    client = {"id": world.ids["tomas"]}
    check = {"clinician": {"id": world.ids["ben"]}, "client": client, "purpose": "intake"}
    screening = {"client": client, "purpose": "intake"}
    for answer in (
        ehr.get(f"/v1/checks/{decided}"),
        ehr.get(f"/v1/clients/{world.ids['tomas']}"),
        ehr.post("/v1/checks", json=check),
        ehr.post("/v1/screenings", json=screening),
        _ask(world, ehr),
    ):
        assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (410, "erased")
    listed = ehr.get("/v1/clients").json["items"]
    assert {line["external_id"] for line in listed} == {None, "ehr-nora"}
