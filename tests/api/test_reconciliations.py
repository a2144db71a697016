"""POST /v1/reconciliations: nothing that was asked or answered is lost between two systems."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.domain.principals import Scope
from policy_service.services import ehr_answers, reconciliations
from policy_service.services.ehr_clients import SILENT, ehr_clients, set_mode
from tests.api.conftest import asked
from tests.cast import Caller, World

SYSTEM = {"role": "system"}
INTAKE = {"role": "intake"}
NOW = "2026-03-02T09:00:00Z"


def check(world: World, ehr: Caller, key: str | None, client: str = "nora") -> dict[str, Any]:
    headers = {"Idempotency-Key": key} if key else {}
    answer = ehr.post("/v1/checks", json=asked(world, "alma", client), headers=headers)
    assert answer.status_code == 201
    return dict(answer.json)


def lines(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "at": NOW} for key in keys]


def reconcile(ehr: Caller, listed: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    body = {"listed": listed, "acting_user": SYSTEM, **more}
    answer = ehr.post("/v1/reconciliations", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def later(world: World) -> None:
    """Past the time in which the checks were made: the window ends before now."""
    world.clock.advance(minutes=10)


def test_each_line_is_known_or_never_reached_us(world: World, ehr: Caller) -> None:
    known = check(world, ehr, "k-1", "tomas")
    later(world)
    made = reconcile(ehr, lines("k-1", "k-2"))
    assert made["counts"] == {"listed": 2, "known": 1, "never_reached": 1, "not_received": 0}
    first, second = made["listed"]
    assert first["found"] == "known"
    [answer] = first["answers"]
    assert (answer["kind"], answer["id"], answer["receipt"]) == (
        "check",
        known["id"],
        known["receipt"],
    )
    assert answer["outcome"] == known["outcome"]
    assert answer["standing"] == known["standing"]
    assert (second["found"], second["answers"]) == ("unknown", [])
    assert "Ask now" in second["message"]


def test_answers_that_were_not_listed_never_arrived(world: World, ehr: Caller) -> None:
    lost = check(world, ehr, "k-1")
    held = check(world, ehr, None)
    later(world)
    made = reconcile(ehr, [{"id": held["id"], "at": NOW}])
    assert [one["id"] for one in made["not_received"]] == [lost["id"]]
    assert made["next_cursor"] is None


def test_a_screening_is_an_answer_too(world: World, ehr: Caller) -> None:
    body = {"client": {"id": world.ids["nora"]}, "purpose": "assignment", "acting_user": SYSTEM}
    made = ehr.post("/v1/screenings", json=body, headers={"Idempotency-Key": "s-1"}).json
    later(world)
    [line] = reconcile(ehr, lines("s-1"))["listed"]
    assert [(one["kind"], one["id"]) for one in line["answers"]] == [("screening", made["id"])]


def test_a_client_of_the_ehr_finds_what_was_asked_about_them_in_that_time(
    world: World, ehr: Caller
) -> None:
    check(world, ehr, None, "tomas")
    nora = check(world, ehr, None, "nora")
    world.clock.advance(days=2)
    later_on = check(world, ehr, None, "nora")
    later(world)
    line = {"external_id": "ehr-nora", "at": NOW}
    [found] = reconcile(ehr, [line])["listed"]
    assert [one["id"] for one in found["answers"]] == [nora["id"]]
    until = (world.clock()).isoformat().replace("+00:00", "Z")
    [found] = reconcile(ehr, [line], until=until)["listed"]
    assert [one["id"] for one in found["answers"]] == [later_on["id"], nora["id"]]


def test_a_key_is_found_long_after_its_stored_response_has_gone(world: World, ehr: Caller) -> None:
    known = check(world, ehr, "k-1")
    world.clock.advance(days=20)
    again = check(world, ehr, "k-1")
    assert again["id"] != known["id"], "the key was free again"
    later(world)
    [line] = reconcile(ehr, lines("k-1"))["listed"]
    assert [one["id"] for one in line["answers"]] == [again["id"], known["id"]]


def test_the_key_itself_is_nowhere_once_its_response_is_gone(world: World, ehr: Caller) -> None:
    check(world, ehr, "reyes-tomas-1983")
    with world.reading() as context:
        rows = context.session.scalars(select(ehr_answers.EhrAnswerRow)).all()
    assert [len(row.key_digest or b"") for row in rows] == [32]
    assert all(b"reyes" not in (row.key_digest or b"") for row in rows)


def test_a_system_whose_key_was_renewed_finds_what_it_asked_with_the_old_one(
    world: World, ehr: Caller
) -> None:
    known = check(world, ehr, "k-1")
    later(world)
    renewed = world.http(*Scope)
    [line] = reconcile(renewed, lines("k-1"))["listed"]
    assert [one["id"] for one in line["answers"]] == [known["id"]]


def test_another_system_finds_nothing_of_it(world: World, ehr: Caller) -> None:
    known = check(world, ehr, "k-1")
    later(world)
    made = reconcile(ehr, lines("k-1"))
    new = NewEhrClient(world.practice_id, "another EHR", frozenset(Scope))
    other = Caller(
        world.app.test_client(), {"Authorization": f"Bearer {issue_key(world.desk, new)}"}
    )
    listed = [*lines("k-1"), {"id": known["id"], "at": NOW}]
    found = reconcile(other, [*listed, {"external_id": "ehr-nora", "at": NOW}])
    assert found["counts"] == {"listed": 3, "known": 0, "never_reached": 3, "not_received": 0}
    assert other.get(f"/v1/reconciliations/{made['id']}").status_code == 404


def test_another_practice_finds_nothing_of_it(postgresql_world: World) -> None:
    world = postgresql_world
    check(world, world.http(*Scope), "k-1")
    later(world)
    found = reconcile(world.http(*Scope, dana=True), lines("k-1"))
    assert found["counts"]["known"] == found["counts"]["not_received"] == 0


def test_what_did_not_arrive_comes_page_by_page(world: World, ehr: Caller) -> None:
    made = []
    for number in range(5):
        world.clock.advance(seconds=number % 2)
        made.append(check(world, ehr, f"k-{number}")["id"])
    later(world)
    first = reconcile(ehr, lines("k-2"))
    assert first["counts"]["not_received"] == 4
    check(world, ehr, "k-late")
    pages: list[str] = []
    address, cursor = f"/v1/reconciliations/{first['id']}", ""
    while True:
        page = ehr.get(f"{address}?limit=1&acting_role=system{cursor}").json
        pages += [one["id"] for one in page["not_received"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(pages) == sorted({*made} - {made[2]})
    assert len(pages) == 4
    refused = ehr.get(f"{address}?cursor={first['id']}")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/query/cursor")


def test_it_is_one_record_with_one_entry_that_names_what_was_lost(
    world: World, ehr: Caller
) -> None:
    lost = check(world, ehr, "k-1")
    later(world)
    made = reconcile(ehr, lines("k-2"))
    assert world.actions()[-1] == "reconciliation.made"
    with world.reading() as context:
        entry = context.session.get_one(EntryRow, (world.practice_id, made["id"]))
        assert entry.actor_ref.startswith("ehr:")
        opened = context.session.scalars(select(ehr_answers.EhrAnswerRow.record_id)).all()
    assert opened == [lost["id"]]
    posted = ehr.client.post(
        "/v1/audit/receipts",
        data=f'{{"receipt": {made["receipt"]!r}}}'.replace("'", '"'),
        headers=ehr.headers | {"Content-Type": "application/x-ndjson"},
    )
    assert posted.status_code == 200


def test_a_repeated_request_is_one_reconciliation(world: World, ehr: Caller) -> None:
    later(world)
    body = {"listed": lines("k-1"), "acting_user": SYSTEM}
    one, other = (
        ehr.post("/v1/reconciliations", json=body, headers={"Idempotency-Key": "r-1"})
        for _ in range(2)
    )
    assert one.data == other.data
    assert world.actions().count("reconciliation.made") == 1


def test_a_front_desk_learns_the_standing_and_nothing_else(world: World, ehr: Caller) -> None:
    check(world, ehr, "k-1", "tomas")
    later(world)
    made = reconcile(ehr, lines("k-1"), acting_user=INTAKE)
    [answer] = made["listed"][0]["answers"]
    assert answer.keys() == {"kind", "id", "at", "status", "receipt", "standing", "message"}
    assert answer["standing"] == "choose another clinician"
    brief = reconcile(world.http(Scope.DECISION_BRIEF), lines("k-1"))
    assert brief["listed"][0]["answers"] == [answer]


@pytest.mark.parametrize("acting", [None, {"role": "patient"}, {"role": "clinician"}], ids=str)
def test_anyone_else_learns_a_constant(
    world: World, ehr: Caller, acting: dict[str, str] | None
) -> None:
    check(world, ehr, "k-1", "tomas")
    later(world)
    body = {"listed": lines("k-1", "k-9")} | ({"acting_user": acting} if acting else {})
    made = ehr.post("/v1/reconciliations", json=body).json
    [answer] = made["listed"][0]["answers"]
    assert answer.keys() == {"kind", "id", "at", "status"}


def test_the_treating_clinician_of_another_pair_learns_a_constant(
    world: World, ehr: Caller
) -> None:
    check(world, ehr, "k-1", "tomas")
    later(world)
    for name, told in (("alma", True), ("ben", False)):
        acting = {"role": "clinician", "clinician_id": world.ids[name]}
        [line] = reconcile(ehr, lines("k-1"), acting_user=acting)["listed"]
        assert ("standing" in line["answers"][0]) is told


def test_a_client_on_trial_learns_that_it_is(world: World, ehr: Caller) -> None:
    check(world, ehr, "k-1", "tomas")
    later(world)
    with world.writing() as context:
        for row in ehr_clients(context):
            set_mode(context, row.id, SILENT)
    [line] = reconcile(ehr, lines("k-1"))["listed"]
    [answer] = line["answers"]
    assert answer.keys() == {"kind", "id", "at", "status", "mode"}


def test_the_standing_is_that_of_a_single_check(world: World, ehr: Caller) -> None:
    """The bulk reading says what reading each by its id says, whatever came of its cases."""
    ids = [check(world, ehr, f"k-{name}", name)["id"] for name in ("tomas", "nora")]
    later(world)
    made = reconcile(ehr, lines("k-tomas", "k-nora"))
    shown = [line["answers"][0] for line in made["listed"]]
    for check_id, answer in zip(ids, shown, strict=True):
        whole = ehr.get(f"/v1/checks/{check_id}?acting_role=system").json
        assert {name: whole[name] for name in answer if name != "kind"} == {
            name: value for name, value in answer.items() if name != "kind"
        }


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/listed"),
        ({"listed": []}, "/since"),
        ({"listed": [{"at": NOW}]}, "/listed/0"),
        ({"listed": [{"at": NOW, "key": "a", "external_id": "b"}]}, "/listed/0"),
        ({"listed": [{"key": "a"}]}, "/listed/0/at"),
        ({"listed": [{"key": "a", "at": "yesterday"}]}, "/listed/0/at"),
        ({"listed": lines("a", "b", "a")}, "/listed/2"),
        ({"listed": lines("a"), "since": "2026-01-01T00:00:00Z"}, "/since"),
        ({"listed": lines("a"), "since": "2026-03-02T11:00:00Z"}, "/since"),
        ({"listed": lines("a"), "until": "2026-03-01T11:00:00Z"}, "/since"),
        ({"listed": [{"key": "a", "at": "2026-03-03T09:00:00Z"}]}, "/since"),
        ({"listed": [{"key": "a\u202e", "at": NOW}]}, "/listed/0/key"),
    ],
    ids=str,
)
def test_an_unclear_list_is_refused_by_field(
    sqlite_world: World, body: dict[str, Any], pointer: str
) -> None:
    refused = sqlite_world.http(*Scope).post("/v1/reconciliations", json=body)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]
    assert "reconciliation.made" not in sqlite_world.actions()


def test_a_list_that_is_too_long_is_refused(sqlite_world: World) -> None:
    listed = lines(*(f"k-{number}" for number in range(reconciliations.MOST_LISTED + 1)))
    refused = sqlite_world.http(*Scope).post("/v1/reconciliations", json={"listed": listed})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/listed")


def test_a_missing_row_would_be_noticed(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: an answer that is not put on the list is told to be unknown, and the test sees."""
    world, ehr = sqlite_world, sqlite_world.http(*Scope)
    monkeypatch.setattr("policy_service.services.checks.remember_answer", lambda *_: None)
    check(world, ehr, "k-1")
    later(world)
    assert reconcile(ehr, lines("k-1"))["counts"]["known"] == 0
    with world.reading() as context:
        assert len(context.session.scalars(select(DecisionRow)).all()) == 1
