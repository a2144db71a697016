"""Give entries their contiguous places in the tree, by compare-and-swap on the head.

Two sealers can never fork the tree: whoever finds the head moved rolls back and starts again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from policy_service.database.session import Database
from policy_service.database.tables.audit import EntryRow, HeadRow, LeafRow, NodeRow, PendingRow
from policy_service.ledger.merkle import EMPTY_ROOT, Frontier, Node

BATCH = 1000


class HeadMoved(RuntimeError):
    """Another sealer was faster; nothing was written, try again."""


_HEAD = select(HeadRow.size, HeadRow.frontier).where(HeadRow.practice_id == bindparam("practice"))


def found(session: Session, practice_id: str) -> None:
    """Write the empty head of a new practice's log; the first entry must follow at once."""
    session.add(HeadRow(practice_id=practice_id, size=0, frontier=b"", root=EMPTY_ROOT))
    session.flush()


def place(session: Session, practice_id: str, entries: Sequence[tuple[str, bytes]]) -> int:
    """Append (entry id, leaf hash) pairs to the tree; returns the new size. Raises HeadMoved."""
    size, raw = session.execute(_HEAD, {"practice": practice_id}).one()
    frontier = Frontier.from_bytes(size, raw)
    leaves: list[dict[str, object]] = []
    nodes: list[dict[str, object]] = []
    for entry_id, leaf_hash in entries:
        leaves.append(
            {"practice_id": practice_id, "leaf_index": frontier.size, "entry_id": entry_id}
        )
        frontier, made = frontier.grow(leaf_hash)
        nodes.extend(_node_row(practice_id, node) for node in made)
    session.execute(insert(LeafRow), leaves)
    session.execute(insert(NodeRow), nodes)
    _move_head(session, practice_id, size, frontier)
    return frontier.size


def _node_row(practice_id: str, node: Node) -> dict[str, object]:
    return {
        "practice_id": practice_id,
        "level": node.level,
        "node_index": node.index,
        "hash": node.hash,
    }


def _move_head(session: Session, practice_id: str, old_size: int, frontier: Frontier) -> None:
    moved = session.execute(
        update(HeadRow)
        .where(HeadRow.practice_id == practice_id, HeadRow.size == old_size)
        .values(size=frontier.size, frontier=frontier.to_bytes(), root=frontier.root)
        .execution_options(synchronize_session=False)
        .returning(HeadRow.size)
    ).all()
    if len(moved) != 1:
        raise HeadMoved


def seal_pending(database: Database, practice_id: str) -> int:
    """Place every committed pending entry, oldest first; returns how many were placed."""
    placed = 0
    while batch := _seal_batch(database, practice_id):
        placed += batch
    return placed


def _seal_batch(database: Database, practice_id: str) -> int:
    """One transaction of the sealer; 0 when nothing waits or another sealer holds the head."""
    with database.write(practice_id) as session:
        waiting = _waiting(session, practice_id)
        if not waiting:
            return 0
        try:
            place(session, practice_id, waiting)
        except HeadMoved:
            session.rollback()
            return 0
        done = [entry_id for entry_id, _ in waiting]
        session.execute(
            delete(PendingRow)
            .where(PendingRow.practice_id == practice_id, PendingRow.entry_id.in_(done))
            .execution_options(synchronize_session=False)
        )
        return len(done)


def _waiting(session: Session, practice_id: str) -> list[tuple[str, bytes]]:
    """The head row is locked first, so that one sealer works while others wait their turn."""
    session.execute(
        select(HeadRow.size).where(HeadRow.practice_id == practice_id).with_for_update()
    ).one()
    rows = session.execute(
        select(EntryRow.id, EntryRow.leaf_hash)
        .join(
            PendingRow,
            (PendingRow.practice_id == EntryRow.practice_id) & (PendingRow.entry_id == EntryRow.id),
        )
        .where(PendingRow.practice_id == practice_id)
        .order_by(PendingRow.at, PendingRow.entry_id)
        .limit(BATCH)
    )
    return [(entry_id, leaf_hash) for entry_id, leaf_hash in rows]
