"""Rows given to the driver: several tables by one statement, always of the session's practice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from policy_service.database import driver
from policy_service.database.guard import ReadOnly
from tests.cast import World

LEAVES = driver.Table("audit_leaf", {"leaf_index": "bigint", "entry_id": "varchar"})
SUBJECTS = driver.Table("audit_entry_subject", {"subject_ref": "varchar", "entry_id": "varchar"})
STORED = driver.spellings(
    "SELECT leaf_index FROM audit_leaf WHERE practice_id = {practice} AND leaf_index > 900 "
    "ORDER BY leaf_index"
)


def stored(direct: driver.Direct) -> list[int]:
    return [index for (index,) in direct.fetch(STORED, {})]


@contextmanager
def undone(world: World) -> Iterator[driver.Direct]:
    with world.writing() as context:
        yield driver.writing(context.session)
        context.session.rollback()


@pytest.mark.parametrize("indexes", [(), (901,), (901, 902, 903)], ids=["none", "one", "three"])
def test_any_number_of_rows_is_inserted_beside_other_tables(
    world: World, indexes: tuple[int, ...]
) -> None:
    with undone(world) as direct:
        leaves = [(index, f"entry-{index}") for index in indexes]
        direct.insert({SUBJECTS: [("client:a", "entry-901")], LEAVES: leaves})
        assert stored(direct) == list(indexes)
        direct.insert({LEAVES: [(904, "entry-904")], SUBJECTS: []})
        assert stored(direct) == [*indexes, 904]


def test_a_row_twice_is_refused_as_sqlalchemy_refuses_it(world: World) -> None:
    with pytest.raises(DBAPIError, match="audit_leaf"), undone(world) as direct:
        direct.insert({LEAVES: [(901, "entry-901"), (901, "entry-902")]})


def test_a_session_that_reads_gets_nothing_to_write_by(world: World) -> None:
    with world.reading() as context, pytest.raises(ReadOnly):
        driver.writing(context.session)


def test_postgresql_takes_all_tables_in_one_exchange(postgresql_world: World) -> None:
    sent: list[str] = []

    class Counting:
        """The driver, noting what it is given."""

        def __init__(self, under: Any) -> None:
            self._under = under

        def execute(self, statement: str, values: Any) -> Any:
            sent.append(statement)
            return self._under.execute(statement, values)

    with undone(postgresql_world) as direct:
        counted = driver.Direct(
            direct.connection, direct.dialect, Counting(direct.driver), direct.practice
        )
        counted.insert({SUBJECTS: [("client:a", "entry-901")], LEAVES: [(901, "entry-901")]})
        assert stored(direct) == [901]
    assert len(sent) == 1
