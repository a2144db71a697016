"""What witnesses of the log have said (docs/witness.md)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime


class CosignatureRow(PracticeOwned, Base):
    """A witness's verified signature line under the checkpoint of a size."""

    __tablename__ = "audit_cosignature"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    line: Mapped[str] = mapped_column(String(500))
    cosigned_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WitnessRow(PracticeOwned, Base):
    """How it stands with one witness: name and key id, `name+keyid`.

    `known_size` is the size it cosigned last, 0 before the first. `refused` is the finding of its
    newest refusal; it is cleared by the next head it cosigns and by nothing else.
    """

    __tablename__ = "audit_witness"

    witness: Mapped[str] = mapped_column(String(200), primary_key=True)
    known_size: Mapped[int] = mapped_column(BigInteger)
    cosigned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failures: Mapped[int]
    said: Mapped[str] = mapped_column(String(200))
    refused: Mapped[str | None] = mapped_column(String(30))
    refused_size: Mapped[int | None] = mapped_column(BigInteger)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
