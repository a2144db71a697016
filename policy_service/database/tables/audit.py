"""The audit log's rows (docs/design/audit-log.md). All but the head are insert-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class EntryRow(PracticeOwned, Base):
    """One entry. `leaf` holds the bytes that the tree commits to; the other columns only index it.

    Its place in the tree is its `LeafRow`; until it has one, a `PendingRow` waits for the sealer.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "practice_id", "at"),
        Index("ix_audit_entry_action", "practice_id", "action"),
        Index("uq_audit_entry_writer", "practice_id", "writer_id", "writer_seq", unique=True),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(60))
    actor_ref: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str | None] = mapped_column(String(30))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    writer_id: Mapped[str | None] = mapped_column(UuidText)
    """Which connection wrote it (audit/writers); None in entries of a release before row MACs."""
    writer_seq: Mapped[int | None] = mapped_column(BigInteger)
    row_mac: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class EntrySubjectRow(PracticeOwned, Base):
    """Index from a subject's pseudonym to the entries that name it."""

    __tablename__ = "audit_entry_subject"

    subject_ref: Mapped[str] = mapped_column(String(60), primary_key=True)
    entry_id: Mapped[str] = mapped_column(UuidText, primary_key=True)


class OpeningRow(PracticeOwned, Base):
    """The opening of one commitment, sealed under the key of the person it tells about.

    `owner_person_id` None means the practice key (nothing of a person inside).
    """

    __tablename__ = "audit_opening"
    __table_args__ = (Index(None, "practice_id", "owner_person_id"),)

    entry_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner_person_id: Mapped[str | None] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PendingRow(PracticeOwned, Base):
    """An entry that committed but has no place in the tree yet."""

    __tablename__ = "audit_pending"

    entry_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeafRow(PracticeOwned, Base):
    """The place of an entry in the tree: contiguous from 0, never a database sequence."""

    __tablename__ = "audit_leaf"
    __table_args__ = (Index("uq_audit_leaf_entry", "practice_id", "entry_id", unique=True),)

    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(UuidText)


class NodeRow(PracticeOwned, Base):
    """The hash of one complete subtree: level 0 are leaves. Proofs are read from these rows."""

    __tablename__ = "audit_node"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    node_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class HeadRow(PracticeOwned, Base):
    """Size, frontier and root; moved only by compare-and-swap on size.

    `published`: a head of this log was once kept outside the database, so one must be there.
    """

    __tablename__ = "audit_head"

    size: Mapped[int] = mapped_column(BigInteger)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    published: Mapped[bool] = mapped_column(default=False, server_default=false())


class CheckpointRow(PracticeOwned, Base):
    """A signed checkpoint of a committed size."""

    __tablename__ = "audit_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(String(2000))
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


IS_LEAF_OF = (LeafRow.practice_id == EntryRow.practice_id) & (LeafRow.entry_id == EntryRow.id)
"""Joins an entry with its place in the tree."""
IS_OPENING_OF = (OpeningRow.practice_id == EntryRow.practice_id) & (
    OpeningRow.entry_id == EntryRow.id
)
"""Joins an entry with its openings."""
IS_PENDING = (PendingRow.practice_id == EntryRow.practice_id) & (PendingRow.entry_id == EntryRow.id)
"""Joins an entry with what tells that it waits for the sealer."""
