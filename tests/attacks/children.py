"""Processes of a service that are killed or fail: one decides, one seals and signs.

They are forked from a server that has everything imported, and those that are killed by the
hundred from a process that has the world open. A child sends ("ready", pid), then what it did:
("decided", id, receipt), ("signed", note) or ("refused", kind, status). What it has sent it has
done.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from policy_service.app import create_desk
from policy_service.audit.log import Owned
from policy_service.errors import NotReady, ServiceError
from tests.audit.logs import sign
from tests.cast import Clock, World, settings_for

_FROM_SERVER = multiprocessing.get_context("forkserver")
_FROM_SERVER.set_forkserver_preload(["tests.attacks.children"])
_FROM_HERE = multiprocessing.get_context("fork")
_PR_SET_PTRACER, _ANYBODY = 0x59616D61, ctypes.c_ulong(-1)
PAIRS = (("ben", "nora"), ("alma", "tomas"), ("alma", "nora"), ("ben", "tomas"))


@dataclass(frozen=True)
class Place:
    """Where a world is, for another process to open."""

    url: str
    folder: str
    practice_id: str
    ids: dict[str, str]

    @classmethod
    def of(cls, world: World) -> Place:
        """The place of a world."""
        folder = str(world.settings.key_dir.parent)
        return cls(world.settings.database_url, folder, world.practice_id, world.ids)

    def open(self) -> World:
        """The same world, over connections of this process's own."""
        settings, clock = settings_for(self.url, Path(self.folder)), Clock()
        desk = create_desk(settings, clock)
        return World(settings, desk, clock, self.practice_id, None, dict(self.ids))


Task = Callable[[World, Connection], None]


@dataclass
class Child:
    """A running process, and the end of the pipe that it speaks into."""

    process: BaseProcess
    said: Connection

    @classmethod
    def start(cls, task: Callable[..., None], place: Place, *more: Any) -> Child:
        """Start a task in a process of its own, and wait until it is ready."""
        ours, theirs = _FROM_SERVER.Pipe(duplex=True)
        child = cls(_FROM_SERVER.Process(target=task, args=(place, theirs, *more)), ours)
        return child._begin(theirs)

    @classmethod
    def fork(cls, task: Callable[..., None], world: World) -> Child:
        """The same from this process, which has one thread and no connection open."""
        ours, theirs = _FROM_HERE.Pipe(duplex=True)
        child = cls(_FROM_HERE.Process(target=task, args=(world, theirs), daemon=True), ours)
        return child._begin(theirs)

    def _begin(self, theirs: Connection) -> Child:
        self.process.start()
        theirs.close()
        assert self.said.recv()[0] == "ready"
        return self

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process.pid is not None
        return self.process.pid

    def go(self) -> None:
        """Let a child begin that waits to be told so."""
        self.said.send("go")

    def kill(self) -> list[tuple[str, ...]]:
        """kill -9; returns what it had said and nobody had heard yet."""
        os.kill(self.pid, signal.SIGKILL)
        return self.rest()

    def rest(self) -> list[tuple[str, ...]]:
        """All that it says until its end."""
        heard = list(self._until_the_end())
        self.process.join()
        self.said.close()
        return heard

    def _until_the_end(self) -> Iterator[tuple[str, ...]]:
        while True:
            try:
                yield self.said.recv()
            except (EOFError, OSError):
                return


def keep_deciding(place: Place | World, out: Connection) -> None:
    """Decide for ever, and acknowledge each decision."""
    world = _ready(place, out)
    while True:
        _decide(world, out)


def keep_sealing(place: Place | World, out: Connection) -> None:
    """Seal and sign for ever, and give each new head away."""
    world, last = _ready(place, out), ""
    while True:
        last = _sign(world, out, last)


def take_turns(place: Place, out: Connection, rounds: int, most_bytes: int | None = None) -> None:
    """Decide and sign so many times, once told to go; `most_bytes`: no file may grow larger."""
    world = _ready(place, out)
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    _decide(world, out)  # whatever is made on first use is made now
    _sign(world, out)
    out.send(("warm", str(os.getpid())))
    out.recv()
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    for _ in range(rounds):
        _decide(world, out)
        _sign(world, out)


def take_orders(place: Place, out: Connection) -> None:
    """Decide and sign once at each order, then say so."""
    world = _ready(place, out)
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANYBODY, 0, 0, 0)
    while True:
        _decide(world, out)
        _sign(world, out)
        out.send(("done", ""))
        out.recv()


def die_at(place: Place, out: Connection, point: str) -> None:
    """Decide and sign once, killed at the named point (kill -9: nothing is tidied up)."""
    world = _ready(place, out)
    with _DYING[point](world):
        _decide(world, out)
        _sign(world, out)


def acknowledge_too_early(place: Place, out: Connection) -> None:
    """What the service never does: it answers before the commit, and is killed."""
    world = _ready(place, out)
    with world.writing() as context:
        entry = context.log("note.written", {"note": Owned("never committed")})
        out.send(("decided", entry.id, ""))
        _die()


def _ready(place: Place | World, out: Connection) -> World:
    world = place if isinstance(place, World) else place.open()
    out.send(("ready", str(os.getpid())))
    return world


_turns = iter(range(1_000_000_000))


def _decide(world: World, out: Connection) -> None:
    try:
        answer = world.check(*PAIRS[next(_turns) % len(PAIRS)])
    except ServiceError as error:
        out.send(("refused", type(error).__name__, str(error.status)))
    else:
        out.send(("decided", answer["id"], answer["receipt"]))


def _sign(world: World, out: Connection, last: str = "") -> str:
    """The newest signed head, given away unless it is the last one."""
    try:
        note = sign(world)
    except NotReady as error:
        out.send(("refused", type(error).__name__, str(error.status)))
        return last
    if note != last:
        out.send(("signed", note))
    return note


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _at_commit(world: World) -> Iterator[None]:
    event.listen(world.desk.database.engine, "commit", _die)
    yield


def _when(name: str) -> Callable[[World], Any]:
    return lambda _world: patch(name, _die)


def _once_answered(_world: World) -> Any:
    return patch("tests.attacks.children._sign", _die)


_DYING: dict[str, Callable[[World], Any]] = {
    "entry not yet inserted": _when("policy_service.audit.log._insert_entries"),
    "openings not yet inserted": _when("policy_service.audit.log._opening_rows"),
    "commit not yet sent": _at_commit,
    "answered and not yet sealed": _once_answered,
    "head not yet moved": _when("policy_service.audit.sealer.move_head"),
    "not yet signed": _when("policy_service.audit.signing.sign_checkpoint"),
    "signed and not yet published": _when("policy_service.audit.published.PublishedHeads.keep"),
    "published and not yet stored": _when("policy_service.audit.signing._store"),
}
POINTS = tuple(_DYING)
