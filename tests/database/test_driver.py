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


def test_two_statements_of_one_exchange_are_run_in_their_order(world: World) -> None:
    with undone(world) as direct:
        direct.insert({LEAVES: [(901, "entry-901")]})
        added = driver.spellings(
            "INSERT INTO audit_leaf (practice_id, leaf_index, entry_id) "
            "VALUES ({practice}, 902, 'entry-902') RETURNING leaf_index"
        )
        assert direct.fetch_both((added, {}), (STORED, {})) == ([(902,)], [(901,), (902,)])


def test_what_is_sent_together_is_there_afterwards(world: World) -> None:
    with undone(world) as direct:
        with direct.in_one_exchange():
            direct.insert({LEAVES: [(901, "entry-901")]})
            direct.insert({LEAVES: [(902, "entry-902")]})
        assert stored(direct) == [901, 902]


def send_a_bad_one(world: World) -> None:
    with undone(world) as direct, direct.in_one_exchange():
        for index, entry_id in ((901, "entry-901"), (901, "entry-902"), (903, "entry-903")):
            direct.insert({LEAVES: [(index, entry_id)]})


def test_one_bad_statement_of_an_exchange_fails_the_whole(world: World) -> None:
    with pytest.raises(DBAPIError, match=r"audit_leaf|sent together"):
        send_a_bad_one(world)
    with undone(world) as direct:
        assert stored(direct) == []
