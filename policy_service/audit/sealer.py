"""Give entries their contiguous places in the tree, by compare-and-swap on the head.

Two sealers can never fork the tree: whoever finds the head moved rolls back and starts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.audit.guard import guard_in
from policy_service.audit.rows import StoredRow, check_waiting, waiting_rows
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
    "WHERE practice_id = {practice} AND size = {old_size}"
)
_FORGET = {
    "sqlite": "DELETE FROM audit_pending WHERE practice_id = :practice "
    "AND entry_id IN (SELECT value FROM json_each(:placed)) RETURNING entry_id",
    "postgresql": "DELETE FROM audit_pending WHERE practice_id = %(practice)s "
    "AND entry_id = ANY(%(placed)s::varchar[]) RETURNING entry_id",
}


def found(session: Session, practice_id: str) -> None:
    """Write the empty head of a new practice's log; the first entry must follow at once."""
    session.add(HeadRow(practice_id=practice_id, size=0, frontier=b"", root=EMPTY_ROOT))
    session.flush()


def place(direct: Direct, entries: Sequence[tuple[str, bytes]]) -> int:
    """Append (entry id, leaf hash) pairs to the tree; returns the new size. Raises HeadMoved."""
    size, frontier = head_of(direct)
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
    if direct.write(_MOVE, [{**new, "old_size": old_size}]) != 1:
        raise HeadMoved


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
        _hold_head(session, practice_id)
        waiting = waiting_rows(session, practice_id, after, BATCH)
        if not waiting:
            return _Batch(0, None)
        guard.require_writable(session, practice_id)
        checked = check_waiting(waiting, guard.row_key(practice_id), guard.is_new(practice_id))
        try:
            _place_and_forget(session, practice_id, checked.sound)
        except HeadMoved:
            session.rollback()
            return _Batch(0, None)
    if checked.faults:
        guard.hold(practice_id, checked.faults)
    at, row = waiting[-1]
    return _Batch(len(checked.sound), (at, row.id) if len(waiting) == BATCH else None)


def _hold_head(session: Session, practice_id: str) -> None:
    """The head row is locked first, so that one sealer works while others wait their turn."""
    session.execute(
        select(HeadRow.size).where(HeadRow.practice_id == practice_id).with_for_update()
    ).one()


def _place_and_forget(session: Session, practice_id: str, rows: Sequence[StoredRow]) -> None:
    if not rows:
        return
    direct = driver.writing(session)
    place(direct, [(row.id, row.leaf_hash) for row in rows])
    direct.fetch(_FORGET, {"placed": [row.id for row in rows]})
