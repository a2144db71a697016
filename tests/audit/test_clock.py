"""A clock that was moved: noticed, an entry, and neither order nor checkpoint times go back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from policy_service.audit.clock import ClockWatch
from policy_service.audit.reading import leaf_index
from policy_service.database.tables.audit import CheckpointRow
from policy_service.worker import Worker
from tests.audit.logs import seal, verify, write
from tests.cast import World

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Ticks:
    """A clock that cannot be set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("by_wall", "by_ticks", "moved"),
    [
        (timedelta(seconds=1), 1.0, None),
        (timedelta(days=3), 3 * 86400.0, None),
        (timedelta(seconds=60), 0.0, None),
        (timedelta(seconds=61), 0.0, timedelta(seconds=61)),
        (HOUR, 0.0, HOUR),
        (-HOUR, 0.0, -HOUR),
        (timedelta(seconds=-60), 0.0, None),
    ],
)
def test_a_jump_is_what_the_two_clocks_disagree_on(
    by_wall: timedelta, by_ticks: float, moved: timedelta | None
) -> None:
    ticks = Ticks()
    watch = ClockWatch(None, ticks)
    assert watch.moved(NOON) is None
    ticks.now += by_ticks
    assert watch.moved(NOON + by_wall) == moved


def test_a_clock_set_back_while_nothing_ran_shows_by_the_newest_checkpoint() -> None:
    assert ClockWatch(NOON, Ticks()).moved(NOON - HOUR) == -HOUR
    assert ClockWatch(NOON, Ticks()).moved(NOON + HOUR) is None


def signed_at(world: World) -> list[datetime]:
    with world.reading() as context:
        query = select(CheckpointRow.signed_at).order_by(CheckpointRow.size)
        return list(context.session.scalars(query))


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forward"])
def test_a_moved_clock_is_an_entry_and_signing_goes_on(world: World, hours: int) -> None:
    worker = Worker(world.desk)
    [before] = write(world, "before")
    worker.run_due()
    world.clock.advance(hours=hours)
    [after] = write(world, "after")
    worker.run_due()
    worker.run_due()
    assert world.actions().count("clock.moved") == 1
    times = signed_at(world)
    assert len(times) >= 2
    assert times == sorted(times)
    seal(world)
    with world.reading() as context:
        places = [leaf_index(context.session, world.practice_id, each) for each in (before, after)]
    assert places == sorted(places)
    assert verify(world).exit_code == 0


def test_a_clock_that_only_runs_writes_nothing(world: World) -> None:
    """The control."""
    worker = Worker(world.desk)
    for _ in range(3):
        write(world, "something")
        worker.run_due()
        world.clock.advance(seconds=2)
    assert "clock.moved" not in world.actions()
