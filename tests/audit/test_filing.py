"""Reading a log beside what its entries are found by: how much work that is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from policy_service.audit.filing import Filed
from policy_service.audit.log import NewEntry, Owned, append_all
from tests.cast import World

PEOPLE = [str(uuid4()) for _ in range(20)]


def _write(world: World, entries: int) -> None:
    """Entries that name two people each."""
    with world.writing() as context:
        named = [frozenset((PEOPLE[n % 20], PEOPLE[(n + 1) % 20])) for n in range(entries)]
        append_all(
            context.session,
            context.keyring,
            [_entry(world, subjects) for subjects in named],
        )


def _entry(world: World, subjects: frozenset[str]) -> NewEntry:
    note = {"note": Owned("seen")}
    return NewEntry(str(uuid4()), "note.written", world.clock(), "system:test", note, subjects)


def _steps(world: World) -> int:
    """Steps of SQLite's machine, in thousands, to read all."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    with world.reading() as context:
        driver: Any = context.session.connection().connection.dbapi_connection
        driver.set_progress_handler(count, 1000)
        filed = Filed(context.session, world.practice_id)
        read = sum(1 for _ in filed.entries())
        driver.set_progress_handler(None, 0)
    assert read > 0
    assert filed.misfiled is None
    return counted


def test_four_times_the_log_is_some_four_times_the_work(sqlite_world: World) -> None:
    _write(sqlite_world, 500)
    once = _steps(sqlite_world)
    _write(sqlite_world, 1500)
    assert _steps(sqlite_world) < 6 * once  # a walk of all names for every leaf: 16 times
