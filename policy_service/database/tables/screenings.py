"""Screenings: one client against many clinicians, in one record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class ScreeningRow(PracticeOwned, Base):
    """`sealed_lines` (one line a clinician) lies under the client's own key."""

    __tablename__ = "screening"
    __table_args__ = (Index("ix_screening_client", "practice_id", "client_id"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    client_id: Mapped[str] = mapped_column(UuidText)
    purpose: Mapped[str] = mapped_column(String(20))
    as_of: Mapped[str] = mapped_column(String(10))
    entry_id: Mapped[str] = mapped_column(UuidText)
    sealed_lines: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(String(1000))
