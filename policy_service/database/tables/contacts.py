"""Contacts that clinicians import: what an upload said until it is decided on, and what is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UtcDateTime, UuidText


class ContactImportRow(PracticeOwned, Base):
    """One source of one upload, from its preview to its end. In clear stand states and numbers.

    `sealed` (a sample of names, the refused lines) lies under the clinician's key and goes, with
    the batches, when the import is stored, discarded or too old. `after_import_id` is the import
    that this one was compared with; where another was stored since, the preview is void.
    """

    __tablename__ = "contact_import"
    __table_args__ = (
        Index("ix_contact_import_clinician", "practice_id", "clinician_id", "at"),
        Index("ix_contact_import_state", "practice_id", "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    clinician_id: Mapped[str] = mapped_column(UuidText)
    source: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[str | None] = mapped_column(UuidText)
    after_import_id: Mapped[str | None] = mapped_column(UuidText)
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    contacts: Mapped[int] = mapped_column()
    refused: Mapped[int] = mapped_column()
    new: Mapped[int] = mapped_column()
    changed: Mapped[int] = mapped_column()
    known: Mapped[int] = mapped_column()
    missing: Mapped[int] = mapped_column()
    batches: Mapped[int] = mapped_column()
    done: Mapped[int] = mapped_column(default=0)
    with_missing: Mapped[bool] = mapped_column(Boolean, default=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class ContactBatchRow(PracticeOwned, Base):
    """Some of an import's contacts, sealed under the clinician's key until they are stored."""

    __tablename__ = "contact_batch"

    import_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class ContactRow(Revised, Base):
    """One contact of a clinician: a hashed person, and for a platform the connection to them.

    `tie_id`: the card states what the person is to the clinician.

    `contact_key` finds the same contact in a newer export, `digest` tells whether it says anything
    new; both are keyed. `import_id` is the import that made this revision, and
    `connection_revision` the one it made of the connection, if any.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_key", "practice_id", "clinician_id", "source", "contact_key"),
        Index("ix_contact_person", "practice_id", "person_id"),
        Index("ix_contact_import", "practice_id", "import_id"),
    )

    clinician_id: Mapped[str] = mapped_column(UuidText)
    source: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[str | None] = mapped_column(UuidText)
    contact_key: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    person_id: Mapped[str] = mapped_column(UuidText)
    connection_id: Mapped[str | None] = mapped_column(UuidText)
    connection_revision: Mapped[int | None] = mapped_column()
    tie_id: Mapped[str | None] = mapped_column(UuidText)
    is_listed: Mapped[bool] = mapped_column(Boolean)
    import_id: Mapped[str] = mapped_column(UuidText)


IS_PERSON_OF = (PersonRow.practice_id == ContactRow.practice_id) & (
    PersonRow.id == ContactRow.person_id
)
"""Joins a contact's person."""
