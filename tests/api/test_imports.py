"""POST /v1/imports/roster."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Scope
from tests.cast import World

ROSTER = "external_id,given_name,family_name,birth_date\nc1,Anna,Berg,1980\nc2,=cmd,Berg,1980\n"
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def test_a_roster_is_tried_and_then_imported(world: World) -> None:
    ehr = world.http(Scope.REGISTRY_WRITE)
    for query, dry_run in (("&dry_run=true", True), ("", False)):
        answer = ehr.post(f"/v1/imports/roster?kind=clients{query}", data=ROSTER, headers=CSV)
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["dry_run"] is dry_run
        assert (answer.json["created"], answer.json["refused"]) == (1, 1)
        assert answer.json["errors"][0]["line"] == 3
        assert answer.json["errors"][0]["field"] == "given_name"


def test_a_roster_may_be_larger_than_other_bodies_but_not_than_the_upload_limit(
    world: World,
) -> None:
    ehr = world.http(Scope.REGISTRY_WRITE)
    settings = world.app.extensions["policy_service_settings"]
    large = ROSTER + "\n" * settings.max_body_bytes
    assert ehr.post("/v1/imports/roster?kind=clients", data=large, headers=CSV).status_code == 200
    huge = ROSTER + "\n" * settings.max_upload_bytes
    refused = ehr.post("/v1/imports/roster?kind=clients", data=huge, headers=CSV)
    assert refused.status_code == 413
    assert str(settings.max_upload_bytes) in refused.get_data(as_text=True)


@pytest.mark.parametrize("query", ["", "?kind=pets", "?kind=clients&dry_run=perhaps"])
def test_an_unclear_question_is_refused_by_field(world: World, query: str) -> None:
    answer = world.http(Scope.REGISTRY_WRITE).post(
        f"/v1/imports/roster{query}", data=ROSTER, headers=CSV
    )
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"].startswith("/query/")


def test_a_header_that_lacks_columns_is_refused_with_the_known_ones(world: World) -> None:
    answer = world.http(Scope.REGISTRY_WRITE).post(
        "/v1/imports/roster?kind=clients", data="external_id,given_name\n", headers=CSV
    )
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["pointer"] == "/1/family_name"
    assert "birth_date" in answer.json["errors"][0]["allowed"]


def test_json_is_not_read_here(world: World) -> None:
    answer = world.http(Scope.REGISTRY_WRITE).post("/v1/imports/roster?kind=clients", json={"a": 1})
    assert answer.status_code == 415
    assert "text/csv" in answer.get_data(as_text=True)


def test_it_needs_the_scope(world: World) -> None:
    answer = world.http(Scope.REGISTRY_READ).post(
        "/v1/imports/roster?kind=clients", data=ROSTER, headers=CSV
    )
    assert answer.status_code == 403
