"""Work rows: they commit with their cause and are done later, at least once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class WorkRow(PracticeOwned, Base):
    """One piece of work. `body` is canonical JSON of ids only, `subject` its SHA-256.

    Of twins that wait there is one: whoever asks again finds it waiting.
    """

    __tablename__ = "work"
    __table_args__ = (
        Index("ix_work_due", "practice_id", "state", "due_at"),
        Index(
            "uq_work_waiting",
            "practice_id",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(500))
