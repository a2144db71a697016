"""What people did with the log: ranges they reviewed, and verifications they asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class ReviewedRangeRow(PracticeOwned, Base):
    """Somebody examined the entries `first_index` to `last_index`, both included. Insert-only.

    The id is that of its audit entry `audit.reviewed`. The note is sealed under the practice key.
    """

    __tablename__ = "reviewed_range"
    __table_args__ = (Index("ix_reviewed_range_first", "practice_id", "first_index"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_ref: Mapped[str] = mapped_column(String(60))
    first_index: Mapped[int] = mapped_column(BigInteger)
    last_index: Mapped[int] = mapped_column(BigInteger)
    sealed_note: Mapped[bytes | None] = mapped_column(LargeBinary)


class LogCheckRow(PracticeOwned, Base):
    """A verification of the whole log that somebody asked for: how far it is, and what it found.

    `exit_code` 0 ok, 1 tampered, 2 cannot tell; `first_bad` the first bad index, if one is known.
    """

    __tablename__ = "log_check"
    __table_args__ = (Index("ix_log_check_asked", "practice_id", "asked_at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    size: Mapped[int] = mapped_column(BigInteger)
    """Entries the log had when it was asked for."""
    checked: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    exit_code: Mapped[int | None] = mapped_column(SmallInteger)
    first_bad: Mapped[int | None] = mapped_column(BigInteger)
    said: Mapped[str | None] = mapped_column(String(500))
