"""Verify a log against its tree, its stored nodes, its openings' leaves and its checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from policy_service.audit.filing import Filed
from policy_service.audit.guard import guard_in
from policy_service.audit.protection import missing_triggers
from policy_service.audit.reading import head
from policy_service.audit.rows import waiting_faults
from policy_service.database.session import Database
from policy_service.database.tables.audit import (
    IS_LEAF_OF,
    IS_PENDING,
    CheckpointRow,
    EntryRow,
    LeafRow,
    PendingRow,
)
from policy_service.database.tables.decisions import DecisionRow
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Signer, Verifier, signed_by
from policy_service.ledger.verify import Entry, Verification, verify_entries


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found, in one line. Exit code 0 ok, 1 tampered, 2 cannot tell."""

    exit_code: int
    text: str
    first_bad: int | None = None


def verify_log(
    database: Database,
    practice_id: str,
    signer: Signer,
    older_keys: Sequence[Verifier] = (),
    progress: Callable[[int], None] | None = None,
) -> Verdict:
    """Read the whole log of a practice in one snapshot and check it.

    `older_keys`: those that signed heads before the present one (`Desk.log_verifiers`).
    `progress` is told how many entries were read so far, after each.
    """
    guard = guard_in(database)
    try:
        known = guard.heads.last(practice_id)  # before the snapshot: see LogGuard.outside
    except NoteRefused as error:
        return Verdict(1, f"TAMPERED: the head published last cannot be read ({error})")
    with database.read(practice_id) as session:
        committed = head(session, practice_id)
        if committed.size == 0:
            return Verdict(2, "cannot tell: the log has no entry 0")
        try:
            older = _checkpoints(session, practice_id, (Verifier.of(signer), *older_keys))
        except NoteRefused as error:
            return Verdict(1, f"TAMPERED: a stored checkpoint is not ours ({error})")
        current = Checkpoint(signer.name, committed.size, committed.root)
        filed = Filed(session, practice_id)
        newest = max((*older, current), key=lambda each: each.size)  # of one size, the signed one
        result = verify_entries(_told(filed.entries(), progress), newest, older)
        if not result.ok or filed.misfiled:
            return _tampered(result, filed)
        said = _head_fault(current, newest) or guard.contradiction(session, practice_id, known)
        key = guard.row_key(practice_id)
        loose = said or _loose_ends(session, practice_id)
        forged = waiting_faults(session, key, may_be_unmarked=known is None)
        pending = _count(session, practice_id, PendingRow)
    if loose or forged:
        return Verdict(1, f"TAMPERED: {'; '.join(filter(None, (loose, *map(str, forged))))}")
    waiting = f", {pending} waiting for their place" if pending else ""
    signed = f"{len(older)} signed checkpoints" if older else "no signed checkpoint yet"
    return Verdict(0, f"ok: {committed.size} entries, {signed}{waiting}")


def _head_fault(current: Checkpoint, newest: Checkpoint) -> str:
    """The head row is no authority: where a signed head covers as much, it must be that one."""
    if current == newest:
        return ""
    return f"the head of {current.size} entries is not the signed one of {newest.size}"


def _tampered(result: Verification, filed: Filed) -> Verdict:
    """The first bad index, with the field that was altered where a row shows which."""
    index, field = filed.misfiled or (result.first_bad, "")
    if result.ok:
        return Verdict(1, f"TAMPERED at index {index}: {field}", index)
    also = f"; at index {index} {field}" if field else ""
    said = f"TAMPERED at index {result.first_bad}: {result.reason}{also}"
    return Verdict(1, said, result.first_bad)


def _told(read: Iterator[Entry], progress: Callable[[int], None] | None) -> Iterator[Entry]:
    if progress is None:
        yield from read
        return
    for number, entry in enumerate(read, start=1):
        yield entry
        progress(number)


def _checkpoints(session: Session, practice_id: str, keys: Sequence[Verifier]) -> list[Checkpoint]:
    notes = session.scalars(
        select(CheckpointRow.note)
        .where(CheckpointRow.practice_id == practice_id)
        .order_by(CheckpointRow.size)
    )
    return [open_checkpoint(note, signed_by(note, keys)) for note in notes]


def _loose_ends(session: Session, practice_id: str) -> str | None:
    """Decisions without an entry, entries that are neither in the tree nor waiting, and triggers
    that were dropped: their absence changed nothing yet, but somebody took them away."""
    for what, ids in (
        ("a trigger that keeps rows from being changed is gone", missing_triggers(session)),
        ("a decision has no audit entry", _decisions_without_entry(session, practice_id)),
        ("an entry is neither in the tree nor waiting", _lost_entries(session, practice_id)),
    ):
        for found in ids:
            return f"{what}: {found}"
    return None


def _decisions_without_entry(session: Session, practice_id: str) -> Iterator[str]:
    joined = (EntryRow.practice_id == DecisionRow.practice_id) & (
        EntryRow.id == DecisionRow.entry_id
    )
    yield from session.scalars(
        select(DecisionRow.id)
        .outerjoin(EntryRow, joined)
        .where(DecisionRow.practice_id == practice_id, EntryRow.id.is_(None))
        .limit(1)
    )


def _lost_entries(session: Session, practice_id: str) -> Iterator[str]:
    yield from session.scalars(
        select(EntryRow.id)
        .outerjoin(LeafRow, IS_LEAF_OF)
        .outerjoin(PendingRow, IS_PENDING)
        .where(
            EntryRow.practice_id == practice_id,
            LeafRow.entry_id.is_(None),
            PendingRow.entry_id.is_(None),
        )
        .limit(1)
    )


def _count(session: Session, practice_id: str, table: type[PendingRow]) -> int:
    return session.execute(
        select(func.count()).select_from(table).where(table.practice_id == practice_id)
    ).scalar_one()
