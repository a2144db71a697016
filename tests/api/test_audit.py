"""Reading the log: pages, filters, proofs and exports, each an entry where it tells of somebody."""

from __future__ import annotations

import csv
import io
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest

from policy_service.domain.principals import Scope
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import open_checkpoint
from policy_service.ledger.encoding import from_base64std
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import leaf_hash, verify_consistency
from policy_service.ledger.note import Verifier
from policy_service.ledger.proof_file import verify_proof
from policy_service.services.csv_lines import csv_lines, safe_cell
from tests.cast import Caller, World

ENTRIES = "/v1/audit/entries"


def _log_key(world: World) -> Verifier:
    desk = world.desk
    return Verifier.of(desk.log_key(desk.practice(world.practice_id).log_origin))


def _pages(ehr: Caller, **query: Any) -> list[dict[str, Any]]:
    pages = [_page(ehr, **query)]
    while pages[-1]["next"]:
        pages.append(_page(ehr, **query, cursor=pages[-1]["next"]))
    return pages


def _page(ehr: Caller, **query: Any) -> dict[str, Any]:
    response = ehr.get(ENTRIES, query_string=query)
    assert response.status_code == 200, response.json
    return dict(response.json)


def test_pages_hold_every_entry_once_in_tree_order(ehr: Caller) -> None:
    pages = _pages(ehr, limit=3)
    indexes = [entry["index"] for page in pages for entry in page["entries"]]
    assert indexes == list(range(pages[0]["size"]))
    assert len(pages) > 1
    assert {page["size"] for page in pages} == {pages[0]["size"]}


def test_a_listing_does_not_chase_the_entries_about_itself(ehr: Caller) -> None:
    first = _pages(ehr, limit=2)
    assert "audit.read" not in {e["entry"]["action"] for p in first for e in p["entries"]}
    again = _page(ehr, action="audit.read")
    assert len(again["entries"]) == len(first)


def test_the_leaf_given_is_what_the_tree_commits_to(ehr: Caller) -> None:
    for entry in _page(ehr)["entries"]:
        raw = canonical_bytes(entry["entry"])
        assert leaf_hash(raw).hex() == entry["leaf_hash"]
        assert Leaf.from_bytes(raw).id == entry["entry"]["id"]


def test_reading_is_an_entry_that_commits_to_its_filters(world: World, ehr: Caller) -> None:
    _page(ehr, action="client.registered", subject=world.ids["tomas"])
    [read] = _page(ehr, action="audit.read")["entries"]
    assert read["entry"]["actor_ref"].startswith("ehr:")
    assert len(read["entry"]["subject_refs"]) == 1
    assert len(read["entry"]["_sd"]) == 1


@pytest.mark.parametrize("name", ["action", "actor", "outcome"])
def test_a_filter_keeps_exactly_what_matches(ehr: Caller, name: str) -> None:
    column = {"action": "action", "actor": "actor_ref", "outcome": "outcome"}[name]
    everything = [entry["entry"] for entry in _page(ehr)["entries"]]
    value = next((leaf[column] for leaf in everything if leaf[column]), "prohibit")
    kept = [entry["entry"] for entry in _page(ehr, **{name: value})["entries"]]
    assert kept == [leaf for leaf in everything if leaf[column] == value]


def test_times_filter_from_included_to_not_included(world: World, ehr: Caller) -> None:
    world.clock.advance(hours=1)
    _page(ehr)
    world.clock.advance(hours=1)
    early, late = "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z"
    assert [e["entry"]["action"] for e in _page(ehr, since=early, until=late)["entries"]] == [
        "audit.read"
    ]
    assert not _page(ehr, since="2026-03-02T13:00:00+01:00")["entries"]


def test_a_subject_may_be_named_by_client_id_or_pseudonym(world: World, ehr: Caller) -> None:
    by_id = _page(ehr, subject=world.ids["tomas"])["entries"]
    [pseudonym] = by_id[0]["entry"]["subject_refs"]
    assert pseudonym != world.ids["tomas"]
    by_pseudonym = _page(ehr, subject=pseudonym)["entries"]
    assert by_pseudonym[: len(by_id)] == by_id


def test_a_cursor_is_good_for_its_own_question_alone(ehr: Caller) -> None:
    cursor = _page(ehr, limit=1)["next"]
    for query in (
        {"cursor": cursor, "action": "check.decided"},
        {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")},
        {"cursor": "x"},
    ):
        response = ehr.get(ENTRIES, query_string=query)
        assert response.status_code == 422
        assert response.json["errors"][0]["pointer"] == "/query/cursor"


def test_a_cursor_of_another_practice_is_refused(postgresql_world: World) -> None:
    ours = postgresql_world.http(Scope.AUDIT_READ)
    theirs = postgresql_world.http(Scope.AUDIT_READ, dana=True)
    cursor = _page(ours, limit=1)["next"]
    assert theirs.get(ENTRIES, query_string={"cursor": cursor}).status_code == 422


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 201}, "/query/limit"),
        ({"limit": 0}, "/query/limit"),
        ({"limit": "9" * 30}, "/query/limit"),
        ({"since": "yesterday"}, "/query/since"),
        ({"since": "2026-03-02T10:00:00"}, "/query/since"),
        ({"since": "2026-03-02T10:00:00Z", "until": "2026-03-02T10:00:00Z"}, "/query/until"),
        ({"action": "a b"}, "/query/action"),
        ({"actor": "a\x00"}, "/query/actor"),
        ({"subject": "nobody"}, "/query/subject"),
        ({"colour": "red"}, "/query/colour"),
    ],
)
def test_a_bad_filter_is_named(sqlite_world: World, query: dict[str, Any], pointer: str) -> None:
    response = sqlite_world.http(Scope.AUDIT_READ).get(ENTRIES, query_string=query)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json["errors"]] == [pointer]


