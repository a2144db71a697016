"""Give entries their contiguous places in the tree, by compare-and-swap on the head.

Two sealers can never fork the tree: whoever finds the head moved rolls back and starts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from policy_service.audit.guard import guard_in
from policy_service.audit.rows import StoredRow, check_waiting, waiting_rows
from policy_service.database import driver
from policy_service.database.guard import ForeignPractice, practice_of
from policy_service.database.session import Database
from policy_service.database.tables.audit import HeadRow, PendingRow
from policy_service.ledger.merkle import EMPTY_ROOT, Frontier, Node

BATCH = 1000


class HeadMoved(RuntimeError):
    """Another sealer was faster; nothing was written, try again."""


_HEAD = driver.spellings("SELECT size, frontier FROM audit_head WHERE practice_id = {practice}")
_LEAF = driver.spellings(
    "INSERT INTO audit_leaf (practice_id, leaf_index, entry_id) "
    "VALUES ({practice}, {leaf_index}, {entry_id})"
)
_NODE = driver.spellings(
    "INSERT INTO audit_node (practice_id, level, node_index, hash) "
    "VALUES ({practice}, {level}, {node_index}, {hash})"
)
_MOVE = driver.spellings(
    "UPDATE audit_head SET size = {size}, frontier = {frontier}, root = {root} "
    "WHERE practice_id = {practice} AND size = {old_size}"
)


def found(session: Session, practice_id: str) -> None:
    """Write the empty head of a new practice's log; the first entry must follow at once."""
    session.add(HeadRow(practice_id=practice_id, size=0, frontier=b"", root=EMPTY_ROOT))
    session.flush()


def place(session: Session, practice_id: str, entries: Sequence[tuple[str, bytes]]) -> int:
    """Append (entry id, leaf hash) pairs to the tree; returns the new size. Raises HeadMoved."""
    size, frontier = head_of(session, practice_id)
    leaves: list[dict[str, object]] = []
    nodes: list[dict[str, object]] = []
    for entry_id, leaf_hash in entries:
        leaves.append({"leaf_index": frontier.size, "entry_id": entry_id})
        frontier, made = frontier.grow(leaf_hash)
        nodes.extend(_node_row(node) for node in made)
    driver.write(session, _LEAF, leaves)
    driver.write(session, _NODE, nodes)
    move_head(session, size, frontier)
    return frontier.size


def head_of(session: Session, practice_id: str) -> tuple[int, Frontier]:
    """Size and frontier of the head. ForeignPractice unless it is the session's practice."""
    if practice_id != practice_of(session):
        raise ForeignPractice("the head of another practice's log")
    [(size, raw)] = driver.fetch(session, _HEAD, {})
    return size, Frontier.from_bytes(size, raw)


def _node_row(node: Node) -> dict[str, object]:
    return {"level": node.level, "node_index": node.index, "hash": node.hash}


def move_head(session: Session, old_size: int, frontier: Frontier) -> None:
    """Compare and swap: HeadMoved unless the head still has the size that was read."""
    new = {"size": frontier.size, "frontier": frontier.to_bytes(), "root": frontier.root}
    if driver.write(session, _MOVE, [{**new, "old_size": old_size}]) != 1:
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
    place(session, practice_id, [(row.id, row.leaf_hash) for row in rows])
    session.execute(
        delete(PendingRow)
        .where(PendingRow.practice_id == practice_id, PendingRow.entry_id.in_(r.id for r in rows))
        .execution_options(synchronize_session=False)
    )
