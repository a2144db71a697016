"""Whether stored entries are those that the service wrote: the check before anything is sealed.

An entry passes if its leaf hashes to its leaf hash, the leaf names the entry, and its row MAC
follows the MAC of its writer's entry before it, which must be there (`audit.writers`).

What this cannot show: the newest entry of a writer that writes no more, taken out before it is
sealed. For that there are receipts, and the short time in which an entry is not sealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, aliased

from policy_service.audit.writers import NO_MAC, row_mac
from policy_service.database import driver
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow
from policy_service.ledger.merkle import leaf_hash
from policy_service.vault.blind import same_digest
from policy_service.vault.keys import PurposeKey

_before = aliased(EntryRow)
_COLUMNS = (
    EntryRow.id,
    EntryRow.leaf,
    EntryRow.leaf_hash,
    EntryRow.writer_id,
    EntryRow.writer_seq,
    EntryRow.row_mac,
    _before.row_mac,
)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """An entry as stored, with the MAC of its writer's entry before it (None: not there)."""

    id: str
    leaf: bytes
    leaf_hash: bytes
    writer_id: str | None
    writer_seq: int | None
    row_mac: bytes | None
    previous: bytes | None


@dataclass(frozen=True, slots=True)
class RowFault:
    """An entry that the service did not write as it stands, or that one before it is missing."""

    entry_id: str
    reason: str

    def __str__(self) -> str:
        return f"entry {self.entry_id}: {self.reason}"


def fault_of(row: StoredRow, key: PurposeKey, *, may_be_unmarked: bool = False) -> RowFault | None:
    """What is wrong with a row, or None. `may_be_unmarked`: entries of a release before MACs."""
    if leaf_hash(row.leaf) != row.leaf_hash:
        return RowFault(row.id, "its leaf does not hash to its leaf hash")
    # Canonical JSON and closed patterns: this text stands in a leaf as its id or not at all.
    if f'"id":"{row.id}"'.encode() not in row.leaf:
        return RowFault(row.id, "its leaf is that of another entry")
    if row.writer_id is None or row.writer_seq is None or row.row_mac is None:
        return None if may_be_unmarked else RowFault(row.id, "it has no row MAC: forged")
    return _mac_fault(row, key, row.writer_id, row.writer_seq)


def _mac_fault(row: StoredRow, key: PurposeKey, writer: str, seq: int) -> RowFault | None:
    previous = NO_MAC if seq == 1 else row.previous
    if previous is None:
        said = f"entry {seq - 1} of its writer {writer} is missing: deleted"
        return RowFault(row.id, said)
    expected = row_mac(key, row.leaf_hash, writer, seq, previous) if seq > 0 else b""
    if row.row_mac is None or not same_digest(expected, row.row_mac):
        return RowFault(row.id, f"its row MAC is wrong (entry {seq} of writer {writer}): forged")
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """Waiting entries: those to be placed, in order, and what is wrong with the others."""

    sound: list[StoredRow]
    faults: list[RowFault]


def check_waiting(
    waiting: Sequence[tuple[Any, StoredRow]], key: PurposeKey, may_be_unmarked: bool
) -> Checked:
    """Check each waiting entry, and put each after its writer's entries before it.

    The order is that of time, except that a clock set back does not turn a writer's entries round.
    """
    sound, faults = [], []
    for at, row in waiting:
        fault = fault_of(row, key, may_be_unmarked=may_be_unmarked)
        if fault is None:
            sound.append((at, row))
        else:
            faults.append(fault)
    return Checked(_in_writers_order(sound), faults)


def _in_writers_order(rows: Sequence[tuple[Any, StoredRow]]) -> list[StoredRow]:
    latest: dict[str | None, Any] = {}
    timed = []
    for at, row in sorted(rows, key=lambda each: each[1].writer_seq or 0):
        moment = max(at, latest.get(row.writer_id, at)) if row.writer_id else at
        latest[row.writer_id] = moment
        timed.append((moment, row.writer_id or "", row.writer_seq or 0, row.id, row))
    return [row for *_, row in sorted(timed, key=lambda each: each[:4])]


def waiting_asked(after: tuple[Any, str] | None, limit: int) -> driver.Asked:
    """Asks for pending entries, oldest first, from after the (time, id) given."""
    if after is None:
        return _WAITING, {"limit": limit}
    return _WAITING_AFTER, {"limit": limit, "at": after[0], "id": after[1]}


def waiting_found(rows: Sequence[driver.Row]) -> list[tuple[Any, StoredRow]]:
    """What the database answered to `waiting_asked`: entries with the time of each."""
    return [(row[-1], _stored(row)) for row in rows]


def waiting_rows(session: Session) -> list[tuple[Any, StoredRow]]:
    """All pending entries with the time of each, oldest first."""
    return waiting_found(driver.fetch(session, *waiting_asked(None, _ALL)))


def waiting_faults(session: Session, key: PurposeKey, *, may_be_unmarked: bool) -> list[RowFault]:
    """What is wrong with the entries of the session's practice that wait now."""
    return check_waiting(waiting_rows(session), key, may_be_unmarked).faults


def placed_rows(session: Session, practice_id: str, first: int) -> Iterator[tuple[int, StoredRow]]:
    """(index, entry) in tree order from index `first`, streamed."""
    given = {"practice": practice_id, "first": first}
    with session.execute(_PLACED, given, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            yield row[-1], _stored(row)


def _stored(row: Sequence[Any]) -> StoredRow:
    return StoredRow(*row[: len(_COLUMNS)])


_PREVIOUS = (
    (_before.practice_id == EntryRow.practice_id)
    & (_before.writer_id == EntryRow.writer_id)
    & (_before.writer_seq == EntryRow.writer_seq - 1)
)
_ALL = 2**62
_FROM_PENDING = (
    "SELECT e.id, e.leaf, e.leaf_hash, e.writer_id, e.writer_seq, e.row_mac, b.row_mac, p.at "
    "FROM audit_pending p "
    "JOIN audit_entry e ON e.practice_id = p.practice_id AND e.id = p.entry_id "
    "LEFT JOIN audit_entry b ON b.practice_id = e.practice_id AND b.writer_id = e.writer_id "
    "AND b.writer_seq = e.writer_seq - 1 "
    "WHERE p.practice_id = {practice} "
)
_OLDEST_FIRST = "ORDER BY p.at, p.entry_id LIMIT {limit}"
_WAITING = driver.spellings(_FROM_PENDING + _OLDEST_FIRST)
_WAITING_AFTER = driver.spellings(
    _FROM_PENDING + "AND (p.at, p.entry_id) > ({at}, {id}) " + _OLDEST_FIRST
)
_PLACED = (
    select(*_COLUMNS, LeafRow.leaf_index)
    .select_from(LeafRow)
    .join(EntryRow, IS_LEAF_OF)
    .outerjoin(_before, _PREVIOUS)
    .where(LeafRow.practice_id == bindparam("practice"), LeafRow.leaf_index >= bindparam("first"))
    .order_by(LeafRow.leaf_index)
)
