"""Screenings and flags: who can take a client, told to whom, in an order that tells nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from policy_service.domain.principals import Scope
from policy_service.services.clinicians import ClinicianForm, register_clinician
from tests.api.conftest import EVERY_SCOPE, asked
from tests.api.rows import new_rows, row_counts
from tests.cast import Caller, World, person

SCREENINGS = "/v1/screenings"


def _body(world: World, client: str, **more: Any) -> dict[str, Any]:
    return {
        "client": {"id": world.ids[client]},
        "purpose": "intake",
        "acting_user": {"role": "system"},
        **more,
    }


def _available(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["clinician_id"], line["availability"]) for line in answer["clinicians"]]


def test_each_clinician_is_answered_in_the_order_of_registration(world: World, ehr: Caller) -> None:
    world.clock.advance(minutes=1)
    with world.writing() as context:
        newest = register_clinician(context, ClinicianForm(person("Ida", "Moss", "1980-01-01")))
    by_client = {}
    for client in ("tomas", "nora"):
        response = ehr.post(SCREENINGS, json=_body(world, client))
        assert response.status_code == 201, response.json
        by_client[client] = dict(_available(response.json))
        order = [key for key, _ in _available(response.json)]
        assert set(order[:2]) == {world.ids["alma"], world.ids["ben"]}
        assert order == [*sorted(order[:2]), newest]
    assert by_client["tomas"][world.ids["alma"]] == "not available"
    assert by_client["tomas"][world.ids["ben"]] == "available"
    assert by_client["nora"][world.ids["alma"]] == "available"


def test_a_screening_is_one_record_one_entry_and_no_case(world: World, ehr: Caller) -> None:
    before = row_counts(world)
    ehr.post(SCREENINGS, json=_body(world, "tomas"))
    grown = new_rows(before, row_counts(world))
    assert [grown.pop(name) for name in ("screening", "audit_entry", "ehr_answer")] == [1, 1, 1]
    assert all(name.startswith("audit_") for name in grown)


def test_a_screening_agrees_with_the_check_that_follows(world: World, ehr: Caller) -> None:
    lines = ehr.post(SCREENINGS, json=_body(world, "tomas")).json["clinicians"]
    for line in lines:
        name = next(who for who in ("alma", "ben") if world.ids[who] == line["clinician_id"])
        decision = ehr.post("/v1/checks", json=asked(world, name, "tomas")).json
        for part in ("outcome", "could_become", "complete"):
            assert line[part] == decision[part]


def test_a_list_keeps_to_the_order_of_the_practice(world: World, ehr: Caller) -> None:
    whole = [key for key, _ in _available(ehr.post(SCREENINGS, json=_body(world, "nora")).json)]
    backwards = _body(world, "nora", clinicians=[*reversed(whole)])
    assert [key for key, _ in _available(ehr.post(SCREENINGS, json=backwards).json)] == whole
    one = _body(world, "nora", clinicians=[whole[1]])
    assert [key for key, _ in _available(ehr.post(SCREENINGS, json=one).json)] == [whole[1]]


def test_unknown_clinicians_of_a_list_are_each_named(world: World, ehr: Caller) -> None:
    before = row_counts(world)
    body = _body(world, "nora", clinicians=[str(uuid4()), world.ids["ben"], str(uuid4())])
    response = ehr.post(SCREENINGS, json=body)
    assert response.status_code == 422
    pointers = [error["pointer"] for error in response.json["errors"]]
    assert pointers == ["/clinicians/0", "/clinicians/2"]
    assert new_rows(before, row_counts(world)) == {}


def test_a_screening_is_read_back_as_it_was(world: World, ehr: Caller) -> None:
    given = ehr.post(SCREENINGS, json=_body(world, "tomas"))
    read = ehr.get(given.headers["Location"], query_string={"acting_role": "system"})
    assert read.json == given.json
    assert ehr.get(f"{SCREENINGS}/{uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("role", "status", "keys"),
    [
        ("intake", 201, {"clinician_id", "availability"}),
        ("system", 201, {"clinician_id", "availability", "outcome", "could_become", "complete"}),
        ("clinician", 202, None),
        ("patient", 202, None),
        ("relative", 202, None),
        ("unknown", 202, None),
        (None, 202, None),
    ],
)
def test_the_list_is_for_intake_and_above(
    world: World, ehr: Caller, role: str | None, status: int, keys: set[str] | None
) -> None:
    body = _body(world, "tomas")
    body["acting_user"] = {"role": role}
    if role is None:
        del body["acting_user"]
    response = ehr.post(SCREENINGS, json=body)
    assert response.status_code == status
    if keys is None:
        assert response.json.keys() == {"id", "at", "status"}
    else:
        assert {frozenset(line) for line in response.json["clinicians"]} == {frozenset(keys)}


def test_a_retried_screening_is_the_same_screening(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "s-1"}
    first, again = (ehr.post(SCREENINGS, json=_body(world, "tomas"), headers=key) for _ in range(2))
    assert first.data == again.data


def test_a_screened_stranger_is_known_to_the_check_that_follows(world: World, ehr: Caller) -> None:
    client = {
        "person": {
            "names": [{"given": "Ida", "family": "Moss"}],
            "birth_date": "1984-04-04",
            "phones": ["+1 512 555 0161"],
        }
    }
    screened = ehr.post(SCREENINGS, json=_body(world, "nora") | {"client": client}).json
    checked = ehr.post("/v1/checks", json=asked(world, "ben", "nora") | {"client": client}).json
    assert checked["client_id"] == screened["client_id"]


@pytest.mark.parametrize("purpose", ["event", "session", "emergency", "lunch"])
def test_one_screens_only_for_what_begins_a_service(sqlite_world: World, purpose: str) -> None:
    ehr = sqlite_world.http(*EVERY_SCOPE)
    response = ehr.post(SCREENINGS, json=_body(sqlite_world, "nora", purpose=purpose))
    assert response.status_code == 422
    [error] = response.json["errors"]
    assert error["pointer"] == "/purpose"
    assert "intake" in error["allowed"]


# --- Flags -----------------------------------------------------------------------------------


def _flags(world: World, ehr: Caller, client: str, role: str | None) -> Any:
    query = {} if role is None else {"acting_role": role}
    return ehr.get(f"/v1/clients/{world.ids[client]}/flags", query_string=query).json


def test_flags_say_kind_standing_and_since(world: World, ehr: Caller) -> None:
    assert _flags(world, ehr, "tomas", "system")["flags"] == []
    ehr.post("/v1/checks", json=asked(world, "alma", "tomas"))
    assert _flags(world, ehr, "tomas", "system")["flags"] == [
        {
            "clinician_id": world.ids["alma"],
            "kind": "relative",
            "standing": "in_review",
            "since": "2026-03-02",
        }
    ]
    assert _flags(world, ehr, "nora", "system")["flags"] == []


def test_intake_learns_a_standing_and_no_kind(world: World, ehr: Caller) -> None:
    ehr.post("/v1/checks", json=asked(world, "alma", "tomas"))
    assert _flags(world, ehr, "tomas", "intake") == {
        "status": "recorded",
        "standings": [{"clinician_id": world.ids["alma"], "standing": "choose another clinician"}],
    }


def test_a_brief_key_learns_no_kind_whoever_acts(world: World) -> None:
    brief = world.http(Scope.DECISION_BRIEF)
    brief.post("/v1/checks", json=asked(world, "alma", "tomas"))
    assert "flags" not in _flags(world, brief, "tomas", "system")


@pytest.mark.parametrize("role", ["clinician", "patient", "relative", "unknown", None])
def test_flags_are_a_constant_for_anyone_else(world: World, ehr: Caller, role: str | None) -> None:
    ehr.post("/v1/checks", json=asked(world, "alma", "tomas"))
    assert _flags(world, ehr, "tomas", role) == {"status": "recorded"}
    assert _flags(world, ehr, "nora", role) == {"status": "recorded"}


def test_flags_of_another_practices_client_are_as_of_none(postgresql_world: World) -> None:
    theirs = postgresql_world.http(*EVERY_SCOPE, dana=True)
    one, none = (
        theirs.get(f"/v1/clients/{client}/flags", query_string={"acting_role": "system"})
        for client in (postgresql_world.ids["tomas"], str(uuid4()))
    )
    assert one.status_code == none.status_code == 404
    assert (one.data, one.headers) == (none.data, none.headers)
