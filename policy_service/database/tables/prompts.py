"""Prompts put before somebody at an EHR, what was done with them, and who those people are here.

HL7 EHR-S FM 2.1.1 CPS.3.8: that a prompt was rendered, the response, and the reason for variation.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class PromptRow(PracticeOwned, Base):
    """A card, or a REST answer that asked for a step. `id` is the card's uuid, or the decision's.

    `answer_due_at` is when the timer raises it; null when nobody waits for an answer (any more).
    `sealed` is what was shown, to whom and where, under the client's key.
    """

    __tablename__ = "prompt"
    __table_args__ = (
        Index("ix_prompt_due", "practice_id", "answer_due_at"),
        Index("ix_prompt_decision", "practice_id", "decision_id"),
        Index("ix_prompt_at", "practice_id", "at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    door: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ehr_client_id: Mapped[str] = mapped_column(UuidText)
    hook: Mapped[str | None] = mapped_column(String(40))
    decision_id: Mapped[str | None] = mapped_column(UuidText)
    owner_person_id: Mapped[str | None] = mapped_column(UuidText)
    indicator: Mapped[str] = mapped_column(String(10))
    is_silent: Mapped[bool] = mapped_column()
    answer_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class CardFeedbackRow(PracticeOwned, Base):
    """One report of what somebody did with an answer, as it arrived, through any door.

    `fingerprint` is a keyed digest of (card, outcome, timestamp): a report that comes twice is one.
    `prompt_id` null: an orphan, whose card is not known here. `owner_person_id` null: sealed under
    the practice's key.
    """

    __tablename__ = "card_feedback"
    __table_args__ = (
        UniqueConstraint("practice_id", "fingerprint"),
        Index("ix_card_feedback_prompt", "practice_id", "prompt_id"),
        Index("ix_card_feedback_received", "practice_id", "received_at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    door: Mapped[str] = mapped_column(String(4))
    ehr_client_id: Mapped[str] = mapped_column(UuidText)
    prompt_id: Mapped[str | None] = mapped_column(UuidText)
    decision_id: Mapped[str | None] = mapped_column(UuidText)
    outcome: Mapped[str | None] = mapped_column(String(20))
    is_conformant: Mapped[bool] = mapped_column()
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    owner_person_id: Mapped[str | None] = mapped_column(UuidText)
    entry_id: Mapped[str] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ExternalIdentifierRow(PracticeOwned, Base):
    """What an EHR calls a clinician or an account of ours.

    `system` is an identifier system's URI, or a FHIR resource type for the ids of references
    ("Practitioner", "PractitionerRole"). Of `clinician_id` and `login_id` exactly one is set.
    """

    __tablename__ = "external_identifier"

    system: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str] = mapped_column(String(200), primary_key=True)
    clinician_id: Mapped[str | None] = mapped_column(UuidText)
    login_id: Mapped[str | None] = mapped_column(UuidText)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(60))


class LostCallRow(PracticeOwned, Base):
    """A hook call that arrived and could not be answered: kept, so that nothing is lost.

    `sealed` is the body as it came and why it failed, under the practice's key.
    """

    __tablename__ = "lost_call"
    __table_args__ = (Index("ix_lost_call_at", "practice_id", "at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ehr_client_id: Mapped[str] = mapped_column(UuidText)
    service: Mapped[str] = mapped_column(String(60))
    status: Mapped[int] = mapped_column()
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str | None] = mapped_column(String(60))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
