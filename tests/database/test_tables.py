"""Laws that every table of the schema obeys (design §12)."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, MetaData, Table, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from policy_service.database import Base, Directory, PracticeOwned, tables
from policy_service.database.base import NAMING_CONVENTION


def _keys(table: Table) -> dict[str, list[str]]:
    """Every key of a table as its column names in order."""
    keys = {"primary key": [column.name for column in table.primary_key.columns]}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | ForeignKeyConstraint):
            keys[str(constraint.name)] = [column.name for column in constraint.columns]
    for index in table.indexes:
        keys[str(index.name)] = [getattr(part, "name", "") for part in index.expressions]
    return keys


def _offences(base: type[DeclarativeBase]) -> list[str]:
    found = []
    for mapper in base.registry.mappers:
        owned, listed = (issubclass(mapper.class_, kind) for kind in (PracticeOwned, Directory))
        if owned == listed:
            found.append(f"{mapper.class_.__name__}: exactly one of PracticeOwned and Directory")
        if owned and isinstance(mapper.local_table, Table):
            for name, columns in _keys(mapper.local_table).items():
                if columns[0] != "practice_id":
                    found.append(f"{mapper.local_table.name}: {name} is led by {columns[0]}")
    return found


def test_practice_id_leads_every_key_of_every_practice_owned_table() -> None:
    assert tables.__doc__
    assert _offences(Base) == []


def test_the_law_notices_offenders() -> None:
    class Other(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING_CONVENTION)

    class Stray(Other):
        __tablename__ = "stray"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Leaky(PracticeOwned, Other):
        __tablename__ = "leaky"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(unique=True)

    class Slow(PracticeOwned, Other):
        __tablename__ = "slow"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(index=True)

    assert sorted(_offences(Other)) == [
        "Stray: exactly one of PracticeOwned and Directory",
        "leaky: uq_leaky_name is led by name",
        "slow: ix_slow_name is led by name",
    ]
