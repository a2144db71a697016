"""Sealing and signing have loops of their own: no piece of work and no bad log holds them up."""

from __future__ import annotations

from threading import Event

import pytest

from policy_service import worker as module
from policy_service.audit.guard import guard_in
from policy_service.audit.published import Alarm, AlarmKind
from policy_service.audit.sealer import practices_waiting, seal_pending
from policy_service.database.tables.audit import PendingRow
from policy_service.jobs import queue
from policy_service.services.clients import register_client
from policy_service.services.log_keeping import LogKeeper
from policy_service.services.touch import RESCREEN
from policy_service.worker import Worker
from tests.audit.logs import count, seal, verify, write
from tests.cast import NORA, World
from tests.test_worker import enqueue

LONG_ENOUGH = 60.0
"""Seconds after which a test gives up; nothing waits that long where the loops run."""


def other_practice(world: World) -> str:
    assert world.other_practice_id is not None
    return world.other_practice_id


def waits_in(world: World, practice_id: str) -> bool:
    return practice_id in practices_waiting(world.desk.database)


def test_only_practices_with_entries_that_wait_are_named(postgresql_world: World) -> None:
    world = postgresql_world
    for practice_id in practices_waiting(world.desk.database):
        seal_pending(world.desk.database, practice_id)
    assert practices_waiting(world.desk.database) == []
    write(world, "one")
    assert practices_waiting(world.desk.database) == [world.practice_id]
    with world.elsewhere() as context:
        register_client(context, NORA)
    both = {world.practice_id, other_practice(world)}
    assert set(practices_waiting(world.desk.database)) == both


def test_on_sqlite_nothing_ever_waits(sqlite_world: World) -> None:
    write(sqlite_world, "one")
    assert practices_waiting(sqlite_world.desk.database) == []
    assert count(sqlite_world, PendingRow) == 0


def test_a_long_piece_of_work_holds_up_no_entry(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The piece ends only when an entry that was written within it has its place."""
    world, worker, seen = postgresql_world, Worker(postgresql_world.desk), []

    def waits_for_the_sealer(_desk: object, practice_id: str, _work: queue.Work) -> bool:
        write(world, "meanwhile")
        turns = 0
        while waits_in(world, practice_id) and turns < LONG_ENOUGH / 0.05:
            worker.stopping.wait(0.05)
            turns += 1
        seen.append(waits_in(world, practice_id))
        worker.stopping.set()
        return True

    monkeypatch.setitem(module.STEPS, RESCREEN, waits_for_the_sealer)
    enqueue(world, "nora")
    worker.run()
    assert seen == [False]
    seal(world)
    assert verify(world).exit_code == 0


def test_a_log_that_may_not_grow_holds_up_no_other(postgresql_world: World) -> None:
    """Whichever of the two comes first by its id."""
    world = postgresql_world
    keeper, stopping = LogKeeper(world.desk), Event()
    heads = guard_in(world.desk.database).heads
    write(world, "one")
    with world.elsewhere() as context:
        register_client(context, NORA)
    bad, good = sorted((world.practice_id, other_practice(world)))
    heads.sound(bad, Alarm(AlarmKind.CONTRADICTED, "It went back.", "2026-03-02T09:00:00+00:00"))
    loops, turns = keeper.run(stopping), 0
    while waits_in(world, good) and turns < LONG_ENOUGH / 0.05:
        stopping.wait(0.05)
        turns += 1
    stopping.set()
    for loop in loops:
        loop.join()
    assert not waits_in(world, good)
    assert waits_in(world, bad)
