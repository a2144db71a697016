"""Row MACs and per-writer counters: what shows a forged or deleted entry before it is sealed.

A *writer* is one database connection in one practice. Its entries are numbered from 1 and chained:

    row_mac = HMAC(practice's row-MAC key, leaf hash | writer id | number | previous row_mac)

Without the key no entry can be put in, altered or moved; an entry taken out leaves a hole, or a MAC
that follows nothing, as soon as a later entry of its writer stands.

GUARANTEE: a number is used again only if the transaction that used it is known to be rolled back.
A counter advances when the commit is confirmed; when nobody knows whether a commit came through,
its writer is retired, and the connection's next entry begins a new writer. Rolled-back entries
therefore leave no hole, and a hole is never harmless.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from policy_service.database.keyring import Keyring
from policy_service.errors import NotReady
from policy_service.vault.blind import keyed_mac
from policy_service.vault.keys import PurposeKey

NO_MAC = bytes(32)
"""What a writer's first entry follows."""
_SHELF = "audit_writers"
_IN_TRANSACTION = 2
"""libpq's PQTRANS_INTRANS: an open transaction in which nothing failed."""


def row_mac(key: PurposeKey, leaf_hash: bytes, writer_id: str, seq: int, previous: bytes) -> bytes:
    """The MAC of a writer's entry number `seq`; `previous` is that of the entry before it."""
    return keyed_mac(key, (leaf_hash, writer_id.encode(), seq.to_bytes(8, "big"), previous))


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer after its entry number `seq`, whose MAC is `mac`. Number 0: nothing written yet."""

    id: str
    seq: int = 0
    mac: bytes = NO_MAC

    def write(self, key: PurposeKey, leaf_hash: bytes) -> Writer:
        """The writer after one more entry."""
        seq = self.seq + 1
        return Writer(self.id, seq, row_mac(key, leaf_hash, self.id, seq, self.mac))


@dataclass(slots=True)
class Shelf:
    """A connection's writers by practice: as confirmed, and as the open transaction moved them."""

    confirmed: dict[str, Writer] = field(default_factory=dict)
    staged: dict[str, Writer] = field(default_factory=dict)
    savepoints: list[dict[str, Writer]] = field(default_factory=list)
    is_committing: bool = False

    def writer(self, practice_id: str) -> Writer:
        """The practice's writer as of now; a new one where there is none or it was retired."""
        known = self.staged.get(practice_id) or self.confirmed.get(practice_id)
        return known or Writer(str(uuid.uuid4()))

    def confirm(self) -> None:
        """The commit came through."""
        self.confirmed.update(self.staged)
        self._end()

    def undo(self) -> None:
        """The transaction is over without a confirmed commit; retires whom a commit left in doubt.

        Whatever was staged is forgotten: rolled back, its numbers were never used.
        """
        if self.is_committing:
            for practice_id in self.staged:
                self.confirmed.pop(practice_id, None)
        self._end()

    def _end(self) -> None:
        self.staged, self.savepoints, self.is_committing = {}, [], False


def shelf_of(session: Session) -> Shelf:
    """The shelf of the session's connection; it lives and dies with that connection."""
    info = session.connection().info
    shelf: Shelf = info.get(_SHELF) or info.setdefault(_SHELF, Shelf())
    session.info[_SHELF] = shelf
    return shelf


class Mark(NamedTuple):
    """The columns by which an entry is its writer's."""

    writer_id: str | None
    writer_seq: int | None
    row_mac: bytes | None


def write_next(session: Session, keyring: Keyring, leaf_hashes: Iterable[bytes]) -> list[Mark]:
    """Number and mark the entries that this transaction is about to insert, in their order."""
    shelf, key = shelf_of(session), keyring.row_mac_key
    writer = shelf.writer(keyring.practice_id)
    marks: list[Mark] = []
    for leaf_hash in leaf_hashes:
        writer = writer.write(key, leaf_hash)
        marks.append(Mark(writer.id, writer.seq, writer.mac))
    shelf.staged[keyring.practice_id] = writer
    return marks


@event.listens_for(Engine, "begin")
def _forget_leftovers(connection: Connection) -> None:
    """Whatever an earlier transaction left without a word is over."""
    shelf: Shelf | None = connection.info.get(_SHELF)
    if shelf is not None and shelf.staged:
        shelf.undo()


@event.listens_for(Engine, "commit")
def _note_commit(connection: Connection) -> None:
    """From here on until the confirmation, nobody knows."""
    shelf: Shelf | None = connection.info.get(_SHELF)
    if shelf is not None and shelf.staged:
        shelf.is_committing = True


@event.listens_for(Session, "before_commit")
def _refuse_failed(session: Session) -> None:
    """PostgreSQL answers COMMIT of a failed transaction by a rollback and no error."""
    if _SHELF in session.info and session.get_bind().dialect.name == "postgresql":
        driver: Any = session.connection().connection.dbapi_connection
        if driver.info.transaction_status != _IN_TRANSACTION:
            raise NotReady("A statement of this transaction failed; it cannot be recorded.")


@event.listens_for(Engine, "rollback")
def _note_rollback(connection: Connection) -> None:
    if not connection.closed and not connection.invalidated:
        shelf: Shelf | None = connection.info.get(_SHELF)
        if shelf is not None:
            shelf.undo()


@event.listens_for(Engine, "savepoint")
def _note_savepoint(connection: Connection, _name: str | None) -> None:
    shelf: Shelf | None = connection.info.get(_SHELF)
    if shelf is not None:
        shelf.savepoints.append(dict(shelf.staged))


@event.listens_for(Engine, "rollback_savepoint")
def _note_partial_rollback(connection: Connection, _name: str, _context: None) -> None:
    """Entries since the savepoint never were; a savepoint from before the first knows of none."""
    shelf: Shelf | None = connection.info.get(_SHELF)
    if shelf is not None:
        shelf.staged = shelf.savepoints.pop() if shelf.savepoints else {}


@event.listens_for(Engine, "release_savepoint")
def _note_release(connection: Connection, _name: str, _context: None) -> None:
    shelf: Shelf | None = connection.info.get(_SHELF)
    if shelf is not None and shelf.savepoints:
        shelf.savepoints.pop()


@event.listens_for(Session, "after_begin")
def _take_no_other_shelf(
    session: Session, transaction: SessionTransaction, _connection: Connection
) -> None:
    """A session that begins anew has nothing to confirm of the connection it had before."""
    if not transaction.nested:
        session.info.pop(_SHELF, None)


@event.listens_for(Session, "after_commit")
def _note_confirmation(session: Session) -> None:
    """The outermost transaction is committed: a released savepoint confirms nothing."""
    if not session.in_nested_transaction():
        shelf: Shelf | None = session.info.pop(_SHELF, None)
        if shelf is not None:
            shelf.confirm()
