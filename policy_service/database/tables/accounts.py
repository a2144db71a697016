"""Social-media accounts and connections between them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UuidText


class AccountRow(Revised, Base):
    """A person's account. `kind` is personal, professional, mixed or None while nobody said."""

    __tablename__ = "account"
    __table_args__ = (
        Index(None, "practice_id", "person_id"),
        Index("ix_account_handle", "practice_id", "handle_key"),
    )

    person_id: Mapped[str] = mapped_column(UuidText)
    platform: Mapped[str] = mapped_column(String(30))
    kind: Mapped[str | None] = mapped_column(String(12))
    handle_key: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ConnectionRow(Revised, Base):
    """Account to account. `initiator` is clinician or client; the far account may be unknown yet:
    then only its handle's key is kept, and the hashed person whom an import names there.

    `changed_after` and `changed_before` bound the day of a change of state that nobody dated: it
    lies between two exports.
    """

    __tablename__ = "connection"
    __table_args__ = (
        Index(None, "practice_id", "account_id"),
        Index("ix_connection_far", "practice_id", "far_handle_key"),
        Index("ix_connection_far_person", "practice_id", "far_person_id"),
    )

    account_id: Mapped[str] = mapped_column(UuidText)
    far_handle_key: Mapped[int | None] = mapped_column(BigInteger)
    far_person_id: Mapped[str | None] = mapped_column(UuidText)
    direction: Mapped[str] = mapped_column(String(12))
    initiator: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[str | None] = mapped_column(String(10))
    changed_after: Mapped[str | None] = mapped_column(String(10))
    changed_before: Mapped[str | None] = mapped_column(String(10))
