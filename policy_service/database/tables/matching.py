"""What recognition rests on in a practice: the model in use, what was measured, what is counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import CanonicalBytes, UtcDateTime, UuidText


class MatchHeadRow(PracticeOwned, Base):
    """What holds now. `number` moves with every change of it; a check reads it twice, as it does
    the packs': preparing and recording.

    `measurement` is the one whose u stands in the model in use (0: the shipped model as it is),
    `counted` the one whose frequencies are used (0: none), of so many `people`. `filed` is the
    number of keys and features under which every person is filed (`matching.filing`).
    """

    __tablename__ = "match_head"

    number: Mapped[int] = mapped_column()
    measurement: Mapped[int] = mapped_column()
    counted: Mapped[int] = mapped_column()
    people: Mapped[int] = mapped_column()
    filed: Mapped[int] = mapped_column()


class MatchMeasurementRow(PracticeOwned, Base):
    """One measurement of the practice's own people. `document` holds what strangers showed, as
    canonical JSON of which `digest` is the SHA-256; both are empty until it is finished."""

    __tablename__ = "match_measurement"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(60))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    people: Mapped[int] = mapped_column()
    document: Mapped[bytes | None] = mapped_column(CanonicalBytes)
    digest: Mapped[str | None] = mapped_column(String(64))
    entry_id: Mapped[str | None] = mapped_column(UuidText)


class MatchModelRow(PracticeOwned, Base):
    """A model as the canonical JSON of which `digest` is the SHA-256; never changed or deleted, so
    that the digest in an entry can always be opened."""

    __tablename__ = "match_model"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(40))
    measurement: Mapped[int] = mapped_column()
    document: Mapped[bytes] = mapped_column(CanonicalBytes)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FrequencyRow(PracticeOwned, Base):
    """How many people bear a value; `key` is its HMAC under a secret of the practice."""

    __tablename__ = "frequency"
    __table_args__ = ({"sqlite_with_rowid": False},)

    measurement: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(12))
    count: Mapped[int] = mapped_column()


class LikelyDuplicateRow(PracticeOwned, Base):
    """Two profiles of clients that were recognised as one person, surely or probably."""

    __tablename__ = "likely_duplicate"

    person_a: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_b: Mapped[str] = mapped_column(UuidText, primary_key=True)
    band: Mapped[str] = mapped_column(String(10))
    bits: Mapped[int] = mapped_column()
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MatchReportRow(PracticeOwned, Base):
    """What the thresholds meant on one day: counts only, as canonical JSON; None until made."""

    __tablename__ = "match_report"
    __table_args__ = (Index("ix_match_report_asked", "practice_id", "asked_at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[bytes | None] = mapped_column(CanonicalBytes)
