"""Receipts against the log: each way in which they can disagree has its own name and exit code."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import text

from policy_service.audit.receipts import (
    LONGEST_LINE,
    MOST_NAMED,
    Judgement,
    Reconciliation,
    receipt_lines,
)
from policy_service.domain.principals import Role, Scope
from policy_service.errors import NotAllowed
from policy_service.ledger.leaf import format_at
from policy_service.ledger.receipt import Receipt, open_receipt, sign_receipt
from policy_service.services.receipts import (
    judge_receipts,
    receipt_keys,
    reconcile_receipts,
)
from tests.audit.logs import seal
from tests.cast import World
from tests.tampering import tamper


def _receipts(world: World, how_many: int = 3) -> list[str]:
    pairs = [("alma", "tomas"), ("ben", "nora"), ("ben", "tomas"), ("alma", "nora")]
    return [world.check(*pairs[number % 4])["receipt"] for number in range(how_many)]


def _judge(world: World, *lines: str | bytes) -> Reconciliation:
    raw = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return judge_receipts(world.desk, world.cleo, raw)


def _said(found: Reconciliation) -> dict[int, str]:
    return {one.line: one.judgement.value for one in found.named}


def _opened(world: World, receipt: str) -> Receipt:
    with world.reading() as context:
        [key] = receipt_keys(world.desk, context)
    return open_receipt(receipt.encode(), key)


def test_every_receipt_of_an_untouched_log_matches(world: World) -> None:
    receipts = _receipts(world)
    seal(world)
    found = _judge(world, *receipts)
    assert found.counts == {Judgement.MATCHED: 3}
    assert (found.exit_code, found.named) == (0, ())


def test_a_receipt_without_its_entry_is_an_alarm_that_names_the_line(world: World) -> None:
    receipts = _receipts(world)
    seal(world)
    gone = _opened(world, receipts[1]).id
    tamper(world.desk.database, "DELETE FROM audit_entry WHERE id = :id", id=gone)
    found = _judge(world, *receipts)
    assert found.exit_code == 1
    assert [(one.line, one.judgement, one.entry_id) for one in found.named] == [
        (2, Judgement.UNMATCHED, gone)
    ]


def test_an_entry_that_was_rewritten_is_altered(world: World) -> None:
    receipts = _receipts(world)
    seal(world)
    changed = _opened(world, receipts[0]).id
    other = _opened(world, receipts[2]).id
    swap = "SELECT leaf FROM audit_entry WHERE id = :other"
    statement = f"UPDATE audit_entry SET leaf = ({swap}) WHERE id = :id"  # noqa: S608 - constant
    tamper(world.desk.database, statement, id=changed, other=other)
    assert _said(_judge(world, *receipts)) == {1: "altered"}


@pytest.mark.parametrize("table", ["audit_node", "audit_leaf"])
def test_an_entry_that_the_tree_does_not_hold_is_altered(world: World, table: str) -> None:
    receipts = _receipts(world)
    seal(world)
    assert _said(_judge(world, *receipts)) == {}, "the control"
    if table == "audit_node":
        tamper(
            world.desk.database,
            "UPDATE audit_node SET hash = (SELECT root FROM audit_head LIMIT 1)",
        )
    else:
        tamper(world.desk.database, "UPDATE audit_leaf SET leaf_index = leaf_index + 1000")
    assert set(_said(_judge(world, *receipts)).values()) == {"altered"}


def test_a_dropped_tail_shows_though_the_head_was_put_back(sqlite_world: World) -> None:
    """The attack that no signature inside the database detects: matrix row 5."""
    world = sqlite_world
    with world.desk.database.engine.connect() as connection:
        old = connection.execute(text("SELECT size, frontier, root FROM audit_head")).one()
    receipts = _receipts(world, 2)
    tamper(world.desk.database, "DELETE FROM audit_leaf WHERE leaf_index >= :size", size=old.size)
    for receipt in receipts:
        tamper(
            world.desk.database,
            "DELETE FROM audit_entry WHERE id = :id",
            id=_opened(world, receipt).id,
        )
    tamper(
        world.desk.database,
        "UPDATE audit_head SET size = :size, frontier = :frontier, root = :root",
        **old._mapping,
    )
    found = _judge(world, *receipts)
    assert found.counts == {Judgement.UNMATCHED: 2}
    assert found.exit_code == 1


def test_words_that_were_changed_are_a_bad_signature(sqlite_world: World) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    members = orjson.loads(receipt)
    forged = orjson.dumps(members | {"at": "2026-03-01T00:00:00.000000Z"})
    found = _judge(sqlite_world, forged)
    assert _said(found) == {1: "bad_signature"}
    assert found.exit_code == 2


def test_another_log_s_receipts_are_not_ours(sqlite_world: World) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    foreign = replace(_opened(sqlite_world, receipt), practice="oak", log="log.example/oak")
    other_key = orjson.dumps(orjson.loads(receipt) | {"key": "00000000"})
    signed = sign_receipt(foreign, sqlite_world.desk.receipt_key)
    found = _judge(sqlite_world, signed, other_key)
    assert _said(found) == {1: "not_ours", 2: "not_ours"}
    assert found.exit_code == 2


def test_a_signed_receipt_for_what_was_never_recorded_is_unmatched(sqlite_world: World) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    never = replace(_opened(sqlite_world, receipt), id="019a9f3c-6d2e-7c41-9b1a-2f60c1d4e5f6")
    assert _judge(sqlite_world, sign_receipt(never, sqlite_world.desk.receipt_key)).exit_code == 1


def test_too_new_for_a_place_is_told_from_overdue(postgresql_world: World) -> None:
    world = postgresql_world
    receipts = _receipts(world, 1)
    new = _judge(world, *receipts)
    assert (_said(new), new.exit_code) == ({1: "unsealed"}, 2)
    world.clock.advance(seconds=61)
    late = _judge(world, *receipts)
    assert (_said(late), late.exit_code) == ({1: "overdue"}, 2)
    seal(world)
    assert _judge(world, *receipts).exit_code == 0


@pytest.mark.parametrize(
    "line",
    [b"x", b"{}", b"[1]", b"3", b'{"a":1.5}', b'"\\ud800"', b"\xff", b"a" * (LONGEST_LINE + 1)],
    ids=["word", "empty", "list", "number", "float", "surrogate", "bytes", "long"],
)
def test_a_bad_line_is_named_and_the_rest_is_judged(sqlite_world: World, line: bytes) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    found = _judge(sqlite_world, line, b"\n", receipt)
    assert _said(found) == {1: "malformed"}
    assert found.counts[Judgement.MATCHED] == 1
    assert found.exit_code == 2


def test_an_ehr_may_keep_receipts_as_text_or_as_json_of_its_own_making(
    sqlite_world: World,
) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    members = orjson.loads(receipt)
    reordered = orjson.dumps(dict(reversed(members.items())), option=orjson.OPT_INDENT_2)
    found = _judge(sqlite_world, orjson.dumps(receipt), reordered.replace(b"\n", b" "))
    assert found.counts == {Judgement.MATCHED: 2}


def test_nothing_to_compare_is_not_all_well(sqlite_world: World) -> None:
    assert _judge(sqlite_world).exit_code == 2


def test_a_long_line_is_cut_and_never_held_whole() -> None:
    file = io.BytesIO(b"a" * (3 * LONGEST_LINE) + b"\n" + b"short\n" + b"last")
    lines = list(receipt_lines(file))
    assert [len(line) for line in lines] == [LONGEST_LINE + 1, 6, 4]


def test_alarms_are_named_before_bad_lines_fill_the_answer(sqlite_world: World) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    never = replace(_opened(sqlite_world, receipt), id="019a9f3c-6d2e-7c41-9b1a-2f60c1d4e5f6")
    alarm = sign_receipt(never, sqlite_world.desk.receipt_key)
    found = _judge(sqlite_world, *[b"x"] * (MOST_NAMED + 5), alarm)
    assert Counter(_said(found).values()) == {"malformed": MOST_NAMED - 1, "unmatched": 1}
    assert found.left_out == 6


def test_reconciling_is_an_entry_with_its_verdict(world: World) -> None:
    receipts = _receipts(world, 1)
    reconcile_receipts(world.desk, world.cleo, [receipts[0].encode()])
    assert world.actions().count("audit.receipts_reconciled") == 1


def test_a_key_of_an_earlier_time_is_known_from_entry_zero(sqlite_world: World) -> None:
    """The key file was lost and made anew: receipts of before still verify."""
    receipts = _receipts(sqlite_world, 1)
    old, log_key = sqlite_world.desk.receipt_key, sqlite_world.desk.log_key("another")
    sqlite_world.desk.receipt_key = log_key
    found = _judge(sqlite_world, *receipts)
    sqlite_world.desk.receipt_key = old
    assert found.exit_code == 0


def test_who_gets_receipts_may_check_them_and_nobody_else(sqlite_world: World) -> None:
    for role in (Role.ADMIN, Role.CLINICIAN, Role.CONSULTANT):
        with pytest.raises(NotAllowed):
            judge_receipts(sqlite_world.desk, sqlite_world.account(role, name=role.value), [])
    ehr = replace(sqlite_world.cleo, roles=frozenset({Role.EHR}))
    with pytest.raises(NotAllowed):
        judge_receipts(sqlite_world.desk, ehr, [])
    brief = replace(ehr, scopes=frozenset({Scope.DECISION_BRIEF}))
    assert judge_receipts(sqlite_world.desk, brief, []).exit_code == 2


def test_a_receipt_s_time_is_that_of_its_entry(sqlite_world: World) -> None:
    [receipt] = _receipts(sqlite_world, 1)
    assert _opened(sqlite_world, receipt).at == format_at(sqlite_world.clock())
