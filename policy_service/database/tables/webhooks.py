"""Webhooks: who sends us some, what arrived, whom we tell, what was told and how it went."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, Directory, PracticeOwned
from policy_service.database.types import UtcDateTime, UuidText


class WebhookSourceRow(Directory, Base):
    """An EHR that sends us webhooks, and from which we read back.

    The address it posts to tells the practice; so the row stands in the directory. Secrets,
    credentials and addresses are sealed under the practice's key.
    """

    __tablename__ = "webhook_source"

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    practice_id: Mapped[str] = mapped_column(ForeignKey("practice.id"))
    name: Mapped[str] = mapped_column(String(200))
    reads: Mapped[str] = mapped_column(String(10))
    """How records are read back: `rest` or `fhir`."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(60))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class WebhookArrivalRow(PracticeOwned, Base):
    """A webhook that arrived. `event_key` is a keyed digest of the sender's event id.

    What it said (ids alone) is sealed under the practice's key and goes when it is done.
    """

    __tablename__ = "webhook_arrival"
    __table_args__ = (
        UniqueConstraint("practice_id", "source_id", "event_key"),
        Index("ix_webhook_arrival_at", "practice_id", "source_id", "received_at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    source_id: Mapped[str] = mapped_column(UuidText)
    event_key: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said: Mapped[str | None] = mapped_column(String(200))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class NoticeRow(PracticeOwned, Base):
    """Something happened that is told outside: what kind, and what it points at."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_at", "practice_id", "at"),)

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(10))
    about_id: Mapped[str] = mapped_column(UuidText)
    clinician_id: Mapped[str | None] = mapped_column(UuidText)
    client_id: Mapped[str | None] = mapped_column(UuidText)


class NoticeEndpointRow(PracticeOwned, Base):
    """An address that is told. Address and secrets are sealed: an address may hold a token.

    `retry_at`: while it does not answer, nothing but a ping is tried before then.
    """

    __tablename__ = "notice_endpoint"

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kinds: Mapped[str] = mapped_column(String(200))
    detail: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(60))
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_why: Mapped[str | None] = mapped_column(String(10))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)


class NoticeDeliveryRow(PracticeOwned, Base):
    """One notice for one endpoint, and how the last attempt went."""

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("practice_id", "endpoint_id", "notice_id"),
        Index("ix_notice_delivery_at", "practice_id", "endpoint_id", "at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(UuidText)
    notice_id: Mapped[str] = mapped_column(UuidText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[int | None] = mapped_column()
    said: Mapped[str | None] = mapped_column(String(60))


class NoticeAttemptRow(PracticeOwned, Base):
    """One attempt: the HTTP status, or the class of what kept an answer away. Never a body."""

    __tablename__ = "notice_attempt"

    delivery_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[int | None] = mapped_column()
    said: Mapped[str | None] = mapped_column(String(60))


class MailChoiceRow(PracticeOwned, Base):
    """Which notices an officer gets a mail about, and how the last mail went."""

    __tablename__ = "mail_choice"

    login_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    kinds: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    said: Mapped[str | None] = mapped_column(String(60))


class ClearanceWatchRow(PracticeOwned, Base):
    """A decision whose bar ends on a day to come."""

    __tablename__ = "clearance_watch"
    __table_args__ = (Index("ix_clearance_watch_day", "practice_id", "on_day"),)

    decision_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    on_day: Mapped[str] = mapped_column(String(10), primary_key=True)
