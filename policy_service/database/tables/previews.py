"""Previews: what a clinician asked about a tie that has not begun, sealed under their own key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class PreviewRow(PracticeOwned, Base):
    """One preview. In clear stand who asked and when, for officers count them, and nothing else.

    `sealed` lies under the clinician's own key and names the client, if any. `shared_at` is set
    when the clinician lets officers read it. The id is that of its audit entry.
    """

    __tablename__ = "preview"
    __table_args__ = (Index("ix_preview_clinician", "practice_id", "clinician_id", "at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    clinician_id: Mapped[str] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    receipt: Mapped[str] = mapped_column(String(1000))
    shared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
