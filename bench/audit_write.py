"""What the log costs where it is written: CPU of an append, rate and lateness under 24 writers.

    python -m bench.audit_write [--appends 3000] [--writers 24] [--seconds 8] [--rounds 2]

*Append*: on SQLite, the CPU (process time) of `audit.log.append` for the entry of a usual decision:
five groups committed to and sealed, placed in the tree, marked, guarded. The peer is the same
append without row MAC and guard. Here alone SQLite does not sync to disk: between waits for the
disk other processes empty the caches, and the CPU that is measured would be theirs.

*Rate*: on a PostgreSQL that syncs to disk, processes that write as fast as they can, in turn with
the log and without, once bare decision rows (sealed under their client's key, as all are: it is
looked up without a log too) and once whole checks; a sealer that signs runs beside them. The peer
is the rate without the log. The age is how long the oldest entry has waited.

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}.
"""

from __future__ import annotations

import argparse
import base64
import multiprocessing
import secrets
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier, Event
from typing import Any
from unittest.mock import patch

import orjson
from sqlalchemy import event, insert, select

from bench.figures import report
from policy_service.app import create_desk
from policy_service.audit.guard import LogGuard
from policy_service.audit.log import NewEntry, Owned, append
from policy_service.audit.writers import Mark
from policy_service.database import migrate
from policy_service.database.tables.audit import PendingRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.people import PersonName, PersonRecord
from policy_service.domain.principals import Principal, Role
from policy_service.ledger.leaf import Leaf
from policy_service.services.attestations import attest
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.clients import register_client
from policy_service.services.clinicians import ClinicianForm, register_clinician
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.log_keeping import LogKeeper
from policy_service.services.packs import wording
from policy_service.services.practices import NewPractice, found_practice
from policy_service.services.stored_responses import Response
from policy_service.settings import Settings
from policy_service.worker import Worker
from tests.postgresql_server import running_server

_SYNCING = ["fsync=on", "synchronous_commit=on", "max_connections=200"]
_GROUPS: dict[str, Any] = {
    "care": {"episodes": [], "former_client": "none"},
    "events": {"boundary": [], "gifts": {"count": 0, "minor_units": 0}},
    "accounts": {"connections": [], "personal": "none"},
    "identity": {"certain": 1, "probable": 0, "possible": 0, "model": "4e54813613b60d11"},
    "decision": {"complete": True, "outcome": "no_finding", "could_become": "no_finding"},
}


@dataclass(frozen=True)
class Place:
    """A practice with one clinician and a client for each writer."""

    desk: Desk
    officer: Principal
    clinician: str
    clients: tuple[str, ...]
    people: tuple[str, ...]


