"""A forged or deleted entry shows before it is sealed, is named, and is never sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policy_service.audit.guard import guard_in
from policy_service.audit.published import AlarmKind
from policy_service.audit.rows import Checked, StoredRow, check_waiting, fault_of
from policy_service.audit.writers import NO_MAC, row_mac
from policy_service.database.tables.audit import LeafRow, PendingRow
from policy_service.errors import LogContradicted
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import leaf_hash
from policy_service.vault.keys import Key, Purpose
from tests.audit.logs import count, new_id, seal, sign, verify, write
from tests.cast import World
from tests.tampering import tamper

KEY = Key(bytes(range(32))).derive(Purpose.ROW_MAC)
WRITER = "33333333-3333-4333-8333-333333333333"


def leaf(entry_id: str, practice: str = "fern", action: str = "note.written") -> Leaf:
    """A leaf that looks like one of ours."""
    return Leaf(
        id=entry_id,
        action=action,
        at="2026-03-02T09:00:00.000000Z",
        practice=practice,
        actor_ref="account:x",
        sd=("A" * 43,),
    )


def chain(length: int) -> list[StoredRow]:
    """A writer's first entries."""
    rows: list[StoredRow] = []
    for seq in range(1, length + 1):
        made = leaf(new_id())
        previous = rows[-1].row_mac if rows else None
        mac = row_mac(KEY, made.hash, WRITER, seq, previous or NO_MAC)
        rows.append(StoredRow(made.id, made.to_bytes(), made.hash, WRITER, seq, mac, previous))
    return rows


def changed(row: StoredRow, **fields: Any) -> StoredRow:
    return replace(row, **fields)


def test_what_the_service_wrote_passes() -> None:
    assert [fault_of(row, KEY) for row in chain(3)] == [None, None, None]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"writer_id": None, "writer_seq": None, "row_mac": None}, "no row MAC"),
        ({"row_mac": bytes(32)}, "row MAC is wrong"),
        ({"writer_seq": 3}, "row MAC is wrong"),
        ({"writer_seq": 1}, "row MAC is wrong"),
        ({"writer_seq": 0}, "row MAC is wrong"),
        ({"writer_seq": -1}, "row MAC is wrong"),
        ({"writer_id": "44444444-4444-4444-8444-444444444444"}, "row MAC is wrong"),
        ({"previous": None}, "is missing: deleted"),
        ({"previous": bytes(32)}, "row MAC is wrong"),
        ({"leaf_hash": bytes(32)}, "does not hash"),
        ({"id": "55555555-5555-4555-8555-555555555555"}, "of another entry"),
    ],
)
def test_any_change_to_a_row_shows(fields: dict[str, object], said: str) -> None:
    fault = fault_of(changed(chain(2)[1], **fields), KEY)
    assert fault is not None
    assert said in fault.reason


def test_a_leaf_exchanged_with_its_hash_shows() -> None:
    row = chain(2)[1]
    other = leaf(row.id, action="note.forged")
    fault = fault_of(changed(row, leaf=other.to_bytes(), leaf_hash=other.hash), KEY)
    assert fault is not None
    assert "row MAC is wrong" in fault.reason


def test_an_entry_of_an_older_release_passes_only_before_the_first_published_head() -> None:
    old = changed(chain(1)[0], writer_id=None, writer_seq=None, row_mac=None)
    assert fault_of(old, KEY, may_be_unmarked=True) is None
    assert fault_of(old, KEY) is not None


def test_a_clock_set_back_does_not_turn_a_writers_entries_round() -> None:
    rows = chain(3)
    checked = check_waiting([(5, rows[0]), (2, rows[2]), (1, rows[1])], KEY, False)
    assert checked.faults == []
    assert [row.writer_seq for row in checked.sound] == [1, 2, 3]


def forge(world: World) -> str:
    """An entry put in by SQL, with everything right that can be right without the key."""
    made = leaf(new_id(), world.practice_id)
    tamper(
        world.desk.database,
        "INSERT INTO audit_entry (practice_id, id, at, action, actor_ref, leaf, leaf_hash, "
        "writer_id, writer_seq, row_mac) VALUES (:practice, :id, :at, :action, 'account:x', "
        ":leaf, :hash, :writer, 1, :mac)",
        "INSERT INTO audit_pending (practice_id, entry_id, at) VALUES (:practice, :id, :at)",
        practice=world.practice_id,
        id=made.id,
        at=made.at,
        action=made.action,
        leaf=made.to_bytes(),
        hash=leaf_hash(made.to_bytes()),
        writer=new_id(),
        mac=bytes(32),
    )
    return made.id


def test_a_forged_waiting_entry_is_named_and_never_sealed_and_all_others_are(
    postgresql_world: World,
) -> None:
    world = postgresql_world
    forged = forge(world)
    write(world, "genuine")
    assert forged in verify(world).text
    seal(world)
    assert count(world, PendingRow) == 1
    alarm = guard_in(world.desk.database).heads.alarm(world.practice_id)
    assert alarm is not None
    assert alarm.kind is AlarmKind.HELD
    assert forged in alarm.text
    verdict = verify(world)
    assert verdict.exit_code == 1
    assert forged in verdict.text
    write(world, "appending goes on")
    assert seal(world) == 1


def test_without_the_check_the_forged_entry_would_be_sealed(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: it is the row MAC that keeps it out, and nothing else."""
    monkeypatch.setattr("policy_service.audit.rows.fault_of", lambda *_a, **_k: None)
    forge(postgresql_world)
    seal(postgresql_world)
    assert count(postgresql_world, PendingRow) == 0


def test_a_deleted_waiting_entry_leaves_a_hole_that_is_named(postgresql_world: World) -> None:
    world = postgresql_world
    first, deleted, last = write(world, "first", "deleted", "last")
    tamper(
        world.desk.database,
        "DELETE FROM audit_entry WHERE id = :id",
        "DELETE FROM audit_pending WHERE entry_id = :id",
        id=deleted,
    )
    seal(world)
    verdict = verify(world)
    assert verdict.exit_code == 1
    assert last in verdict.text
    assert "is missing: deleted" in verdict.text
    with world.reading() as context:
        placed = {row.entry_id for row in context.session.query(LeafRow)}
    assert first in placed
    assert last not in placed


def test_nothing_is_held_when_nothing_was_touched(postgresql_world: World) -> None:
    write(postgresql_world, "first", "second", "third")
    seal(postgresql_world)
    assert (
        guard_in(postgresql_world.desk.database).heads.alarm(postgresql_world.practice_id) is None
    )
    assert verify(postgresql_world).exit_code == 0


def test_an_entry_forged_into_the_tree_itself_is_never_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may write to the database may move the head himself: then the signature is refused."""
    write(world, "genuine")
    sign(world)
    with monkeypatch.context() as forged:
        # Everything as the service does it, but for the key.
        forged.setattr("policy_service.audit.writers.row_mac", lambda *_: bytes(32))
        forged.setattr("policy_service.audit.sealer.check_waiting", _all_sound)
        write(world, "forged")
        seal(world)
    with pytest.raises(LogContradicted, match="row MAC is wrong"):
        sign(world)


def _all_sound(waiting: list[tuple[object, StoredRow]], *_: object) -> Checked:
    return Checked([row for _, row in waiting], [])
