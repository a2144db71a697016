"""Cases: one open case per question, everything that happened to it append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class CaseRow(PracticeOwned, Base):
    """A question put to people: (clinician, client, kind). At most one of a question is open."""

    __tablename__ = "review_case"
    __table_args__ = (
        Index(None, "practice_id", "client_id"),
        Index(
            "uq_review_case_open",
            "practice_id",
            "clinician_id",
            "client_id",
            "kind",
            unique=True,
            sqlite_where=text("state != 'closed'"),
            postgresql_where=text("state != 'closed'"),
        ),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    clinician_id: Mapped[str] = mapped_column(UuidText)
    client_id: Mapped[str] = mapped_column(UuidText)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    standing: Mapped[str] = mapped_column(String(30))
    outcome: Mapped[str] = mapped_column(String(12))
    waivable: Mapped[bool] = mapped_column()
    facts_digest: Mapped[str] = mapped_column(String(64))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[str | None] = mapped_column(String(10))
    valid_until: Mapped[str | None] = mapped_column(String(10))
    assigned_to: Mapped[str | None] = mapped_column(UuidText)
    consultant_id: Mapped[str | None] = mapped_column(UuidText)
    version: Mapped[int] = mapped_column(default=1)


class CaseOccurrenceRow(PracticeOwned, Base):
    """A decision that raised, or again met, the question of a case."""

    __tablename__ = "case_occurrence"
    __table_args__ = (Index(None, "practice_id", "decision_id"),)

    case_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    decision_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseMoveRow(PracticeOwned, Base):
    """One append-only move: old state, new state, who and why. The words are sealed."""

    __tablename__ = "case_move"

    case_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    old_state: Mapped[str | None] = mapped_column(String(20))
    new_state: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
