"""Sign the committed head, once it is proved to continue what was published before.

Signing comes after the commit of the tree, in no transaction: a crash can delay a checkpoint, never
fork the log. The order is: compare, sign, keep the head outside (durably), store, give away.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from policy_service.audit.guard import LogGuard, guard_in
from policy_service.audit.published import Published
from policy_service.audit.reading import head, subtree_reader
from policy_service.database.session import Database
from policy_service.database.tables.audit import CheckpointRow, HeadRow
from policy_service.errors import NotReady
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.merkle import Head, consistency_proof
from policy_service.ledger.note import Signer, Verifier, keys_of, signed_by

_TRIES = 10
Prove = Callable[[int], tuple[bytes, ...]]
"""The consistency proof from an older size to the head that is to be signed."""


@runtime_checkable
class HeadSigner(Protocol):
    """A signer that asks for a proof: it remembers what it signed last (audit.signer)."""

    def sign_head(self, checkpoint: Checkpoint, prove: Prove) -> str:
        """The signed note. SignerMovedOn where it has signed a larger one meanwhile."""
        ...


class SignerMovedOn(Exception):
    """Another host had a larger head signed meanwhile: look at the log again."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The committed head, what this machine published last, and a stored note of the head."""

    current: Head
    known: Published | None
    note: str | None


def latest_checkpoint(database: Database, practice_id: str, signer: Signer, now: datetime) -> str:
    """The signed checkpoint of the committed size; signs it if nobody has.

    LogContradicted, and an alarm, if the log does not continue every head known outside.
    """
    guard = guard_in(database)
    for _ in range(_TRIES):
        found = _look(database, practice_id, signer, guard)
        if found.note is not None and _is_kept(found):
            return found.note
        with guard.heads.locked(practice_id):
            if guard.heads.last(practice_id) is not found.known:
                continue  # another signer was faster: compare with what it published
            try:
                note = found.note or _sign(database, practice_id, signer, found.current)
            except SignerMovedOn:
                continue  # the next look asks it first, and refuses the log if it is shorter
            guard.heads.keep(practice_id, note)
        _store(database, practice_id, found.current.size, note, now)
        return note
    raise NotReady("Others kept signing the log meanwhile.")


def sign_anew(database: Database, practice_id: str, signer: Signer, now: datetime) -> str:
    """Sign the committed head and publish it whatever was published before: an officer said so.

    Only `services.log_alarms` does this, once the entry that says why is in the tree.
    """
    guard = guard_in(database)
    with guard.heads.locked(practice_id):
        with database.read(practice_id) as session:
            current = head(session, practice_id)
        note = _sign(database, practice_id, signer, current)
        guard.heads.keep(practice_id, note)
    _store(database, practice_id, current.size, note, now)
    return note


def _look(database: Database, practice_id: str, signer: Signer, guard: LogGuard) -> _Found:
    """One snapshot, compared with everybody outside and checked entry by entry since then."""
    outside = guard.outside(practice_id)
    with database.read(practice_id) as session:
        guard.require_sound(session, practice_id, outside)
        current = head(session, practice_id)
        note = _stored_note(session, practice_id, current.size)
        if note is not None and not _is_of(note, current, signer):
            guard.refuse(practice_id, f"its stored checkpoint of size {current.size} is not ours")
        found = _Found(current, outside.published, note)
        if not _is_kept(found):
            guard.require_grown(session, practice_id, outside.published, current)
    return found


def _is_kept(found: _Found) -> bool:
    return found.known is not None and found.known.checkpoint.head == found.current


def _is_of(note: str, current: Head, signer: Signer) -> bool:
    """By the log's key, or in a changeover by the one before: a head may be signed in between."""
    keys = [Verifier.of(key) for key in keys_of(signer)]
    try:
        return open_checkpoint(note, signed_by(note, keys)).head == current
    except NoteRefused:
        return False


def _sign(database: Database, practice_id: str, signer: Signer, current: Head) -> str:
    checkpoint = Checkpoint(signer.name, current.size, current.root)
    if not isinstance(signer, HeadSigner):
        return sign_checkpoint(checkpoint, signer).to_text()

    def prove(old_size: int) -> tuple[bytes, ...]:
        with database.read(practice_id) as session:
            return consistency_proof(subtree_reader(session, practice_id), old_size, current.size)

    return signer.sign_head(checkpoint, prove)


def _store(database: Database, practice_id: str, size: int, note: str, now: datetime) -> None:
    """Keep the note, with a time that never goes back; another host may have stored it first."""
    with suppress(IntegrityError), database.write(practice_id) as session:
        if _stored_note(session, practice_id, size) is None:
            before = last_signed_at(session, practice_id)
            row = {"practice_id": practice_id, "size": size, "note": note}
            row["signed_at"] = max(now, before) if before else now
            session.execute(insert(CheckpointRow), [row])
        session.execute(
            update(HeadRow)
            .where(HeadRow.practice_id == practice_id, HeadRow.published.is_(False))
            .values(published=True)
            .execution_options(synchronize_session=False)
        )


def last_signed_at(session: Session, practice_id: str) -> datetime | None:
    """Time of the newest checkpoint; such times never go back."""
    return session.scalars(
        select(CheckpointRow.signed_at)
        .where(CheckpointRow.practice_id == practice_id)
        .order_by(CheckpointRow.size.desc())
        .limit(1)
    ).first()


def _stored_note(session: Session, practice_id: str, size: int) -> str | None:
    return session.execute(
        select(CheckpointRow.note).where(
            CheckpointRow.practice_id == practice_id, CheckpointRow.size == size
        )
    ).scalar_one_or_none()
