"""A long log, fast: synthetic leaves placed by the service's own tree code, by plain bulk inserts.

The entries tell of nobody and have no openings. Used by `bench.audit_proofs` and by the tests that
let strangers' programs verify a log (tests/foreign).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from policy_service.audit import sealer
from policy_service.database.session import Database
from policy_service.database.tables.audit import HeadRow
from policy_service.ledger.encoding import base64url
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.merkle import Frontier, leaf_hash

_BATCH = 10_000
_START = datetime(2026, 3, 1, 8, tzinfo=UTC)
_ACTOR = "ehr:synthetic"
_ENTRIES = (
    "INSERT INTO audit_entry (practice_id, id, at, action, actor_ref, leaf, leaf_hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_LEAVES = "INSERT INTO audit_leaf (practice_id, leaf_index, entry_id) VALUES (?, ?, ?)"
_NODES = "INSERT INTO audit_node (practice_id, level, node_index, hash) VALUES (?, ?, ?, ?)"


def start(database: Database, practice_id: str) -> None:
    """The empty head of a log; `lengthen` must follow."""
    with database.write(practice_id) as session:
        sealer.found(session, practice_id)


def lengthen(database: Database, practice_id: str, frontier: Frontier, size: int) -> Frontier:
    """Append synthetic entries until the log has `size`; `frontier` is that of its present end."""
    while frontier.size < size:
        last = min(frontier.size + _BATCH, size)
        with database.write(practice_id) as session:
            frontier = _append(session, practice_id, frontier, last)
    return frontier


def synthetic_leaf(practice_id: str, index: int) -> Leaf:
    """Entry `index` of a synthetic log."""
    return Leaf(
        id=_id(index),
        action="check.decided" if index else "log.created",
        at=_at(index),
        practice=practice_id,
        actor_ref=_ACTOR,
        subject_refs=(),
        outcome=None,
        packs=(),
        semantics=None,
        model=None,
        sd=(_digest(index),),
    )


def quick_leaves(practice_id: str, first: int, last: int) -> Iterator[bytes]:
    """The bytes of the same leaves: three fields of fixed length are exchanged in one of them."""
    model = synthetic_leaf(practice_id, 1).to_bytes()
    for index in range(first, last):
        if index == 0:
            yield synthetic_leaf(practice_id, 0).to_bytes()
            continue
        raw = model
        for made in (_id, _at, _digest):
            raw = raw.replace(made(1).encode(), made(index).encode(), 1)
        yield raw


def _id(index: int) -> str:
    return f"0f000000-0000-4000-8000-{index:012x}"


def _at(index: int) -> str:
    return format_at(_START + timedelta(seconds=index))


def _digest(index: int) -> str:
    return base64url(uuid.UUID(int=index).bytes * 2)


def _append(session: Session, practice_id: str, frontier: Frontier, last: int) -> Frontier:
    entries, places, nodes = [], [], []
    first = frontier.size
    for index, raw in enumerate(quick_leaves(practice_id, first, last), first):
        action = "check.decided" if index else "log.created"
        hashed = leaf_hash(raw)
        entries.append((practice_id, _id(index), _at(index), action, _ACTOR, raw, hashed))
        places.append((practice_id, index, _id(index)))
        frontier, made = frontier.grow(hashed)
        nodes += [(practice_id, node.level, node.index, node.hash) for node in made]
    connection = session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    for statement, rows in ((_ENTRIES, entries), (_LEAVES, places), (_NODES, nodes)):
        connection.exec_driver_sql(statement.replace("?", mark), rows)
    head = {"size": frontier.size, "frontier": frontier.to_bytes(), "root": frontier.root}
    session.execute(update(HeadRow).where(HeadRow.practice_id == practice_id).values(**head))
    return frontier
