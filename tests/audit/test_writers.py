"""Writers: numbers without holes for what was committed, none used twice, doubt retires."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from policy_service.audit.log import Owned
from policy_service.audit.writers import NO_MAC, Shelf, Writer, row_mac
from policy_service.errors import NotReady
from policy_service.services.context import Context
from policy_service.vault.keys import Key, Purpose
from tests.audit.logs import marks, seal, verify, write
from tests.cast import World

KEY = Key(bytes(range(32))).derive(Purpose.ROW_MAC)
PRACTICE = "11111111-1111-4111-8111-111111111111"


def note(context: Context, word: str) -> str:
    return context.log("note.written", {"note": Owned(word)}).id


class Stopped(Exception):
    """Raised on purpose."""


def never(world: World) -> None:
    """An entry in a transaction that is rolled back."""
    with suppress(Stopped), world.writing() as context:
        note(context, "never")
        raise Stopped


def nested_never(context: Context) -> None:
    """An entry behind a savepoint that is rolled back."""
    with suppress(Stopped), context.session.begin_nested():
        note(context, "undone")
        raise Stopped


def fail_within(context: Context) -> None:
    """A statement fails, and nobody minds."""
    note(context, "not kept")
    with suppress(DBAPIError):
        context.session.execute(text("SELECT * FROM no_such_table"))


def test_the_mac_covers_leaf_writer_number_and_the_mac_before() -> None:
    base = row_mac(KEY, b"leaf", "writer", 2, NO_MAC)
    others = {
        row_mac(KEY, b"left", "writer", 2, NO_MAC),
        row_mac(KEY, b"leaf", "another", 2, NO_MAC),
        row_mac(KEY, b"leaf", "writer", 3, NO_MAC),
        row_mac(KEY, b"leaf", "writer", 2, base),
        row_mac(Key(bytes(32)).derive(Purpose.ROW_MAC), b"leaf", "writer", 2, NO_MAC),
    }
    assert base not in others
    assert len(others) == 5


def test_entries_of_one_connection_are_numbered_without_a_hole(world: World) -> None:
    found = [marks(world, entry) for entry in write(world, "one", "two", "three")]
    first = found[0][1] or 0
    assert len({writer for writer, _, _ in found}) == 1
    assert [seq for _, seq, _ in found] == [first, first + 1, first + 2]


def test_a_rolled_back_entry_leaves_no_hole(world: World) -> None:
    [before] = write(world, "before")
    never(world)
    [after] = write(world, "after")
    (writer, seq, _), (same, follows, _) = marks(world, before), marks(world, after)
    assert (same, follows) == (writer, (seq or 0) + 1)
    seal(world)
    assert verify(world).exit_code == 0


def test_entries_undone_by_a_savepoint_leave_no_hole(world: World) -> None:
    with world.writing() as context:
        kept = note(context, "kept")
        nested_never(context)
        with context.session.begin_nested():
            nested = note(context, "nested and kept")
        last = note(context, "last")
    numbers = [marks(world, entry)[1] or 0 for entry in (kept, nested, last)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    seal(world)
    assert verify(world).exit_code == 0


def test_a_commit_that_nobody_confirmed_retires_the_writer(world: World) -> None:
    """The server may have committed or not: either way no number is used again."""
    [before] = write(world, "before")
    dialect = world.desk.database.engine.dialect
    usual = dialect.do_commit

    def lost_after_commit(connection: Any) -> None:
        usual(connection)
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    dialect.do_commit = lost_after_commit
    try:
        with pytest.raises(NotReady), world.writing() as context:
            doubtful = note(context, "committed, and nobody heard")
    finally:
        dialect.do_commit = usual
    [after] = write(world, "after")
    assert marks(world, doubtful)[0] == marks(world, before)[0]
    assert marks(world, after)[0] != marks(world, before)[0]
    assert marks(world, after)[1] == 1
    seal(world)
    assert verify(world).exit_code == 0


def test_a_failed_statement_is_never_taken_for_a_commit(postgresql_world: World) -> None:
    """PostgreSQL answers COMMIT of a failed transaction by ROLLBACK, without an error."""
    world = postgresql_world
    with pytest.raises(NotReady, match="statement"), world.writing() as context:
        fail_within(context)
    [entry] = write(world, "kept")
    seal(world)
    assert verify(world).exit_code == 0
    assert marks(world, entry)[1]


def test_two_connections_are_two_writers(postgresql_world: World) -> None:
    with postgresql_world.writing() as one, postgresql_world.writing() as other:
        first, second = note(one, "one"), note(other, "other")
    assert marks(postgresql_world, first)[0] != marks(postgresql_world, second)[0]


def test_a_new_connection_is_a_new_writer(world: World) -> None:
    [before] = write(world, "before")
    world.desk.database.dispose()
    [after] = write(world, "after")
    assert marks(world, after)[0] != marks(world, before)[0]
    assert marks(world, after)[1] == 1


def test_a_session_never_confirms_what_another_staged_on_its_old_connection(world: World) -> None:
    shelf = Shelf(staged={PRACTICE: Writer("w", 5, b"m" * 32)})
    with world.writing() as context:
        context.session.info["audit_writers"] = shelf
        context.session.rollback()
        context.session.execute(text("SELECT 1"))
    assert shelf.confirmed == {}


def test_the_shelf_keeps_numbers_after_a_rollback_and_drops_the_writer_after_doubt() -> None:
    writer = Writer("w", 4, b"m" * 32)
    shelf = Shelf({PRACTICE: writer}, {PRACTICE: writer.write(KEY, b"leaf")})
    shelf.undo()
    assert shelf.writer(PRACTICE) == writer
    shelf.staged[PRACTICE] = writer.write(KEY, b"leaf")
    shelf.is_committing = True
    shelf.undo()
    assert shelf.writer(PRACTICE).id != writer.id
    assert shelf.writer(PRACTICE).seq == 0


def test_the_counter_moves_only_once_the_commit_is_confirmed(world: World) -> None:
    seen: list[int] = []

    def look(connection: Connection) -> None:
        shelf = connection.info.get("audit_writers")
        if shelf is not None and shelf.staged:
            seen.append(shelf.confirmed[world.practice_id].seq)

    [first] = write(world, "first")
    event.listen(world.desk.database.engine, "commit", look)
    try:
        write(world, "second")
    finally:
        event.remove(world.desk.database.engine, "commit", look)
    assert seen == [marks(world, first)[1]]
