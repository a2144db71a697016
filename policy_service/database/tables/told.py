"""What each EHR was last told of a pair: what "changed since" is measured against."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class ToldAdviceRow(PracticeOwned, Base):
    """The advice an EHR last had for a pair; "" where it was told nothing.

    `number` counts the changes of this EHR that its polls found: 0 since a check told it directly.
    """

    __tablename__ = "told_advice"
    __table_args__ = (
        Index(
            "uq_told_advice_number",
            "practice_id",
            "ehr_client_id",
            "number",
            unique=True,
            sqlite_where=text("number > 0"),
            postgresql_where=text("number > 0"),
        ),
    )

    ehr_client_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    clinician_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    client_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    advice: Mapped[str] = mapped_column(String(30))
    check_id: Mapped[str] = mapped_column(UuidText)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(BigInteger)
