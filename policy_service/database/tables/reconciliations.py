"""What EHRs were answered, so that it can be told later, and what they reconciled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class EhrAnswerRow(PracticeOwned, Base):
    """A check or screening that was made for an EHR, whether or not the answer ever arrived.

    `key_digest` is a keyed digest of the caller's Idempotency-Key: the key itself is forgotten with
    the stored response, and an EHR may still ask what became of it.
    """

    __tablename__ = "ehr_answer"
    __table_args__ = (
        Index("ix_ehr_answer_at", "practice_id", "ehr_client_id", "at"),
        Index("ix_ehr_answer_key", "practice_id", "key_digest"),
        Index("ix_ehr_answer_client", "practice_id", "client_id"),
    )

    record_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    ehr_client_id: Mapped[str] = mapped_column(UuidText)
    client_id: Mapped[str] = mapped_column(UuidText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    key_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class ReconciliationRow(PracticeOwned, Base):
    """One reconciliation: what an EHR listed of a time, and what we had answered in that time.

    The id is that of its audit entry. `sealed` holds the ids of the records that the list named,
    under the practice's key: later pages of what it did not name are made from them.
    """

    __tablename__ = "reconciliation"
    __table_args__ = (Index("ix_reconciliation_at", "practice_id", "at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ehr_client_id: Mapped[str] = mapped_column(UuidText)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    listed: Mapped[int] = mapped_column()
    unknown: Mapped[int] = mapped_column()
    not_received: Mapped[int] = mapped_column()
    receipt: Mapped[str] = mapped_column(String(1000))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
