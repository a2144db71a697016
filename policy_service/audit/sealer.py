"""Give entries their contiguous places in the tree, by compare-and-swap on the head.

Two sealers can never fork the tree: whoever finds the head moved rolls back and starts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from policy_service.audit.guard import guard_in
from policy_service.audit.rows import StoredRow, check_waiting, waiting_asked, waiting_found
from policy_service.database import driver
from policy_service.database.driver import Direct
from policy_service.database.session import Database
from policy_service.database.tables.audit import HeadRow
from policy_service.ledger.merkle import EMPTY_ROOT, Frontier

BATCH = 1000


class HeadMoved(RuntimeError):
    """Another sealer was faster; nothing was written, try again."""


_HEAD = driver.spellings("SELECT size, frontier FROM audit_head WHERE practice_id = {practice}")
_LEAF = driver.Table("audit_leaf", {"leaf_index": "bigint", "entry_id": "varchar"})
_NODE = driver.Table("audit_node", {"level": "integer", "node_index": "bigint", "hash": "bytea"})
_MOVE = driver.spellings(
    "UPDATE audit_head SET size = {size}, frontier = {frontier}, root = {root} "
    "WHERE practice_id = {practice} AND size = {old_size} RETURNING size"
)
_HOLD = {"sqlite": _HEAD["sqlite"], "postgresql": _HEAD["postgresql"] + " FOR UPDATE"}
_WAITING_SOMEWHERE = "SELECT DISTINCT practice_id FROM audit_pending ORDER BY practice_id"
_FORGET = {
    "sqlite": "DELETE FROM audit_pending WHERE practice_id = :practice "
    "AND entry_id IN (SELECT value FROM json_each(:placed))",
    "postgresql": "DELETE FROM audit_pending WHERE practice_id = %(practice)s "
    "AND entry_id = ANY(%(placed)s::varchar[])",
}


def found(session: Session, practice_id: str) -> None:
    """Write the empty head of a new practice's log; the first entry must follow at once."""
    session.add(HeadRow(practice_id=practice_id, size=0, frontier=b"", root=EMPTY_ROOT))
    session.flush()


def place(direct: Direct, entries: Sequence[tuple[str, bytes]]) -> int:
    """Append (entry id, leaf hash) pairs to the tree; returns the new size. Raises HeadMoved."""
    return place_after(direct, *head_of(direct), entries)


def place_after(
    direct: Direct, size: int, frontier: Frontier, entries: Sequence[tuple[str, bytes]]
) -> int:
    """As `place`, after the head that was read."""
    leaves: list[driver.Row] = []
    nodes: list[driver.Row] = []
    for entry_id, leaf_hash in entries:
        leaves.append((frontier.size, entry_id))
        frontier, made = frontier.grow(leaf_hash)
        nodes.extend((node.level, node.index, node.hash) for node in made)
    direct.insert({_LEAF: leaves, _NODE: nodes})
    move_head(direct, size, frontier)
    return frontier.size


def head_of(direct: Direct) -> tuple[int, Frontier]:
    """Size and frontier of the head of the practice's log."""
    [(size, raw)] = direct.fetch(_HEAD, {})
    return size, Frontier.from_bytes(size, raw)


def move_head(direct: Direct, old_size: int, frontier: Frontier) -> None:
    """Compare and swap: HeadMoved unless the head still has the size that was read."""
    new = {"size": frontier.size, "frontier": frontier.to_bytes(), "root": frontier.root}
    if not direct.fetch(_MOVE, {**new, "old_size": old_size}):
        raise HeadMoved


def practices_waiting(database: Database) -> list[str]:
    """Ids of the practices in which committed entries wait for their places, by one exchange.

    It reads across practices, and nothing but their ids. On SQLite nothing ever waits.
    """
    if database.dialect == "sqlite":
        return []
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return list(connection.exec_driver_sql(_WAITING_SOMEWHERE).scalars())


def seal_pending(database: Database, practice_id: str) -> int:
    """Place every committed pending entry that the service wrote; returns how many were placed.

    An entry that is forged, or follows one that was deleted, stays where it is: the alarm is
    raised, the others are placed. LogContradicted when the log may not grow at all.
    """
    placed, after = 0, None
    while True:
        batch = _seal_batch(database, practice_id, after)
        placed, after = placed + batch.placed, batch.last
        if after is None:
            return placed


class _Batch(NamedTuple):
    """What one transaction did; `last` is where the next one begins, None when there is none."""

    placed: int
    last: tuple[Any, str] | None


def _seal_batch(database: Database, practice_id: str, after: tuple[Any, str] | None) -> _Batch:
    """One transaction of the sealer; nothing when nothing waits or another one moved the head."""
    guard = guard_in(database)
    with database.write(practice_id) as session:
        direct = driver.writing(session)
        # The head row is locked first, so that one sealer works while others wait their turn.
        [(size, raw)], waiting = _hold_and_look(direct, after)
        if not waiting:
            return _Batch(0, None)
        guard.require_writable(session, practice_id)
        checked = check_waiting(waiting, guard.row_key(practice_id), guard.is_new(practice_id))
        try:
            _place_and_forget(direct, size, Frontier.from_bytes(size, raw), checked.sound)
        except HeadMoved:
            session.rollback()
            return _Batch(0, None)
    if checked.faults:
        guard.hold(practice_id, checked.faults)
    at, row = waiting[-1]
    return _Batch(len(checked.sound), (at, row.id) if len(waiting) == BATCH else None)


def _hold_and_look(
    direct: Direct, after: tuple[Any, str] | None
) -> tuple[list[driver.Row], list[tuple[Any, StoredRow]]]:
    held, waiting = direct.fetch_both((_HOLD, {}), waiting_asked(after, BATCH))
    return held, waiting_found(waiting)


def _place_and_forget(
    direct: Direct, size: int, frontier: Frontier, rows: Sequence[StoredRow]
) -> None:
    if not rows:
        return
    with direct.in_one_exchange():  # moving the head, last, waits for what was sent before it
        direct.write(_FORGET, [{"placed": [row.id for row in rows]}])
        place_after(direct, size, frontier, [(row.id, row.leaf_hash) for row in rows])
