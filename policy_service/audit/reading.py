"""Read the tree back: heads, checkpoints, proofs and entries. Nothing here changes the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TypeVar

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from policy_service.database.tables.audit import (
    IS_LEAF_OF,
    EntryRow,
    HeadRow,
    LeafRow,
    NodeRow,
    PendingRow,
)
from policy_service.errors import NotFound, NotReady
from policy_service.ledger.merkle import HASH_BYTES, Head, SubtreeReader, inclusion_proof
from policy_service.ledger.proof_file import InclusionProof
from policy_service.ledger.verify import Entry

T = TypeVar("T")
# Written by hand: SQLite looks row values up one by one only when they drive the join, and to
# compile a statement costs more than the proof. Both databases call the columns of VALUES so.
_WANTED = "SELECT n.level, n.node_index, n.hash FROM (VALUES "
_FOUND = (
    ") AS w CROSS JOIN audit_node n "
    "WHERE n.practice_id = :practice AND n.level = w.column1 AND n.node_index = w.column2"
)
_STEP = 16


def head(session: Session, practice_id: str) -> Head:
    """Committed size and root."""
    row = session.execute(
        select(HeadRow.size, HeadRow.root).where(HeadRow.practice_id == practice_id)
    ).one()
    return Head(row.size, row.root)


def subtree_reader(session: Session, practice_id: str) -> SubtreeReader:
    """Hashes of complete subtrees from the stored nodes."""

    def read(level: int, index: int) -> bytes:
        key = {"practice_id": practice_id, "level": level, "node_index": index}
        found = session.execute(select(NodeRow.hash).filter_by(**key)).scalar_one_or_none()
        if found is None:
            raise NotFound
        return found

    return read


def prove(session: Session, practice_id: str, make: Callable[[SubtreeReader], T]) -> T:
    """Run a proof over the stored nodes, which are read by one query and not one by one.

    `make` is called twice and must ask for the same nodes both times, as all proofs do.
    """
    wanted: set[tuple[int, int]] = set()

    def note_down(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return bytes(HASH_BYTES)

    make(note_down)
    hashes = nodes_at(session, practice_id, wanted)

    def read(level: int, index: int) -> bytes:
        try:
            return hashes[level, index]
        except KeyError:
            raise NotFound from None

    return make(read)


def nodes_at(
    session: Session, practice_id: str, wanted: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Stored nodes by (level, index); those that are not there are left out."""
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    pairs += pairs[-1:] * (-len(pairs) % _STEP)  # few lengths, so few statements to prepare
    given: dict[str, object] = {"practice": practice_id}
    for number, (level, index) in enumerate(pairs):
        given |= {f"l{number}": level, f"i{number}": index}
    rows = session.execute(_nodes_query(len(pairs)), given)
    return {(level, index): bytes(found) for level, index, found in rows}


@cache
def _nodes_query(count: int) -> TextClause:
    places = ", ".join(f"(:l{number}, :i{number})" for number in range(count))
    return text("".join((_WANTED, places, _FOUND)))


def leaf_index(session: Session, practice_id: str, entry_id: str) -> int:
    """Place of an entry in the tree. NotFound for no such entry, NotReady while it is pending."""
    found = session.execute(
        select(LeafRow.leaf_index).where(
            LeafRow.practice_id == practice_id, LeafRow.entry_id == entry_id
        )
    ).scalar_one_or_none()
    if found is not None:
        return found
    pending = select(PendingRow.entry_id).where(
        PendingRow.practice_id == practice_id, PendingRow.entry_id == entry_id
    )
    if session.execute(pending).scalar_one_or_none() is None:
        raise NotFound
    raise NotReady("The entry is committed and waits for its place in the tree.")


def proof(session: Session, practice_id: str, entry_id: str, checkpoint: str, size: int) -> str:
    """The `.tlog-proof` text of an entry under a signed checkpoint of `size`."""
    index = leaf_index(session, practice_id, entry_id)
    path = prove(session, practice_id, lambda read: inclusion_proof(read, index, size))
    return InclusionProof(index, path, checkpoint).to_text()


def entries(session: Session, practice_id: str, first: int = 0) -> Iterator[Entry]:
    """(index, leaf bytes) in tree order, streamed."""
    query = (
        select(LeafRow.leaf_index, EntryRow.leaf)
        .join(EntryRow, IS_LEAF_OF)
        .where(LeafRow.practice_id == practice_id, LeafRow.leaf_index >= first)
        .order_by(LeafRow.leaf_index)
        .execution_options(yield_per=1000)
    )
    # Closed also for whoever stops early: at the first bad entry, or at a page's end.
    with session.execute(query) as rows:
        for index, leaf in rows:
            yield Entry(index, leaf)
