"""Boundary events: gifts, loans, contacts and worse. Codes, dates and amounts; never notes."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UuidText


class BoundaryEventRow(Revised, Base):
    """`amount` is in minor units of US dollars. `stated_by` is clinician, client or other.

    `dependence_or_deception` (yes, no) is stated of events of intimacy only; null: nobody said.
    """

    __tablename__ = "boundary_event"
    __table_args__ = (Index("ix_boundary_event_pair", "practice_id", "clinician_id", "client_id"),)

    clinician_id: Mapped[str] = mapped_column(UuidText)
    client_id: Mapped[str] = mapped_column(UuidText)
    kind: Mapped[str] = mapped_column(String(30))
    direction: Mapped[str | None] = mapped_column(String(20))
    party: Mapped[str] = mapped_column(String(20))
    occurred_on: Mapped[str | None] = mapped_column(String(10))
    amount: Mapped[int | None] = mapped_column()
    stated_by: Mapped[str] = mapped_column(String(12))
    dependence_or_deception: Mapped[str | None] = mapped_column(String(3))
