"""A long log, fast: synthetic leaves placed by the service's own tree code, by plain bulk inserts.

The entries tell of nobody and have no openings. Used by `bench.audit_proofs` and by the tests that
let strangers' programs verify a log (tests/foreign).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from policy_service.audit import sealer
from policy_service.database.session import Database
from policy_service.database.tables.audit import EntryRow, HeadRow, LeafRow, NodeRow
from policy_service.ledger.encoding import base64url
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.merkle import Frontier

_BATCH = 5_000
_START = datetime(2026, 3, 1, 8, tzinfo=UTC)


def start(database: Database, practice_id: str) -> None:
    """The empty head of a log; `lengthen` must follow."""
    with database.write(practice_id) as session:
        sealer.found(session, practice_id)


def lengthen(database: Database, practice_id: str, frontier: Frontier, size: int) -> Frontier:
    """Append synthetic entries until the log has `size`; `frontier` is that of its present end."""
    while frontier.size < size:
        last = min(frontier.size + _BATCH, size)
        leaves = list(_leaves(practice_id, frontier.size, last))
        with database.write(practice_id) as session:
            frontier = _insert(session, practice_id, frontier, leaves)
    return frontier


def _insert(session: Session, practice_id: str, frontier: Frontier, leaves: list[Leaf]) -> Frontier:
    places, nodes = [], []
    for leaf in leaves:
        places.append(_place(practice_id, frontier.size, leaf))
        frontier, made = frontier.grow(leaf.hash)
        nodes += [(practice_id, node.level, node.index, node.hash) for node in made]
    session.execute(insert(EntryRow), [_entry(practice_id, leaf) for leaf in leaves])
    session.execute(insert(LeafRow), places)
    keys = ("practice_id", "level", "node_index", "hash")
    session.execute(insert(NodeRow), [dict(zip(keys, node, strict=True)) for node in nodes])
    head = {"size": frontier.size, "frontier": frontier.to_bytes(), "root": frontier.root}
    session.execute(update(HeadRow).where(HeadRow.practice_id == practice_id).values(**head))
    return frontier


def _leaves(practice_id: str, first: int, last: int) -> Iterator[Leaf]:
    for index in range(first, last):
        at = _START + timedelta(seconds=index)
        yield Leaf(
            id=str(uuid.UUID(int=index + 2**127, version=4)),
            action="check.decided" if index else "log.created",
            at=format_at(at),
            practice=practice_id,
            actor_ref="ehr:synthetic",
            subject_refs=(),
            outcome=None,
            packs=(),
            semantics=None,
            model=None,
            sd=(base64url(index.to_bytes(32, "big")),),
        )


def _entry(practice_id: str, leaf: Leaf) -> dict[str, object]:
    return {
        "practice_id": practice_id,
        "id": leaf.id,
        "at": datetime.fromisoformat(leaf.at),
        "action": leaf.action,
        "actor_ref": leaf.actor_ref,
        "outcome": leaf.outcome,
        "leaf": leaf.to_bytes(),
        "leaf_hash": leaf.hash,
    }


def _place(practice_id: str, index: int, leaf: Leaf) -> dict[str, object]:
    return {"practice_id": practice_id, "leaf_index": index, "entry_id": leaf.id}
