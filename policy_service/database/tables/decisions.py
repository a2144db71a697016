"""Decisions and the stored responses that make a retried request answer alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class DecisionRow(PracticeOwned, Base):
    """One check or screening line. Facts and body are sealed under the client's own key."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_pair", "practice_id", "client_id", "clinician_id"),
        Index("ix_decision_at", "practice_id", "at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    clinician_id: Mapped[str] = mapped_column(UuidText)
    client_id: Mapped[str] = mapped_column(UuidText)
    purpose: Mapped[str] = mapped_column(String(20))
    as_of: Mapped[str] = mapped_column(String(10))
    outcome: Mapped[str] = mapped_column(String(12))
    could_become: Mapped[str] = mapped_column(String(12))
    complete: Mapped[bool] = mapped_column()
    packs: Mapped[str] = mapped_column(Text)
    """Digests of the packs evaluated, with a space between."""
    semantics: Mapped[int] = mapped_column()
    model: Mapped[str] = mapped_column(String(64))
    entry_id: Mapped[str] = mapped_column(UuidText)
    sealed_facts: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_body: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_context: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(String(1000))
    is_silent: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Asked by a silent client, which was not told: nothing follows from it."""


class StoredResponseRow(PracticeOwned, Base):
    """One Idempotency-Key: inserted first in the write transaction, so that a twin waits for it.

    `sealed` is the response as first given; `fingerprint` a keyed digest of method, path and body.
    """

    __tablename__ = "stored_response"
    __table_args__ = (Index(None, "practice_id", "expires_at"),)

    ehr_client_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int | None] = mapped_column()
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
