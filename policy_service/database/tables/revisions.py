"""Columns of records that are corrected by new revisions and never rewritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class Revised(PracticeOwned):
    """One revision of a record. Only the newest has `is_current`; its other columns never change.

    A withdrawn record gets a last revision with `is_withdrawn`, and says why.
    """

    id: Mapped[str] = mapped_column(UuidText, primary_key=True, sort_order=-9)
    revision: Mapped[int] = mapped_column(primary_key=True, sort_order=-8)
    is_current: Mapped[bool] = mapped_column()
    is_withdrawn: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(String(200))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by: Mapped[str] = mapped_column(String(60))
