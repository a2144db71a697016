"""Packs a practice holds, and which of them bind: append-only, so that every past day is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.types import CanonicalBytes, UtcDateTime, UuidText


class PackRow(PracticeOwned, Base):
    """A pack as the canonical JSON of which `digest` is the SHA-256; never changed or deleted.

    `rationale` is its README: why it says what it says. The digest does not cover it.
    """

    __tablename__ = "pack"
    __table_args__ = (Index("ix_pack_version", "practice_id", "pack_id", "version"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    pack_id: Mapped[str] = mapped_column(String(60))
    version: Mapped[str] = mapped_column(String(20))
    document: Mapped[bytes] = mapped_column(CanonicalBytes)
    rationale: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    added_by: Mapped[str] = mapped_column(String(60))


class PackHeadRow(PracticeOwned, Base):
    """The number of the newest activation. A check reads it twice: preparing and recording.

    Moved only under its own lock, so that on PostgreSQL no check commits across an activation.
    """

    __tablename__ = "pack_head"

    number: Mapped[int] = mapped_column()
    entry_id: Mapped[str | None] = mapped_column(UuidText)


class PackActivationRow(PracticeOwned, Base):
    """One step: from `number` on, `digest` binds (active), runs along (shadow) or is retired."""

    __tablename__ = "pack_activation"
    __table_args__ = (Index("ix_pack_activation_pack", "practice_id", "pack_id"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pack_id: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    replaced_digest: Mapped[str | None] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(10))
    activated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_by: Mapped[str] = mapped_column(String(60))
    approved_by: Mapped[str | None] = mapped_column(String(60))
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    certificate_digest: Mapped[str | None] = mapped_column(String(64))
    entry_id: Mapped[str] = mapped_column(UuidText)


class PackProposalRow(PracticeOwned, Base):
    """An activation somebody asked for and may not make alone: a machine's, or one that loosens."""

    __tablename__ = "pack_proposal"
    __table_args__ = (Index("ix_pack_proposal_state", "practice_id", "state"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    pack_id: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(10))
    number: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    sealed_reason: Mapped[bytes] = mapped_column(LargeBinary)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(60))


class PackReplayRow(PracticeOwned, Base):
    """A replay of the log under a candidate: asked for, then reported. The report is sealed."""

    __tablename__ = "pack_replay"
    __table_args__ = (Index("ix_pack_replay_digest", "practice_id", "digest"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    with_digests: Mapped[bool] = mapped_column()
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(60))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sealed_report: Mapped[bytes | None] = mapped_column(LargeBinary)
