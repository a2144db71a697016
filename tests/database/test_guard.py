"""A session stays inside its practice. Each refusal has its control: the same, rightly done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from policy_service.database import Database, ForeignPractice, PracticeUnbound, ReadOnly
from policy_service.database.guard import practice_of
from tests.database.conftest import OURS, THEIRS, Note, Practice


@pytest.fixture
def two(small: Database) -> Iterator[Database]:
    """A note of each practice. (A real SQLite file never holds two; here the fence is on trial.)"""
    for practice_id in (OURS, THEIRS):
        with small.write(practice_id) as session:
            session.add(Note(practice_id=practice_id, name="a", number=1))
    return small


def _numbers(database: Database) -> dict[str, int]:
    """Past every fence, straight from the table."""
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT practice_id, number FROM small_note"))
        return {row.practice_id: row.number for row in rows}


def test_without_the_fence_both_rows_would_be_seen(two: Database) -> None:
    assert _numbers(two) == {OURS: 1, THEIRS: 1}


def test_every_kind_of_orm_read_is_filtered(two: Database) -> None:
    with two.read(OURS) as session:
        assert [note.practice_id for note in session.scalars(select(Note))] == [OURS]
        assert session.get(Note, (THEIRS, "a")) is None
        assert session.get(Note, (OURS, "a")) is not None
        assert session.scalar(select(func.count()).select_from(Note)) == 1
        assert session.scalars(select(Note.number).where(Note.name == "a")).all() == [1]
        inner = select(Note).subquery()
        assert session.scalar(select(func.count()).select_from(inner)) == 1


def test_the_filter_follows_the_session_not_the_first_caller(two: Database) -> None:
    statement = select(Note.practice_id)
    for practice_id in (OURS, THEIRS, OURS):
        with two.read(practice_id) as session:
            assert session.scalars(statement).all() == [practice_id]


def test_update_and_delete_stay_inside(two: Database) -> None:
    with two.write(OURS) as session:
        session.execute(update(Note).values(number=5))
    assert _numbers(two) == {OURS: 5, THEIRS: 1}
    with two.write(OURS) as session:
        session.execute(delete(Note))
    assert _numbers(two) == {THEIRS: 1}


@pytest.mark.parametrize("practice_id", [THEIRS, None])
def test_a_row_of_another_practice_is_refused(small: Database, practice_id: str | None) -> None:
    with pytest.raises(ForeignPractice), small.write(OURS) as session:
        session.add(Note(practice_id=practice_id, name="b"))
    assert _numbers(small) == {}
    with small.write(OURS) as session:
        session.add(Note(practice_id=OURS, name="b"))
    assert _numbers(small) == {OURS: 0}


def test_a_row_cannot_be_moved_to_another_practice(two: Database) -> None:
    with pytest.raises(ForeignPractice), two.write(OURS) as session:
        session.scalars(select(Note)).one().practice_id = THEIRS
    assert _numbers(two) == {OURS: 1, THEIRS: 1}


@pytest.mark.parametrize("core", [False, True])
def test_a_bulk_insert_of_another_practice_is_refused(small: Database, core: bool) -> None:
    statement = insert(Note.__table__) if core else insert(Note)
    good = {"practice_id": OURS, "name": "a", "number": 1}
    for rows in ([good, good | {"practice_id": THEIRS}], [{"name": "a"}]):
        with pytest.raises(ForeignPractice), small.write(OURS) as session:
            session.execute(statement, rows)
    with pytest.raises(ForeignPractice), small.write(OURS) as session:
        session.execute(statement.values(**(good | {"practice_id": THEIRS})))
    assert _numbers(small) == {}
    with small.write(OURS) as session:
        session.execute(statement, [good])
        session.execute(statement.values(**(good | {"name": "b"})))
    assert _numbers(small) == {OURS: 1}


@pytest.mark.parametrize(
    "statement",
    [
        select(Note),
        select(Note.__table__),
        select(func.count()).select_from(select(Note).subquery()),
        select(Practice).where(select(Note.name).exists()),
        insert(Note).values(practice_id=OURS, name="a"),
        update(Note).values(number=2),
        delete(Note),
    ],
    ids=["orm", "core", "subquery", "exists", "insert", "update", "delete"],
)
def test_an_unbound_session_is_refused(small: Database, statement: object) -> None:
    with pytest.raises(PracticeUnbound), small.directory(write=True) as session:
        session.execute(statement)
    with pytest.raises(PracticeUnbound), Session(small.engine) as by_hand:
        by_hand.execute(statement)


def test_an_unbound_session_cannot_flush_a_practices_row(small: Database) -> None:
    with pytest.raises(PracticeUnbound), small.directory(write=True) as session:
        session.add(Note(practice_id=OURS, name="a"))
    with small.directory(write=True) as session:
        session.add(Practice(id=OURS))
    with small.directory() as session:
        assert session.scalars(select(Practice.id)).all() == [OURS]


def test_an_empty_practice_id_is_no_practice(small: Database) -> None:
    with pytest.raises(PracticeUnbound), small.read(""):
        pass
    with small.read(OURS) as session:
        assert practice_of(session) == OURS
    with small.directory() as session, pytest.raises(PracticeUnbound):
        practice_of(session)


def test_a_reading_session_does_not_write(two: Database) -> None:
    with pytest.raises(ReadOnly), two.read(OURS) as session:
        session.execute(update(Note).values(number=9))
    with two.read(OURS) as session:
        session.scalars(select(Note)).one().number = 9
        with pytest.raises(ReadOnly):
            session.flush()
    with two.directory() as session:
        session.add(Practice(id=OURS))
        with pytest.raises(ReadOnly):
            session.flush()
    assert _numbers(two) == {OURS: 1, THEIRS: 1}


@pytest.mark.postgresql
def test_postgresql_is_told_the_practice_for_this_transaction_alone(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    shown = text("SELECT current_setting('app.practice_id', true)")
    for practice_id in (OURS, THEIRS):
        with database.write(practice_id) as session:
            assert session.scalar(shown) == practice_id
        with database.directory() as session:  # the same pooled connection
            assert not session.scalar(shown)
    database.dispose()
