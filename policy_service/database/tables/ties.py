"""Ties: a stated or inferred relationship between two persons. A disclosure is a tie a clinician
states. Ids and open/ended are clear; kind, period and wording are sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UuidText

# A path is walked on these two indexes alone, over ties that count now: SQLite reads no table for
# it where the index holds the two marks as well.
REST = ("id", "is_current", "is_withdrawn")
LIVE: dict[str, Any] = {
    "sqlite_where": text("is_current IS 1 AND is_withdrawn IS 0"),
    "postgresql_where": text("is_current IS true AND is_withdrawn IS false"),
}


class TieRow(Revised, Base):
    """`to_person` is, to `from_person`, what the sealed kind says ("BRO": the brother)."""

    __tablename__ = "tie"
    __table_args__ = (
        Index(None, "practice_id", "clinician_id"),
        Index("ix_tie_from", "practice_id", "from_person_id", "to_person_id", *REST, **LIVE),
        Index("ix_tie_to", "practice_id", "to_person_id", "from_person_id", *REST, **LIVE),
    )

    from_person_id: Mapped[str] = mapped_column(UuidText)
    to_person_id: Mapped[str] = mapped_column(UuidText)
    is_ended: Mapped[bool] = mapped_column()
    source: Mapped[str] = mapped_column(String(20))
    clinician_id: Mapped[str | None] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
