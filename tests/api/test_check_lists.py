"""POST /v1/checks/batch and GET /v1/checks/changes on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Role, Scope
from policy_service.domain.standings import MESSAGES, Advice
from policy_service.services import checks
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.rescreening import rescreen_pair
from tests.api.conftest import asked
from tests.api.rows import new_rows, row_counts
from tests.cast import NORA, Caller, World

BATCH, CHANGES = "/v1/checks/batch", "/v1/checks/changes"


def keyed(world: World, key: str, clinician: str, client: str, **more: Any) -> dict[str, Any]:
    return {"key": key, **asked(world, clinician, client, **more)}


def desk_key(world: World) -> Caller:
    """A front desk's key: the one a plugin is given."""
    return world.http(Scope.DECISION_BRIEF)


def test_each_check_of_a_batch_is_answered_in_the_order_asked(world: World) -> None:
    body = {"checks": [keyed(world, "k1", "alma", "tomas"), keyed(world, "k2", "ben", "nora")]}
    before = row_counts(world)
    response = desk_key(world).post(BATCH, json=body)
    assert response.status_code == 200
    first, second = response.json["answers"]
    assert (first["key"], first["status"], second["key"], second["status"]) == (
        "k1",
        201,
        "k2",
        201,
    )
    assert first["answer"]["standing"] == Advice.CHOOSE_ANOTHER_CLINICIAN.value
    assert first["answer"]["message"] == MESSAGES[Advice.CHOOSE_ANOTHER_CLINICIAN]
    assert second["answer"]["standing"] == Advice.PROCEED.value
    assert new_rows(before, row_counts(world))["decision"] == 2


def test_a_batch_sent_again_decides_nothing_twice(world: World) -> None:
    caller = desk_key(world)
    once = {"checks": [keyed(world, "k1", "alma", "tomas")]}
    first = caller.post(BATCH, json=once).json["answers"]
    before = row_counts(world)
    grown = {"checks": [*once["checks"], keyed(world, "k2", "ben", "nora")]}
    again = caller.post(BATCH, json=grown).json["answers"]
    assert again[0] == first[0]
    assert new_rows(before, row_counts(world))["decision"] == 1


def test_a_key_used_for_another_check_is_refused_for_that_check_alone(world: World) -> None:
    caller = desk_key(world)
    caller.post(BATCH, json={"checks": [keyed(world, "k1", "alma", "tomas")]})
    body = {"checks": [keyed(world, "k1", "ben", "tomas"), keyed(world, "k2", "ben", "nora")]}
    first, second = caller.post(BATCH, json=body).json["answers"]
    assert first["status"] == 422
    assert first["problem"]["type"].endswith("/problems/idempotency-mismatch")
    assert second["status"] == 201


def test_a_clinician_is_named_by_the_ehrs_own_id(world: World, ehr: Caller) -> None:
    person = {"names": [{"given": "Ida", "family": "Moss"}], "birth_date": "1971"}
    ehr.post("/v1/clinicians", json={"person": person, "external_id": "LIC-1"})
    check = keyed(world, "k1", "ben", "nora") | {"clinician": {"external_id": "LIC-1"}}
    unknown = keyed(world, "k2", "ben", "nora") | {"clinician": {"external_id": "LIC-2"}}
    first, second = ehr.post(BATCH, json={"checks": [check, unknown]}).json["answers"]
    assert first["status"] == 201
    assert second["status"] == 422
    assert second["problem"]["errors"][0]["pointer"] == "/clinician/external_id"


@pytest.mark.parametrize("wrong", ["both", "neither", "twins", "none", "many"])
def test_a_batch_that_cannot_be_meant_is_refused_whole(
    wrong: str, world: World, ehr: Caller
) -> None:
    check = keyed(world, "k1", "ben", "nora")
    body: dict[str, Any] = {"checks": [check]}
    match wrong:
        case "both":
            check["clinician"] = {"id": world.ids["ben"], "external_id": "x"}
        case "neither":
            check["clinician"] = {}
        case "twins":
            body["checks"] = [check, check]
        case "none":
            body["checks"] = []
        case "many":
            body["checks"] = [check | {"key": str(n)} for n in range(51)]
    before = row_counts(world)
    response = ehr.post(BATCH, json=body)
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"].startswith("/checks")
    assert row_counts(world) == before


def test_a_check_that_cannot_be_recorded_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = checks.record_decision

    def fails_for_alma(*given: Any) -> Any:
        if given[2].question.clinician.id == world.ids["alma"]:
            raise checks.NotReady("the disk is full")
        return real(*given)

    monkeypatch.setattr(checks, "record_decision", fails_for_alma)
    body = {"checks": [keyed(world, "k1", "alma", "tomas"), keyed(world, "k2", "ben", "nora")]}
    first, second = desk_key(world).post(BATCH, json=body).json["answers"]
    assert first["status"] == 503
    assert "answer" not in first
    assert second["status"] == 201


