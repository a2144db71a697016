"""/v1/imports/roster-drops."""

from __future__ import annotations

from uuid import uuid4

import pytest

from policy_service.domain.principals import Scope
from policy_service.worker import run_due
from tests.cast import Caller, World
from tests.services.imports.test_roster_drops import TEN, in_care, open_episodes

CSV = {"Content-Type": "text/csv; charset=utf-8"}
PATH = "/v1/imports/roster-drops"


@pytest.fixture
def ehr(world: World) -> Caller:
    return world.http(Scope.REGISTRY_WRITE)


def test_a_roster_is_shown_and_then_applied(world: World, ehr: Caller) -> None:
    shown = ehr.post(f"{PATH}?kind=clients", data=TEN, headers=CSV)
    assert shown.status_code == 201
    assert shown.json["counts"]["created"] == 10
    assert shown.json["held"] is None
    address = f"{PATH}/{shown.json['id']}"
    taken = ehr.post(f"{address}/applying", json={}, headers={"Idempotency-Key": "a"})
    assert (taken.status_code, taken.json["state"]) == (202, "applying")
    again = ehr.post(f"{address}/applying", json={}, headers={"Idempotency-Key": "a"})
    assert again.data == taken.data
    run_due(world.desk)
    done = ehr.get(address).json
    assert (done["state"], done["counts"]["created"]) == ("applied", 10)
    assert ehr.post(f"{PATH}?kind=clients", data=TEN, headers=CSV).status_code == 200
    assert [one["id"] for one in ehr.get(PATH).json["drops"]] == [done["id"]]


def test_a_held_file_needs_the_word_for_why(world: World, ehr: Caller) -> None:
    in_care(world)
    text = open_episodes(10, *range(10))
    shown = ehr.post(f"{PATH}?kind=episodes", data=text, headers=CSV).json
    assert (shown["held"], len(shown["ended"])) == ("most_ended", 10)
    refused = ehr.post(f"{PATH}/{shown['id']}/applying", json={})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/confirm"
    assert refused.json["errors"][0]["allowed"] == ["most_ended"]
    taken = ehr.post(f"{PATH}/{shown['id']}/applying", json={"confirm": "most_ended"})
    assert taken.status_code == 202


def test_a_discarded_file_is_not_applied(world: World, ehr: Caller) -> None:
    shown = ehr.post(f"{PATH}?kind=clients", data=TEN, headers=CSV).json
    gone = ehr.post(f"{PATH}/{shown['id']}/discard")
    assert (gone.status_code, gone.json["state"]) == (202, "discarded")
    assert ehr.post(f"{PATH}/{shown['id']}/applying", json={}).status_code == 409


def test_bad_input_is_refused_by_field(world: World, ehr: Caller) -> None:
    assert ehr.post(PATH, data=TEN, headers=CSV).status_code == 422
    assert ehr.post(f"{PATH}?kind=clients", json={"a": 1}).status_code == 415
    lacking = ehr.post(f"{PATH}?kind=clients", data="external_id\n", headers=CSV)
    assert lacking.json["errors"][0]["pointer"] == "/1/given_name"
    limit = world.app.extensions["policy_service_settings"].max_upload_bytes
    huge = ehr.post(f"{PATH}?kind=clients", data=TEN + "\n" * limit, headers=CSV)
    assert huge.status_code == 413
    assert ehr.get(f"{PATH}/{uuid4()}").status_code == 404
    assert ehr.get(f"{PATH}?cursor={uuid4()}").status_code == 404
