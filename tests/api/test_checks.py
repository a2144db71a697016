"""POST and GET /v1/checks on both databases: decisions, records, retries and faults."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Scope
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.note import Verifier
from policy_service.ledger.proof_file import verify_proof
from policy_service.ledger.receipt import open_receipt
from policy_service.services import checks
from policy_service.services.context import Context
from policy_service.services.stored_responses import KEPT
from tests.api.conftest import EVERY_SCOPE, asked
from tests.api.rows import new_rows, row_counts
from tests.cast import Caller, World

CHECKS = "/v1/checks"


def test_a_brother_as_client_is_cited_with_its_tie(world: World, ehr: Caller) -> None:
    response = ehr.post(CHECKS, json=asked(world, "alma", "tomas"))
    assert response.status_code == 201
    decision = response.json
    assert decision["outcome"] in ("deliberate", "prohibit")
    relative = [finding for finding in decision["findings"] if finding["kind"] == "relative"]
    assert relative
    for finding in relative:
        assert finding["citations"]
        assert finding["because"]
        assert finding["pack_digest"]
        assert finding["facts"]
    assert decision["standing"] == "in_review"


def test_an_attested_clinician_and_a_stranger_have_no_finding_and_no_case(
    world: World, ehr: Caller
) -> None:
    before = row_counts(world)
    decision = ehr.post(CHECKS, json=asked(world, "ben", "nora")).json
    grown = new_rows(before, row_counts(world))
    assert (decision["outcome"], decision["findings"]) == ("no_finding", [])
    assert grown["decision"] == 1
    assert "review_case" not in grown
    assert "duty" not in grown


def test_a_check_is_read_back_as_it_was_given(world: World, ehr: Caller) -> None:
    given = ehr.post(CHECKS, json=asked(world, "alma", "tomas"))
    read = ehr.get(given.headers["Location"], query_string={"acting_role": "system"})
    assert read.status_code == 200
    assert read.json == given.json


def test_a_client_may_be_described_and_is_then_known(world: World, ehr: Caller) -> None:
    body = asked(world, "ben", "nora")
    body["client"] = {
        "external_id": "ehr-77",
        "person": {
            "names": [{"given": "Ida", "family": "Moss"}],
            "birth_date": "1984-04-04",
            "phones": ["+1 512 555 0161"],
            "emails": ["ida.moss@example.org"],
        },
    }
    first, second = (ehr.post(CHECKS, json=body).json for _ in range(2))
    assert first["client_id"] == second["client_id"]


def test_the_receipt_verifies_offline_and_names_the_entry(world: World, ehr: Caller) -> None:
    decision = ehr.post(CHECKS, json=asked(world, "alma", "tomas")).json
    receipt = open_receipt(decision["receipt"].encode(), Verifier.of(world.desk.receipt_key))
    entry = ehr.get(f"/v1/audit/entries/{receipt.id}").json["entry"]
    assert receipt.matches(Leaf.from_bytes(canonical_bytes(entry)))
    assert entry["action"] == "check.decided"
    assert entry["outcome"] == decision["outcome"]


def test_every_decision_has_an_inclusion_proof(world: World, ehr: Caller) -> None:
    for clinician, client in (("alma", "tomas"), ("alma", "nora"), ("ben", "tomas")):
        assert ehr.post(CHECKS, json=asked(world, clinician, client)).status_code == 201
    origin = world.desk.practice(world.practice_id).log_origin
    key = Verifier.of(world.desk.log_key(origin))
    page = ehr.get("/v1/audit/entries", query_string={"action": "check.decided"}).json
    assert len(page["entries"]) == 3
    for entry in page["entries"]:
        proof = ehr.get(f"/v1/audit/entries/{entry['entry']['id']}/proof").text
        verify_proof(proof, canonical_bytes(entry["entry"]), key)


# --- Idempotency -----------------------------------------------------------------------------


def test_a_retry_gives_the_same_bytes_and_no_second_decision(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "booking-1"}
    first = ehr.post(CHECKS, json=asked(world, "alma", "tomas"), headers=key)
    before = row_counts(world)
    again = ehr.post(CHECKS, json=asked(world, "alma", "tomas"), headers=key)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Location"] == first.headers["Location"]
    assert new_rows(before, row_counts(world)) == {}


def test_without_a_key_the_same_request_decides_again(world: World, ehr: Caller) -> None:
    """The control of the test above: it is the key that makes the difference."""
    first, second = (ehr.post(CHECKS, json=asked(world, "alma", "tomas")) for _ in range(2))
    assert first.json["id"] != second.json["id"]


def test_the_same_key_with_another_body_is_refused(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "booking-1"}
    ehr.post(CHECKS, json=asked(world, "alma", "tomas"), headers=key)
    before = row_counts(world)
    other = ehr.post(CHECKS, json=asked(world, "alma", "nora"), headers=key)
    assert other.status_code == 422
    assert other.json["type"].endswith("/idempotency-mismatch")
    assert new_rows(before, row_counts(world)) == {}


def test_a_key_is_its_callers_own(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "booking-1"}
    first = ehr.post(CHECKS, json=asked(world, "alma", "tomas"), headers=key)
    another_ehr = world.http(*EVERY_SCOPE)
    other = another_ehr.post(CHECKS, json=asked(world, "alma", "nora"), headers=key)
    assert (first.status_code, other.status_code) == (201, 201)


def test_a_key_is_forgotten_after_its_time(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "booking-1"}
    first = ehr.post(CHECKS, json=asked(world, "alma", "tomas"), headers=key)
    world.clock.now += KEPT
    later = ehr.post(CHECKS, json=asked(world, "alma", "nora"), headers=key)
    assert later.status_code == 201
    assert later.json["id"] != first.json["id"]


def test_twins_at_the_same_moment_make_one_decision(world: World, ehr: Caller) -> None:
    key = {"Idempotency-Key": "twins"}
    body = asked(world, "alma", "tomas")
    callers = [Caller(world.app.test_client(), ehr.headers) for _ in range(4)]
    before = row_counts(world)
    with ThreadPoolExecutor(len(callers)) as pool:
        answers = list(pool.map(lambda one: one.post(CHECKS, json=body, headers=key), callers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert new_rows(before, row_counts(world))["decision"] == 1


@pytest.mark.parametrize("key", ["", "k" * 201, "tab\there", "ümlaut"])
def test_a_key_that_cannot_be_kept_is_refused_by_name(sqlite_world: World, key: str) -> None:
    ehr = sqlite_world.http(*EVERY_SCOPE)
    body = asked(sqlite_world, "alma", "tomas")
    response = ehr.post(CHECKS, json=body, headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == "/header/Idempotency-Key"


# --- What was read has moved -----------------------------------------------------------------


def _bump(context: Context, clinician_id: str) -> None:
    context.session.execute(
        update(ClinicianRow)
        .where(ClinicianRow.practice_id == context.practice_id, ClinicianRow.id == clinician_id)
        .values(version=ClinicianRow.version + 1)
        .execution_options(synchronize_session=False)
    )


@pytest.mark.parametrize(("moves", "status"), [(0, 201), (1, 201), (2, 201), (3, 503)])
def test_a_check_is_prepared_again_when_its_facts_move(
    world: World, ehr: Caller, monkeypatch: pytest.MonkeyPatch, moves: int, status: int
) -> None:
    """Between reading and recording another writer commits; the real `prepare` still runs."""
    prepare, left = checks.prepare, [moves]

    def prepare_and_be_overtaken(*arguments: Any) -> Any:
        prepared = prepare(*arguments)
        if left[0]:
            left[0] -= 1
            with world.writing() as context:
                _bump(context, world.ids["alma"])
        return prepared

    monkeypatch.setattr(checks, "prepare", prepare_and_be_overtaken)
    before = row_counts(world)
    response = ehr.post(CHECKS, json=asked(world, "alma", "tomas"))
    assert response.status_code == status
    grown = new_rows(before, row_counts(world))
    assert grown.get("decision", 0) == (1 if status == 201 else 0)
    if status == 503:
        assert response.mimetype == "application/problem+json"
        assert int(response.headers["Retry-After"]) >= 1
        assert grown == {}


# --- No record, no answer --------------------------------------------------------------------


@contextmanager
def refused_inserts(world: World, table: str) -> Iterator[None]:
    """Every insert into the table fails inside the database, as on a broken disk or grant."""
    sqlite = world.desk.database.dialect == "sqlite"
    made = _SQLITE_TRIGGER if sqlite else _POSTGRESQL_TRIGGER
    dropped = "DROP TRIGGER broken" if sqlite else f"DROP TRIGGER broken ON {table}"
    with world.desk.database.engine.begin() as connection:
        for statement in made:
            connection.execute(text(statement.format(table=table)))
    yield
    with world.desk.database.engine.begin() as connection:
        connection.execute(text(dropped))


_SQLITE_TRIGGER = [
    "CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"
]
_POSTGRESQL_TRIGGER = [
    "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'broken'; END $$",
    "CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()",
]


@pytest.mark.parametrize("table", ["audit_entry", "audit_opening", "decision", "case_move"])
def test_an_answer_that_cannot_be_recorded_is_not_given(
    world: World, ehr: Caller, table: str
) -> None:
    earlier = ehr.post(CHECKS, json=asked(world, "ben", "nora"))
    before = row_counts(world)
    with refused_inserts(world, table):
        response = ehr.post(CHECKS, json=asked(world, "alma", "tomas"))
        assert response.status_code == 503
        assert response.mimetype == "application/problem+json"
        assert response.json["type"].endswith("/not-ready")
        assert "Retry-After" in response.headers
        assert "broken" not in response.text
        assert row_counts(world) == before
        still = ehr.get(earlier.headers["Location"], query_string={"acting_role": "system"})
        assert (still.status_code, still.json) == (200, earlier.json)
    assert ehr.post(CHECKS, json=asked(world, "alma", "tomas")).status_code == 201


# --- Whose it is -----------------------------------------------------------------------------


def test_a_check_of_another_practice_is_as_one_that_never_was(postgresql_world: World) -> None:
    ours = postgresql_world.http(*EVERY_SCOPE)
    theirs = postgresql_world.http(*EVERY_SCOPE, dana=True)
    location = ours.post(CHECKS, json=asked(postgresql_world, "alma", "tomas")).headers["Location"]
    for path in ("", "/replay"):
        foreign = theirs.get(f"{location}{path}")
        nowhere = theirs.get(f"{CHECKS}/{uuid4()}{path}")
        assert foreign.status_code == nowhere.status_code == 404
        assert foreign.data == nowhere.data
        assert foreign.headers == nowhere.headers


def test_people_of_another_practice_are_unknown_in_a_check(postgresql_world: World) -> None:
    theirs = postgresql_world.http(*EVERY_SCOPE, dana=True)
    foreign = asked(postgresql_world, "alma", "tomas")
    invented = {**foreign, "clinician": {"id": str(uuid4())}, "client": {"id": str(uuid4())}}
    one, none = (theirs.post(CHECKS, json=body) for body in (foreign, invented))
    assert one.status_code == none.status_code == 422
    assert one.data == none.data


def test_only_the_scopes_named_may_check(world: World) -> None:
    for scope in Scope:
        response = world.http(scope).post(CHECKS, json=asked(world, "alma", "tomas"))
        may = scope in (Scope.DECISION_BRIEF, Scope.DECISION_FULL)
        assert response.status_code == (201 if may else 403)


def test_decisions_in_the_table_are_sealed(world: World, ehr: Caller) -> None:
    ehr.post(CHECKS, json=asked(world, "alma", "tomas"))
    with world.reading() as context:
        [row] = context.session.query(DecisionRow).all()
    for sealed in (row.sealed_body, row.sealed_facts, row.sealed_context):
        assert b"relative" not in sealed
        assert b"outcome" not in sealed