@pytest.mark.parametrize(("text", "held"), [("hermano", True), ("quux", True), (None, False)])
def test_free_text_kinship_is_never_read_as_none(
    text: str | None, held: bool, world: World, ehr: Caller
) -> None:
    """The control: the same client who names nobody is not held up."""
    person: dict[str, Any] = {"names": [{"given": "Kim", "family": "Park"}], "birth_date": "1991"}
    if text is not None:
        ben = {"given": "Ben", "family": "Okafor"}
        named = {"name": ben, "birth_date": "1968-01-30", "phone": "+1 512 555 0102"}
        person["related"] = [{**named, "role": "family", "relation_text": text}]
    check = keyed(world, "k1", "ben", "nora") | {"client": {"person": person}}
    (line,) = ehr.post(BATCH, json={"checks": [check]}).json["answers"]
    assert (Outcome(line["answer"]["outcome"]) >= Outcome.DELIBERATE) is held


def changed(caller: Caller, **query: Any) -> dict[str, Any]:
    response = caller.get(CHANGES, query_string={"acting_role": "system", **query})
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json
    return page


def new_tie(world: World) -> None:
    """Ben discloses that Nora is his sister, and the worker asks again."""
    with world.writing(world.account(Role.COMPLIANCE)) as context:
        disclose(context, DisclosureForm(world.ids["ben"], "SIS", NORA))
    world.clock.advance(hours=1)
    assert rescreen_pair(world.desk, world.practice_id, world.ids["ben"], world.ids["nora"])


def test_a_pair_that_changed_standing_is_listed_once_told(world: World) -> None:
    caller = desk_key(world)
    caller.post(BATCH, json={"checks": [keyed(world, "k1", "ben", "nora")]})
    start = changed(caller)
    assert start["changes"] == []
    new_tie(world)
    page = changed(caller, cursor=start["cursor"])
    (change,) = page["changes"]
    assert change["clinician_id"] == world.ids["ben"]
    assert change["client_id"] == world.ids["nora"]
    assert change["standing"] == Advice.CHOOSE_ANOTHER_CLINICIAN.value
    assert changed(caller, cursor=page["cursor"])["changes"] == []
    # The answer was lost: the same cursor gives the same changes again.
    assert changed(caller, cursor=start["cursor"])["changes"] == page["changes"]


def test_a_new_tie_behind_the_same_advice_is_not_told(world: World) -> None:
    """Alma's pair is refused already; more behind it must not show."""
    caller = desk_key(world)
    caller.post(BATCH, json={"checks": [keyed(world, "k1", "alma", "tomas")]})
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["alma"], "FRND", NORA))
    world.clock.advance(hours=1)
    rescreen_pair(world.desk, world.practice_id, world.ids["alma"], world.ids["tomas"])
    assert changed(caller)["changes"] == []


def test_an_ehr_polls_its_own_pairs_only(world: World) -> None:
    asking, other = desk_key(world), desk_key(world)
    asking.post(BATCH, json={"checks": [keyed(world, "k1", "ben", "nora")]})
    new_tie(world)
    assert changed(other)["changes"] == []
    assert len(changed(asking)["changes"]) == 1


def test_a_page_ends_where_it_was_told_to(world: World) -> None:
    caller = desk_key(world)
    body = [keyed(world, "k1", "ben", "nora"), keyed(world, "k2", "alma", "nora")]
    caller.post(BATCH, json={"checks": body})
    new_tie(world)
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["alma"], "SIS", NORA))
    world.clock.advance(hours=1)
    rescreen_pair(world.desk, world.practice_id, world.ids["alma"], world.ids["nora"])
    first = changed(caller, limit=1)
    assert (len(first["changes"]), first["more"]) == (1, True)
    second = changed(caller, limit=1, cursor=first["cursor"])
    assert (len(second["changes"]), second["more"]) == (1, False)
    both = {change["clinician_id"] for page in (first, second) for change in page["changes"]}
    assert both == {world.ids["ben"], world.ids["alma"]}


def test_nobody_in_particular_learns_of_no_pair(world: World) -> None:
    caller = desk_key(world)
    caller.post(BATCH, json={"checks": [keyed(world, "k1", "ben", "nora")]})
    new_tie(world)
    for role in ("patient", "relative", "unknown", "clinician"):
        page = caller.get(CHANGES, query_string={"acting_role": role})
        assert page.json == {"status": "recorded"}


def test_a_made_up_cursor_is_refused(world: World) -> None:
    response = desk_key(world).get(CHANGES, query_string={"cursor": "yesterday"})
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == "/query/cursor"
