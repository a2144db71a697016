"""Releases: what was given to somebody outside the practice (45 CFR 164.528)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class ReleaseRow(PracticeOwned, Base):
    """One release: to whom, what, and what for. Insert-only.

    The words are sealed under the key of the client concerned, if it is one client
    (`owner_person_id`), else under the practice's; `entry_id` is its audit entry.
    """

    __tablename__ = "release_record"
    __table_args__ = (Index("ix_release_record_at", "practice_id", "at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_ref: Mapped[str] = mapped_column(String(60))
    recipient_kind: Mapped[str] = mapped_column(String(20))
    subjects: Mapped[int] = mapped_column()
    """How many persons it tells about."""
    owner_person_id: Mapped[str | None] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    entry_id: Mapped[str] = mapped_column(UuidText)


class ReleaseSubjectRow(PracticeOwned, Base):
    """Index from a subject's pseudonym to the releases that tell about them."""

    __tablename__ = "release_subject"

    subject_ref: Mapped[str] = mapped_column(String(60), primary_key=True)
    release_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
