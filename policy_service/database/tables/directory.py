"""The directory: the short, listed set of tables that stands outside every practice.

It holds practices and credentials, never anything of a client.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, Directory
from policy_service.database.types import UtcDateTime, UuidText


class PracticeRow(Directory, Base):
    """A practice (tenant). Its key is wrapped by the KEK, which is never in the database."""

    __tablename__ = "practice"

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    jurisdiction: Mapped[str] = mapped_column(String(10))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    log_origin: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoginRow(Directory, Base):
    """A person's account. `roles` are words separated by spaces."""

    __tablename__ = "login"
    __table_args__ = (UniqueConstraint("practice_id", "email"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[str] = mapped_column(String(200))
    clinician_id: Mapped[str | None] = mapped_column(UuidText)
    reports_to: Mapped[str | None] = mapped_column(UuidText)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ConsoleSessionRow(Directory, Base):
    """A server-side session. The cookie holds a random token of which only the hash is kept."""

    __tablename__ = "console_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    login_id: Mapped[str] = mapped_column(ForeignKey("login.id"), index=True)
    authenticated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EhrClientRow(Directory, Base):
    """An EHR that may ask: by an API key, by signed tokens (`ehr_trust`), or by both.

    An API key is shown once, kept as a hash and found by its public prefix. `allowed_origins`
    (separated by spaces) are the web pages a browser may call us from for this client. `jwks_url`
    is the only address its public keys are fetched from, and only where none is registered.

    `mode` is live or silent: a silent client is told nothing, and what it would have been told is
    kept. `fhir_server` is the one base URL that its hook calls may be fetched back from.
    `answer_hours`: within how many hours it reports what was done with an answer that asks for a
    step; null means 24 for cards, and that its REST answers are not followed.
    """

    __tablename__ = "ehr_client"

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    name: Mapped[str] = mapped_column(String(200))
    key_prefix: Mapped[str | None] = mapped_column(String(16), unique=True)
    key_hash: Mapped[str | None] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(400))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    allowed_origins: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    jwks_url: Mapped[str | None] = mapped_column(String(1000))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mode: Mapped[str] = mapped_column(String(8), default="live", server_default="live")
    fhir_server: Mapped[str | None] = mapped_column(String(500))
    answer_hours: Mapped[int | None] = mapped_column()
    suggests_issues: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its cards offer to record a DetectedIssue that says no more than that a review was
    recorded."""


class ReadinessProbeRow(Directory, Base):
    """One row that `/readyz` writes: a full disk or a lost database must not look ready."""

    __tablename__ = "readiness_probe"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked: Mapped[int] = mapped_column()