@contextmanager
def place_at(url: str, clients: int) -> Iterator[Place]:
    """Migrate and furnish the database; keys go in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        kek = base64.b64encode(secrets.token_bytes(32)).decode()
        environment = {"DATABASE_URL": url, "POLICY_KEK": kek, "POLICY_KEY_DIR": f"{folder}/keys"}
        migrate.upgrade(url)
        desk = create_desk(Settings.from_environment(environment))
        practice_id = found_practice(desk, NewPractice("bench", "Bench", "US-TX"))
        officer = Principal(practice_id, str(uuid.uuid4()), "o", frozenset({Role.COMPLIANCE}))
        with desk.writing(officer) as context:
            furnished = _furnish(context, clients)
        Worker(desk).run_due()
        desk.database.dispose()  # writers fork: each makes connections of its own
        yield Place(desk, officer, *furnished)
        desk.database.dispose()


def _furnish(context: Context, clients: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    clinician = register_clinician(context, ClinicianForm(_person("Ada", 0)))
    attest(context, clinician, frozenset(AttestationKind), context.today)
    ids = tuple(
        register_client(context, _person(f"Client{number:c}", number))
        for number in range(ord("a"), ord("a") + clients)
    )
    people = [context.session.get_one(ClientRow, (context.practice_id, one)) for one in ids]
    return clinician, ids, tuple(row.person_id for row in people)


def _person(given: str, number: int) -> PersonRecord:
    return PersonRecord((PersonName(given, f"Family{number}"),), f"19{number % 70 + 20}-01-02")


def entry_of(context: Context, person_id: str) -> NewEntry:
    """The entry of a usual decision."""
    return NewEntry(
        id=context.new_id(),
        action="check.decided",
        at=context.now,
        actor_ref=context.principal.actor_ref,
        groups={name: Owned(value, person_id) for name, value in _GROUPS.items()},
        subject_refs=frozenset(
            {"client:mN4bV6cX8zL2kJ0hGfDsAq", "clinician:K7c1w0d9QeRtYuIoPaSdF"}
        ),
        outcome="no_finding",
        packs=frozenset({"3f6be2f0657fb4d8e7cbe543c935b8da7f31eac892481849f65476c0856751c5"}),
        semantics=1,
        model="4e54813613b60d11d370965ad526215ab0af1f8e78c11264f138c2e8c0129835",
    )


def append_cpu(place: Place, appends: int) -> float:
    """CPU milliseconds of one append, its transaction apart, in the median of ten parts."""
    parts = []
    for _ in range(10):
        spent = 0.0
        for number in range(appends // 10):
            with place.desk.writing(place.officer) as context:
                person = place.people[number % len(place.people)]
                context.keyring.load_person_keys(context.session, [person])
                entry = entry_of(context, person)
                before = time.process_time()
                append(context.session, context.keyring, entry)
                spent += time.process_time() - before
        parts.append(1000 * spent / (appends // 10))
    return sorted(parts)[len(parts) // 2]


def _never_sync(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()


def _no_marks(_session: Any, _keyring: Any, leaf_hashes: list[bytes]) -> list[Mark]:
    return [Mark(None, None, None) for _ in leaf_hashes]


def bench_append(appends: int) -> None:
    """Print the CPU of an append, and without marks and guard."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        place_at(f"sqlite:///{folder}/bench.sqlite3", 4) as place,
    ):
        event.listen(place.desk.database.engine, "connect", _never_sync)
        append_cpu(place, appends // 5)
        ours = append_cpu(place, appends)
        with (
            patch("policy_service.audit.log.write_next", _no_marks),
            patch.object(LogGuard, "require_writable", lambda *_: None),
        ):
            bare = append_cpu(place, appends)
    report("append_cpu", ours, "ms", "without row MAC and guard", bare)


Write = Callable[[Place, int], None]


_SEALED = {"sealed_facts": 860, "sealed_body": 660, "sealed_context": 160}


def write_row(place: Place, number: int, *, logged: bool) -> None:
    """A bare decision row, with its entry or without."""
    with place.desk.writing(place.officer) as context:
        entry = entry_of(context, place.people[number])
        context.session.execute(insert(DecisionRow), [_decision(context, place, number, entry.id)])
        if logged:
            append(context.session, context.keyring, entry)


def _decision(context: Context, place: Place, number: int, entry_id: str) -> dict[str, Any]:
    sealed = {
        column: context.keyring.seal(
            context.session, place.people[number], bytes(size), ("decision", entry_id, column)
        )
        for column, size in _SEALED.items()
    }
    return sealed | {
        "practice_id": context.practice_id, "id": context.new_id(), "at": context.now,
        "clinician_id": place.clinician, "client_id": place.clients[number], "purpose": "session",
        "as_of": "2026-03-01", "outcome": "no_finding", "could_become": "no_finding",
        "complete": True, "packs": "p", "semantics": 1, "model": "m" * 64, "entry_id": entry_id,
        "receipt": "r" * 420,
    }  # fmt: skip


def write_check(place: Place, number: int) -> None:
    """A whole check, as the doors ask it."""
    request = CheckRequest(
        place.clinician, "session", datetime.now(UTC).date(), client_id=place.clients[number]
    )
    door = CheckDoor(
        wording(place.desk, place.officer), lambda body, *_: Response(201, orjson.dumps(body))
    )
    run_check(place.desk, place.officer, request, door)


def _unlogged_check(place: Place, number: int) -> None:
    """The same with the entry thought of, never written."""
    with patch("policy_service.services.decisions.append", _no_entry):
        write_check(place, number)


def _no_entry(_session: Any, keyring: Any, entry: NewEntry) -> Leaf:
    return Leaf(
        id=entry.id,
        action=entry.action,
        at="2026-03-01T09:00:00.000000Z",
        practice=keyring.practice_id,
        actor_ref=entry.actor_ref,
        sd=("A" * 43,),
    )


KINDS: dict[str, tuple[Write, Write]] = {
    "decision rows": (
        lambda place, number: write_row(place, number, logged=True),
        lambda place, number: write_row(place, number, logged=False),
    ),
    "whole checks": (write_check, _unlogged_check),
}


@dataclass(frozen=True)
class Load:
    """So many processes for so long."""

    writers: int
    seconds: float


@dataclass(frozen=True)
class Gate:
    """Where writers start together, and where each leaves its count."""

    ready: Barrier
    done: Any


def rate(place: Place, load: Load, write: Write, ages: Ages | None) -> float:
    """Writes a second by all writers together; samples of what waits go to `ages`."""
    forks = multiprocessing.get_context("fork")
    gate = Gate(forks.Barrier(load.writers + 1), forks.SimpleQueue())
    stop = forks.Event()
    sealing = forks.Process(target=_keep_sealing, args=(place, stop))
    writers = [
        forks.Process(target=_keep_writing, args=(place, number, load, write, gate))
        for number in range(load.writers)
    ]
    for process in (sealing, *writers):
        process.start()
    gate.ready.wait()
    if ages is not None:
        _sample(place, load.seconds, ages)
    written = sum(gate.done.get() for _ in writers)
    stop.set()
    for process in (sealing, *writers):
        process.join()
    place.desk.database.dispose()
    return float(written) / load.seconds


def _keep_writing(place: Place, number: int, load: Load, write: Write, gate: Gate) -> None:
    write(place, number)
    gate.ready.wait()
    end, written = time.monotonic() + load.seconds, 0
    while time.monotonic() < end:
        write(place, number)
        written += 1
    gate.done.put(written)


def _keep_sealing(place: Place, stop: Event) -> None:
    """What a worker runs beside its rounds."""
    keeper, stopping = LogKeeper(place.desk), threading.Event()
    loops = keeper.run(stopping)
    stop.wait()
    stopping.set()
    for loop in loops:
        loop.join()
    keeper.keep(place.officer.practice_id)


@dataclass
class Ages:
    """Seconds, as sampled: of the oldest unsealed entry by its time, and since it was first seen.

    Its time is that of the request: where writers wait for a processor, so does its commit. Since
    it was first seen: what the sealer let it wait, but for the time between two samples.
    """

    told: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)


