"""Erasures of persons, the legal holds that forbid them, and how long records are kept at least."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class ErasureRow(PracticeOwned, Base):
    """One erasure: asked, then refused, dropped or done. It names a random id and says codes only.

    `blocks` says what stood in the way when it was last looked at: codes, each perhaps with the day
    on which it ends. `scrubbed_at`: when the old pages of the database were overwritten as well.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index("ix_erasure_person", "practice_id", "person_id"),
        Index("ix_erasure_state", "practice_id", "state", "asked_at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_id: Mapped[str] = mapped_column(UuidText)
    ground: Mapped[str] = mapped_column(String(30))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    blocks: Mapped[str] = mapped_column(String(300))
    people: Mapped[str] = mapped_column(Text)
    """The ids of the records asked for, and once it is done of all that were erased, with a space
    between."""
    entry_id: Mapped[str | None] = mapped_column(UuidText)
    scrubbed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LegalHoldRow(PracticeOwned, Base):
    """While it stands, the person is not erased. Both reasons are sealed under the person's key."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_person", "practice_id", "person_id"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_id: Mapped[str] = mapped_column(UuidText)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    placed_by: Mapped[str] = mapped_column(String(60))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lifted_by: Mapped[str | None] = mapped_column(String(60))
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_lifting: Mapped[bytes | None] = mapped_column(LargeBinary)


class RetentionFloorRow(PracticeOwned, Base):
    """For how many years records are kept at least; the newest number counts."""

    __tablename__ = "retention_floor"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    years: Mapped[int] = mapped_column()
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(60))
