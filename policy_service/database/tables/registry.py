"""Clinicians with their licences and memberships, and clients."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UtcDateTime, UuidText


class ClinicianRow(PracticeOwned, Base):
    """A clinician. `version` rises with every change that could change an answer."""

    __tablename__ = "clinician"
    __table_args__ = (
        Index(None, "practice_id", "person_id"),
        UniqueConstraint("practice_id", "external_id"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_id: Mapped[str] = mapped_column(UuidText)
    external_id: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClientRow(PracticeOwned, Base):
    """A client, present, former or prospective. `version` as for clinicians."""

    __tablename__ = "client"
    __table_args__ = (
        Index(None, "practice_id", "person_id"),
        UniqueConstraint("practice_id", "external_id"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    person_id: Mapped[str] = mapped_column(UuidText)
    external_id: Mapped[str | None] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(default=1)
    merged_into: Mapped[str | None] = mapped_column(UuidText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LicenceRow(Revised, Base):
    """A licence is a jurisdiction and a licence type ("US-TX", "LPC") over a period."""

    __tablename__ = "licence"
    __table_args__ = (Index(None, "practice_id", "clinician_id"),)

    clinician_id: Mapped[str] = mapped_column(UuidText)
    jurisdiction: Mapped[str] = mapped_column(String(10))
    licence_type: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[str | None] = mapped_column(String(10))
    valid_to: Mapped[str | None] = mapped_column(String(10))


class MembershipRow(Revised, Base):
    """Membership of an association whose code binds the clinician."""

    __tablename__ = "membership"
    __table_args__ = (Index(None, "practice_id", "clinician_id"),)

    clinician_id: Mapped[str] = mapped_column(UuidText)
    body: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[str | None] = mapped_column(String(10))
    valid_to: Mapped[str | None] = mapped_column(String(10))


class AttestationRow(Revised, Base):
    """ "Nothing more to disclose as of": closes the world for the kinds it covers."""

    __tablename__ = "attestation"
    __table_args__ = (Index(None, "practice_id", "clinician_id"),)

    clinician_id: Mapped[str] = mapped_column(UuidText)
    kinds: Mapped[str] = mapped_column(String(200))
    as_of: Mapped[str] = mapped_column(String(10))
    valid_until: Mapped[str] = mapped_column(String(10))