def _sample(place: Place, seconds: float, ages: Ages) -> None:
    waiting = select(PendingRow.entry_id, PendingRow.at)
    first: dict[str, float] = {}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with place.desk.database.read(place.officer.practice_id) as session:
            rows = {row.entry_id: row.at for row in session.execute(waiting)}
        now, seen = datetime.now(UTC), time.monotonic()
        first = {entry_id: first.get(entry_id, seen) for entry_id in rows}
        ages.told.append(max(((now - at).total_seconds() for at in rows.values()), default=0.0))
        ages.seen.append(seen - min(first.values(), default=seen))
        time.sleep(0.05)


def bench_rates(load: Load, rounds: int) -> None:
    """Print the rates with the log beside those without, and the age of what waits."""
    with running_server(_SYNCING) as server:
        url = server.url.render_as_string(hide_password=False)
        with place_at(url, load.writers) as place:
            for kind, (logged, bare) in KINDS.items():
                ages = Ages()
                ours, theirs = 0.0, 0.0
                for _ in range(rounds):
                    theirs += rate(place, load, bare, None) / rounds
                    ours += rate(place, load, logged, ages) / rounds
                report(f"rate: {kind}, {load.writers} writers", ours, "1/s", "no audit", theirs)
                report(f"oldest unsealed p99: {kind}", _p99(ages.told), "s")
                report(f"oldest unsealed p99 since it was seen: {kind}", _p99(ages.seen), "s")


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0


def main() -> None:
    """Run both parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--appends", type=int, default=3000)
    parser.add_argument("--writers", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    bench_append(asked.appends)
    bench_rates(Load(asked.writers, asked.seconds), asked.rounds)


if __name__ == "__main__":
    main()
