"""Duties, everything that happened to them (append-only), and the decisions that met them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class DutyRow(PracticeOwned, Base):
    """An obligation with a due date and a proof. At most one of a key is open.

    `key` names (duty, owner, clinician, client, rule, subject); `subject` is the event, or the
    course of care and perhaps the tie, that the duty is about. `next_step_on`: the day of its next
    reminder, lateness or escalation; `walked_on`: the last day the worker looked at it.
    """

    __tablename__ = "duty"
    __table_args__ = (
        Index(None, "practice_id", "clinician_id"),
        Index(None, "practice_id", "client_id"),
        Index(None, "practice_id", "key"),
        Index("ix_duty_due", "practice_id", "due_on"),
        Index(
            "ix_duty_next_step",
            "practice_id",
            "next_step_on",
            sqlite_where=text("next_step_on IS NOT NULL"),
            postgresql_where=text("next_step_on IS NOT NULL"),
        ),
        Index(
            "uq_duty_open",
            "practice_id",
            "key",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(String(12))
    clinician_id: Mapped[str | None] = mapped_column(UuidText)
    client_id: Mapped[str | None] = mapped_column(UuidText)
    case_id: Mapped[str | None] = mapped_column(UuidText)
    decision_id: Mapped[str | None] = mapped_column(UuidText)
    rule: Mapped[str | None] = mapped_column(String(100))
    pack_digest: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(64))
    round: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(20))
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_on: Mapped[str] = mapped_column(String(10))
    due_basis: Mapped[str] = mapped_column(String(10))
    source_says: Mapped[str] = mapped_column(String(40))
    next_step_on: Mapped[str | None] = mapped_column(String(10))
    walked_on: Mapped[str | None] = mapped_column(String(10))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[str | None] = mapped_column(String(60))
    version: Mapped[int] = mapped_column(default=1)


class DutyMoveRow(PracticeOwned, Base):
    """One append-only move. `fell_on` is the day it was due to happen, `at` when it was written.

    The words (a proof, a reason, who was told) are sealed.
    """

    __tablename__ = "duty_move"

    duty_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    step: Mapped[str | None] = mapped_column(String(20))
    old_state: Mapped[str | None] = mapped_column(String(20))
    new_state: Mapped[str] = mapped_column(String(20))
    actor: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    fell_on: Mapped[str] = mapped_column(String(10))
    owner_person_id: Mapped[str | None] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class DutyOccurrenceRow(PracticeOwned, Base):
    """A decision that raised, or again met, a duty."""

    __tablename__ = "duty_occurrence"
    __table_args__ = (Index(None, "practice_id", "decision_id"),)

    duty_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    decision_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
