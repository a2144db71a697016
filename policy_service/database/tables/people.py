"""Persons: one sealed blob each, its own key, and the HMAC match keys it is found by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText

PLAIN, HASHED = "plain", "hashed"
"""What is kept of a person: a record, or keyed hashes of one."""


class PersonRow(PracticeOwned, Base):
    """Anyone we may need to recognise. `pseudonym` is what the audit log calls them.

    `sealed_features` is what recognition compares, as `normaliser` made it of a plain record:
    sealed like the record and opened for every candidate; the record only for those reported.

    `sketch` is sealed under the practice's key: hashes and letter sets by which most candidates are
    passed over unopened (`matching.sketches`). Erasure deletes it, as it does the match keys.

    `kept` plain: `sealed` is a person record. Hashed: it holds keyed hashes of a third party, from
    which no name can be read, and no other copy of the record exists.

    `filed` is the number of the keys and features they are filed under (`matching.filing.FILING`);
    0: by software that did not say.
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_merged_into", "practice_id", "merged_into"),
        Index("ix_person_filed", "practice_id", "filed"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    pseudonym: Mapped[str] = mapped_column(UuidText)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_features: Mapped[bytes | None] = mapped_column(LargeBinary)
    normaliser: Mapped[int | None] = mapped_column(SmallInteger)
    sketch: Mapped[bytes | None] = mapped_column(LargeBinary)
    kept: Mapped[str] = mapped_column(String(6), default="plain", server_default="plain")
    record_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    filed: Mapped[int] = mapped_column(server_default="0")
    merged_into: Mapped[str | None] = mapped_column(UuidText)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonCountRow(PracticeOwned, Base):
    """How many persons a practice holds, in sixteen parts by the first letter of their ids.

    Counting a million rows takes longer than a recognition may; parts, so that those who register
    people at one time rarely wait for each other.
    """

    __tablename__ = "person_count"

    part: Mapped[str] = mapped_column(String(1), primary_key=True)
    people: Mapped[int] = mapped_column(BigInteger)


class PersonKeyRow(PracticeOwned, Base):
    """A person's data key, wrapped by the practice key; destroying it erases the person."""

    __tablename__ = "person_key"

    person_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    destroyed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class MatchKeyRow(PracticeOwned, Base):
    """HMAC of one blocking text, truncated to 8 bytes, with a secret of the practice."""

    __tablename__ = "match_key"
    __table_args__ = (
        Index("ix_match_key_person", "practice_id", "person_id"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    person_id: Mapped[str] = mapped_column(UuidText, primary_key=True)


class IdentityVerdictRow(PracticeOwned, Base):
    """An officer's word on two persons; append-only, outranks the score.

    It holds until a compared field changes: the digests are those of the records judged.
    """

    __tablename__ = "identity_verdict"
    __table_args__ = (
        Index("ix_identity_verdict_pair", "practice_id", "person_a", "person_b"),
        Index("ix_identity_verdict_other", "practice_id", "person_b"),
        Index("ix_identity_verdict_digest_a", "practice_id", "digest_a"),
        Index("ix_identity_verdict_digest_b", "practice_id", "digest_b"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_a: Mapped[str] = mapped_column(UuidText)
    person_b: Mapped[str] = mapped_column(UuidText)
    verdict: Mapped[str] = mapped_column(String(10))
    relation: Mapped[str | None] = mapped_column(String(20))
    digest_a: Mapped[bytes] = mapped_column(LargeBinary(32))
    digest_b: Mapped[bytes] = mapped_column(LargeBinary(32))
    decided_by: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
