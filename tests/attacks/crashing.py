"""Crashes at chosen points and at random ones, and disks that refuse."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from sqlalchemy import make_url

from tests.attacks.children import (
    POINTS,
    Child,
    Place,
    acknowledge_too_early,
    close_all,
    die_at,
    keep_deciding,
    keep_sealing,
    take_turns,
)
from tests.attacks.survey import Heard
from tests.cast import World

CREW = (keep_deciding, keep_deciding, keep_sealing)
"""Two replicas that decide, and a worker."""


def crash_everywhere(world: World, heard: Heard) -> None:
    """A process is killed at each point of append, seal and sign."""
    for point in POINTS:
        child = Child.start(die_at, Place.of(world), point)
        heard.take(child.rest())
        assert child.process.exitcode == -9, f"{point}: {child.process.exitcode}"


def answer_too_early(world: World, heard: Heard) -> Sequence[str]:
    """A service that acknowledges before it commits, killed in between."""
    heard.take(Child.start(acknowledge_too_early, Place.of(world)).rest())
    return ("1 acknowledged entries lost",)


@dataclass
class Carnage:
    """Kills processes of a service at random, each at once followed by another."""

    world: World
    heard: Heard
    chance: random.Random
    kills: int = 0

    def run(self, kills: int) -> None:
        """So many kill -9, each of a process that was ready and at work."""
        place = Place.of(self.world)
        with ExitStack() as stack:
            crew = [Child.start(task, place) for task in CREW]
            close_all(stack, crew)
            for _ in range(kills):
                self._listen(crew, self.chance.randrange(6))
                victim = self.chance.randrange(len(crew))
                assert crew[victim].process.is_alive(), "a process ended by itself"
                self.heard.take(crew[victim].kill())
                self.kills += 1
                crew[victim] = Child.start(CREW[victim], place)
            for child in crew:
                self.heard.take(child.kill())

    def _listen(self, crew: list[Child], messages: int) -> None:
        """Until so many messages came: the moment of a kill is anywhere between two of them."""
        while messages > 0:
            for said in wait([child.said for child in crew]):
                self.heard.take([said.recv()])  # type: ignore[union-attr]
                messages -= 1


def fill_the_disk(world: World, heard: Heard) -> None:
    """Files may grow to the size they have and a little more, as on a disk that is nearly full."""
    for spare in (0, 1, 1000, 5000, 20_000):
        child = Child.start(take_turns, Place.of(world), 4, largest_file(world) + spare)
        heard.take([child.said.recv() for _ in range(3)])
        child.go()
        heard.take(child.rest())


def largest_file(world: World) -> int:
    """Bytes of the largest file that the service itself writes."""
    url = make_url(world.settings.database_url)
    if url.get_backend_name() == "postgresql":
        return 0
    path = Path(str(url.database))
    return max(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
