"""Rosters that were dropped: what each would change, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class RosterDropRow(PracticeOwned, Base):
    """One file, from its preview to its end. In clear stand states, numbers and the file's digest.

    `sealed` (what would change, the refused lines) and `sealed_file` lie under the practice's key;
    the file goes when it is applied, discarded or too old. `held` says why a person must confirm.
    """

    __tablename__ = "roster_drop"
    __table_args__ = (
        Index("ix_roster_drop_at", "practice_id", "at"),
        Index("ix_roster_drop_state", "practice_id", "state", "expires_at"),
        Index("ix_roster_drop_digest", "practice_id", "kind", "digest"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the bytes, in hexadecimal."""
    source: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    held: Mapped[str | None] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created: Mapped[int] = mapped_column()
    updated: Mapped[int] = mapped_column()
    unchanged: Mapped[int] = mapped_column()
    refused: Mapped[int] = mapped_column()
    ended: Mapped[int] = mapped_column()
    missing: Mapped[int] = mapped_column()
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_file: Mapped[bytes | None] = mapped_column(LargeBinary)
