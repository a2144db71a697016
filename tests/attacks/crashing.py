"""Crashes at chosen points and at random ones, and disks that refuse."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path

from sqlalchemy import make_url

from tests.attacks.children import (
    POINTS,
    Child,
    Place,
    acknowledge_too_early,
    die_at,
    keep_deciding,
    keep_sealing,
    take_turns,
)
from tests.attacks.survey import Heard
from tests.audit.logs import sign
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


def kill_many(world: World, heard: Heard, kills: int, seed: int) -> None:
    """So many kill -9 at random, each of a process that was ready and at work."""
    child = Child.start(_kill_many, Place.of(world), kills, seed)
    said = child.rest()
    assert said[-1:] == [("killed", str(kills))], f"a process ended by itself: {said[-1:]}"
    heard.take(said)


def _kill_many(place: Place, out: Connection, kills: int, seed: int) -> None:
    """In a process of its own: it opens the world once, and every victim is forked from it."""
    out.send(("ready", ""))
    world = place.open()
    world.check("ben", "nora")
    sign(world)
    world.desk.database.dispose()  # nobody inherits a connection
    carnage = Carnage(world, random.Random(seed))
    carnage.run(kills)
    for said in carnage.said:
        out.send(said)
    out.send(("killed", str(kills)))


@dataclass
class Carnage:
    """Kills processes of a service at random, each at once followed by another."""

    world: World
    chance: random.Random
    said: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, kills: int) -> None:
        """So many; `said` is all that the victims acknowledged."""
        crew = [Child.fork(task, self.world) for task in CREW]
        for _ in range(kills):
            self._listen(crew, self.chance.randrange(10))
            victim = self.chance.randrange(len(crew))
            assert crew[victim].process.is_alive(), "a process ended by itself"
            self.said += crew[victim].kill()
            crew[victim] = Child.fork(CREW[victim], self.world)
        for child in crew:
            self.said += child.kill()

    def _listen(self, crew: list[Child], messages: int) -> None:
        """Until so many messages came: the moment of a kill is anywhere between two of them."""
        while messages > 0:
            for said in wait([child.said for child in crew]):
                assert isinstance(said, Connection)
                self.said.append(said.recv())
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
