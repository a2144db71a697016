"""The declarative base, and the two kinds of tables: a practice's own, and the directory."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from policy_service.database.types import UuidText

# Names are spelled out so that a constraint has the same name on both databases and a migration
# can drop it.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table's base. A mapped class is also exactly one of PracticeOwned and Directory."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class PracticeOwned:
    """A row of one practice: `practice_id` leads its primary key, foreign keys and uniques.

    Sessions filter such tables by their own practice and refuse rows of another one.
    """

    practice_id: Mapped[str] = mapped_column(UuidText, primary_key=True, sort_order=-100)


class Directory:
    """A table that stands outside the practices and holds nothing about clients."""
