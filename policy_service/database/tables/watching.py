"""What re-screening needs to find whom a change touches."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UuidText


class AskedKeyRow(PracticeOwned, Base):
    """A key under which a check of this person looks for others, beside the person's match keys.

    Those of the people whom the record names, and of its handles: HMACs, read backwards only.
    """

    __tablename__ = "asked_key"
    __table_args__ = (
        Index("ix_asked_key_person", "practice_id", "person_id"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    person_id: Mapped[str] = mapped_column(UuidText, primary_key=True)


class HotKeyRow(PracticeOwned, Base):
    """A match key too common to find anybody, and the step of its count that all were told of."""

    __tablename__ = "hot_key"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    step: Mapped[int] = mapped_column()


class ScreenedRow(PracticeOwned, Base):
    """What the practice was last screened under as a whole; where it moved, all is asked anew."""

    __tablename__ = "screened"

    model: Mapped[str] = mapped_column(String(64))
    semantics: Mapped[int] = mapped_column()
    people: Mapped[int] = mapped_column()
    day: Mapped[str] = mapped_column(String(10))
