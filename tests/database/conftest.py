"""Small tables of the tests' own, so that these tests do not depend on the real schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum

import pytest
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from policy_service.database import Database, Directory, PracticeOwned
from policy_service.database.types import CanonicalBytes, EnumText, UtcDateTime, UuidText

OURS = "11111111-1111-4111-8111-111111111111"
THEIRS = "22222222-2222-4222-8222-222222222222"


class Colour(Enum):
    """Any enum of words."""

    RED = "red"
    LIGHT_BLUE = "light_blue"


class SmallBase(DeclarativeBase):
    """Apart from the service's own metadata."""


class Practice(Directory, SmallBase):
    """A directory table."""

    __tablename__ = "small_practice"
    id: Mapped[str] = mapped_column(UuidText, primary_key=True)


class Note(PracticeOwned, SmallBase):
    """A practice's table with one column of each type."""

    __tablename__ = "small_note"
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    colour: Mapped[Colour | None] = mapped_column(EnumText(Colour))
    body: Mapped[bytes | None] = mapped_column(CanonicalBytes)


class Reply(PracticeOwned, SmallBase):
    """Refers to a note of the same practice."""

    __tablename__ = "small_reply"
    name: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str]
    __table_args__ = (
        ForeignKeyConstraint(
            ["practice_id", "note"], ["small_note.practice_id", "small_note.name"]
        ),
    )


@pytest.fixture
def small(bare_database_url: str) -> Iterator[Database]:
    """A database that holds the small tables, on both."""
    opened = Database(bare_database_url)
    SmallBase.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()