def test_every_entry_has_a_proof_under_the_checkpoint(world: World, ehr: Caller) -> None:
    key = _log_key(world)
    entries = _page(ehr)["entries"]
    for entry in entries:
        response = ehr.get(f"{ENTRIES}/{entry['entry']['id']}/proof")
        assert response.mimetype == "text/plain"
        checkpoint = verify_proof(response.text, canonical_bytes(entry["entry"]), key)
        assert checkpoint.size > entry["index"]


def test_one_entry_is_read_as_the_page_gives_it(ehr: Caller) -> None:
    entry = _page(ehr)["entries"][3]
    assert ehr.get(f"{ENTRIES}/{entry['entry']['id']}").json == entry


def test_proofs_and_checkpoints_leave_no_entry(world: World, ehr: Caller) -> None:
    entry = _page(ehr)["entries"][0]["entry"]["id"]
    before = ehr.get("/v1/audit/checkpoint").text
    assert ehr.get(f"{ENTRIES}/{entry}/proof").status_code == 200
    assert ehr.get("/v1/audit/checkpoint").text == before
    open_checkpoint(before, _log_key(world))


def test_the_log_is_proven_to_have_only_grown(world: World, ehr: Caller) -> None:
    key = _log_key(world)
    old = open_checkpoint(ehr.get("/v1/audit/checkpoint").text, key)
    _pages(ehr, limit=4)
    found = ehr.get("/v1/audit/consistency", query_string={"from": old.size}).json
    new = open_checkpoint(found["checkpoint"], key)
    path = [from_base64std(part) for part in found["proof"]]
    assert (found["from"], found["to"]) == (old.size, new.size)
    assert verify_consistency(old.head, new.head, path)
    assert not verify_consistency(old.head, new.head, [*path, path[0]])


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/query/from"),
        ({"from": 0}, "/query/from"),
        ({"from": 99_999}, "/query/from"),
        ({"from": 1, "to": 99_999}, "/query/to"),
        ({"from": 3, "to": 2}, "/query/from"),
        ({"from": 2**70}, "/query/from"),
    ],
)
def test_sizes_out_of_range_are_named(
    sqlite_world: World, query: dict[str, Any], pointer: str
) -> None:
    reader = sqlite_world.http(Scope.AUDIT_READ)
    response = reader.get("/v1/audit/consistency", query_string=query)
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == pointer


def test_an_entry_of_another_practice_is_as_one_that_never_was(postgresql_world: World) -> None:
    ours = postgresql_world.http(Scope.AUDIT_READ)
    theirs = postgresql_world.http(Scope.AUDIT_READ, dana=True)
    foreign = _page(theirs)["entries"][0]["entry"]["id"]
    for path in ("", "/proof"):
        one, none = (ours.get(f"{ENTRIES}/{entry}{path}") for entry in (foreign, str(uuid4())))
        assert one.status_code == none.status_code == 404
        assert one.data == none.data
        assert one.headers == none.headers


def test_the_export_is_rfc_4180_and_an_entry(ehr: Caller) -> None:
    entries = _page(ehr)["entries"]
    response = ehr.get(f"{ENTRIES}.csv")
    assert response.mimetype == "text/csv"
    assert all(line.endswith("\r") for line in response.text.split("\n")[:-1])
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [row["id"] for row in rows][: len(entries)] == [e["entry"]["id"] for e in entries]
    assert [row["leaf_hash"] for row in rows][: len(entries)] == [e["leaf_hash"] for e in entries]
    assert "audit.exported" not in {row["action"] for row in rows}
    assert len(_page(ehr, action="audit.exported")["entries"]) == 1


def test_an_export_takes_the_same_filters(ehr: Caller) -> None:
    rows = csv.DictReader(
        io.StringIO(ehr.get(f"{ENTRIES}.csv", query_string={"action": "log.created"}).text)
    )
    assert [row["index"] for row in rows] == ["0"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert safe_cell(f"{start}cmd|' /C calc'!A0").startswith("'")
    [line] = csv_lines([[f'{start}HYPERLINK("http://x","y")', None, 3]])
    [row] = csv.reader(io.StringIO(line, newline=""))
    assert row == [f'\'{start}HYPERLINK("http://x","y")', "", "3"]


def test_the_log_reads_as_times_that_never_run_backwards(ehr: Caller) -> None:
    times = [entry["entry"]["at"] for entry in _page(ehr)["entries"]]
    assert all(earlier <= later for earlier, later in pairwise(times))
