"""Whoever adds a table or column says what erasure does with it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table

from policy_service.database import Base, tables
from policy_service.services.erasing.columns import COLUMNS, as_table

PAGE = Path(__file__).parents[3] / "docs" / "design" / "erasure.md"


def _unclassified(metadata: MetaData) -> set[str]:
    """Columns of the schema that nobody classified, and classified ones that are not there."""
    there = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column.name != "practice_id"
    }
    said = {f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns}
    return there ^ said


def test_every_column_of_the_schema_has_a_fate() -> None:
    assert tables.__doc__
    assert _unclassified(Base.metadata) == set()


def test_a_new_column_without_a_fate_is_noticed() -> None:
    metadata = MetaData()
    for table in Base.metadata.tables.values():
        table.to_metadata(metadata)
    Table("diary", metadata, Column("practice_id", String), Column("words", String))
    metadata.tables["client"].append_column(Column("nickname", String))
    assert _unclassified(metadata) == {"diary.words", "client.nickname"}


def test_the_design_page_shows_the_table() -> None:
    assert as_table() in PAGE.read_text(encoding="utf-8")
