"""By what an EHR client proves who it is, beside an API key: issuers, public keys, tokens.

Directory tables: they hold addresses, public keys and hashes, never anything of a client (patient).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, Directory
from policy_service.database.types import UtcDateTime, UuidText


class EhrIssuerRow(Directory, Base):
    """An (issuer, tenant) of CDS Hooks tokens and the one EHR client it stands for.

    `tenant` is empty where the issuer's tokens name none. Among those in use a pair is there once,
    so that a token maps to one practice or to none.
    """

    __tablename__ = "ehr_issuer"
    __table_args__ = (
        Index(
            "ix_ehr_issuer_in_use",
            "issuer",
            "tenant",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    ehr_client_id: Mapped[str] = mapped_column(ForeignKey("ehr_client.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    tenant: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EhrPublicKeyRow(Directory, Base):
    """A public key of an EHR client, as a JWK. Good until `retires_at`, if that is set."""

    __tablename__ = "ehr_public_key"

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    ehr_client_id: Mapped[str] = mapped_column(ForeignKey("ehr_client.id"), index=True)
    kid: Mapped[str] = mapped_column(String(200))
    algorithm: Mapped[str] = mapped_column(String(10))
    jwk: Mapped[str] = mapped_column(Text)
    thumbprint: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SeenTokenRow(Directory, Base):
    """A token that was used: a digest of issuer and jti, kept until the token has expired."""

    __tablename__ = "seen_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccessTokenRow(Directory, Base):
    """A SMART access token: only its hash is kept. Withdrawing its client or its key ends it."""

    __tablename__ = "access_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    ehr_client_id: Mapped[str] = mapped_column(ForeignKey("ehr_client.id"), index=True)
    key_thumbprint: Mapped[str] = mapped_column(String(64))
    """The RFC 7638 thumbprint of the key that the assertion was signed by."""
    scope: Mapped[str] = mapped_column(String(1000))
    """What was granted, in SMART's words."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
