"""Following the log: nothing missed and nothing twice while many write, and never unrecorded."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from policy_service.audit.log import Owned
from policy_service.audit.sealer import seal_pending
from policy_service.errors import StateConflict
from policy_service.services import audit_tail
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.audit_streams import whole_log
from policy_service.services.audit_tail import TAILED, tail
from policy_service.services.context import Context
from policy_service.services.cursors import Place
from tests.cast import World

WRITERS, EACH = 4, 12
ALL = EntryFilter()


def _note(world: World, number: int) -> None:
    with world.writing() as context:
        context.log("test.noted", {"note": Owned({"number": number})})


def _write(world: World) -> None:
    for number in range(EACH):
        _note(world, number)


def _seal_until(world: World, done: Event) -> None:
    while not done.is_set():
        if world.desk.database.dialect == "postgresql":
            seal_pending(world.desk.database, world.practice_id)
        done.wait(0.001)


def _follow(world: World, done: Event) -> list[int]:
    """Indexes as a SIEM sees them that keeps the cursor it was given, polling till all is quiet."""
    seen: list[int] = []
    after = -1
    while True:
        was_quiet = done.is_set()
        page = tail(world.desk, world.cleo, ALL, after, limit=7)
        seen += [entry.index for entry in page.entries]
        after = page.after
        if was_quiet and not page.entries:
            return seen


def _follow_while_written(world: World) -> list[int]:
    done = Event()
    writers = [Thread(target=_write, args=(world,)) for _ in range(WRITERS)]
    sealer = Thread(target=_seal_until, args=(world, done))
    for thread in (*writers, sealer):
        thread.start()
    ending = Thread(target=_end, args=(writers, done))
    ending.start()
    seen = _follow(world, done)
    ending.join()
    sealer.join()
    return seen


def _end(writers: list[Thread], done: Event) -> None:
    for thread in writers:
        thread.join()
    done.set()


def _size(world: World) -> int:
    with world.reading() as context:
        return whole_log(context).size


def test_a_tail_misses_nothing_while_many_write(world: World) -> None:
    seen = _follow_while_written(world)
    assert seen == list(range(_size(world)))
    assert world.actions().count("test.noted") == WRITERS * EACH


def test_the_test_above_notices_a_tail_whose_cursor_runs_ahead_of_its_snapshot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a head that is not of the snapshot the entries are read from."""

    def ahead(context: Context) -> Place:
        return Place(-1, whole_log(context).size + 2)

    monkeypatch.setattr(audit_tail, "whole_log", ahead)
    page = tail(world.desk, world.cleo, ALL, -1)
    _note(world, 1)
    _note(world, 2)
    monkeypatch.undo()
    rest = tail(world.desk, world.cleo, ALL, page.after)
    seen = [entry.index for entry in (*page.entries, *rest.entries)]
    assert seen != list(range(_size(world)))


def test_whoever_stops_goes_on_where_they_were(world: World) -> None:
    whole = tail(world.desk, world.cleo, ALL, -1).entries
    for after in (-1, 3, whole[-1].index):
        again = tail(world.desk, world.cleo, ALL, after).entries
        assert [entry.leaf["id"] for entry in again][: len(whole) - after - 1] == [
            entry.leaf["id"] for entry in whole[after + 1 :]
        ]


def test_an_entry_without_a_place_does_not_appear(
    postgresql_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tail(postgresql_world.desk, postgresql_world.cleo, ALL, -1)
    monkeypatch.setattr(audit_tail, "place_pending", lambda *_: None)
    before = tail(postgresql_world.desk, postgresql_world.cleo, ALL, -1)
    _note(postgresql_world, 1)
    assert tail(postgresql_world.desk, postgresql_world.cleo, ALL, before.after).entries == ()


def test_polling_is_one_entry_an_hour_and_never_none(world: World) -> None:
    def polled() -> int:
        return world.actions().count(TAILED)

    page = tail(world.desk, world.cleo, ALL, -1)
    assert polled() == 1
    for _ in range(5):
        page = tail(world.desk, world.cleo, ALL, page.after)
    assert polled() == 1, "covered by the first, and its own entry was given"
    world.clock.advance(hours=1)
    page = tail(world.desk, world.cleo, ALL, page.after)
    assert (polled(), page.entries) == (1, ()), "what gives nothing has read nothing"
    _note(world, 1)
    assert tail(world.desk, world.cleo, ALL, page.after).entries
    assert polled() == 2


@pytest.mark.parametrize("what", ["from before", "other filters", "another reader"])
def test_what_is_outside_the_bounds_that_were_said_is_said_anew(
    sqlite_world: World, what: str
) -> None:
    world = sqlite_world
    tail(world.desk, world.cleo, ALL, 4)
    who = world.account(*world.cleo.roles, name="Udo") if "reader" in what else world.cleo
    wanted = EntryFilter(action="log.created") if "filters" in what else ALL
    tail(world.desk, who, wanted, -1 if what != "another reader" else 4)
    assert world.actions().count(TAILED) == 2


def test_a_filtered_tail_goes_on_past_what_does_not_match(world: World) -> None:
    wanted = EntryFilter(action="log.created")
    page = tail(world.desk, world.cleo, wanted, -1)
    assert [entry.index for entry in page.entries] == [0]
    assert page.after > len(page.entries)
    assert tail(world.desk, world.cleo, wanted, page.after).entries == ()


def test_a_log_shorter_than_what_was_seen_is_said_to_have_gone_backwards(world: World) -> None:
    size = _size(world)
    with pytest.raises(StateConflict, match="went backwards"):
        tail(world.desk, world.cleo, ALL, size + 1000)
