"""Rows of the log are insert-only, and a trigger that was dropped is missed."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from policy_service.audit.protection import INSERT_ONLY, expected_triggers, missing_triggers
from tests.audit.logs import refuses_changes, sign, verify, write
from tests.cast import World


def test_every_trigger_is_there_after_all_migrations(world: World) -> None:
    """SQLite drops the triggers of a table that a migration copies: then make them anew there."""
    with world.reading() as context:
        assert missing_triggers(context.session) == []


FILLED = tuple(name for name in INSERT_ONLY if name.startswith("audit_"))
"""Tables with rows in every world: SQLite's triggers fire for a row."""


@pytest.mark.parametrize("table", FILLED)
def test_neither_changing_nor_deleting_a_row_is_possible(world: World, table: str) -> None:
    write(world, "one")
    sign(world)
    refuses_changes(world, table)


def test_a_dropped_trigger_is_named_by_verify(world: World) -> None:
    name = "audit_leaf_no_delete"
    where = " ON audit_leaf" if world.desk.database.dialect == "postgresql" else ""
    sign(world)
    assert verify(world).exit_code == 0
    with world.desk.database.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {name}{where}"))
    verdict = verify(world)
    assert verdict.exit_code == 1
    assert name in verdict.text


def test_a_trigger_that_is_switched_off_counts_as_gone(postgresql_world: World) -> None:
    with postgresql_world.desk.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_leaf DISABLE TRIGGER audit_leaf_no_truncate"))
    assert "audit_leaf_no_truncate" in verify(postgresql_world).text


def test_each_table_has_a_trigger_for_each_change() -> None:
    assert len(expected_triggers("sqlite")) == 2 * len(INSERT_ONLY)
    assert len(expected_triggers("postgresql")) == 3 * len(INSERT_ONLY)
