"""How long a CDS Hooks call takes inside the service, beside the REST check of the same pair.

    python -m bench.cds [--calls 400] [--people 2000]

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}. Both go through the whole
application on one SQLite file, in turns: credential, body, recognition among the people of a
practice, packs, decision, audit entry, answer. The call brings its prefetch along and is signed
before the clock starts. Wall times and CPU times of this one process; no time is asserted.

The last figures count forged tokens: how many of the table in tests/interop/conformance/forged.py
were accepted (none may be), and how many of their mended twins (all must be).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from werkzeug.test import TestResponse

from bench.figures import report
from bench.population import NATION, Population
from bench.registry_world import load
from policy_service.database import migrate
from policy_service.domain.principals import Scope
from tests.cast import NORA, TOMAS, Caller, World, empty_world, populate
from tests.interop.conformance.ehr import SERVICES, Ehr
from tests.interop.conformance.forged import FORGERIES
from tests.interop.conformance.hooks import HOOKS, body_of, service_id
from tests.interop.conformance.registering import register
from tests.interop.conformance.tokens import key_of

ALGORITHMS = ("ES384", "RS384")
PAIRS = (("alma", "tomas"), ("ben", "nora"))
PEOPLE = {"tomas": TOMAS, "nora": NORA}
REST = "POST /v1/checks"


@dataclass
class Times:
    """Milliseconds of every call: on the wall, and of this process's CPU."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def take(self, call: Callable[[], TestResponse], allowed: int) -> None:
        """One call, which must be answered."""
        wall, cpu = time.perf_counter(), time.process_time()
        answer = call()
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.cpu.append(1000 * (time.process_time() - cpu))
        if answer.status_code != allowed:
            raise RuntimeError(f"answered {answer.status_code}: {answer.text[:300]}")


def at(values: list[float], percent: int) -> float:
    """The percentile: a value that was measured."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, len(ranked) * percent // 100)]


@contextmanager
def practice(people: int) -> Iterator[World]:
    """The standing cast among so many other clients, in a file that goes at the end."""
    with TemporaryDirectory(prefix="bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        migrate.upgrade(url)
        world = populate(empty_world(url, Path(folder)))
        load(world.desk, world.cleo, Population(people, NATION).records())
        try:
            yield world
        finally:
            world.desk.database.dispose()


def measure(world: World, calls: int) -> dict[str, Times]:
    """The REST check and each hook in turns, over both pairs, with both algorithms."""
    ehrs = [register(world, f"https://{alg}.example.org", key_of(alg)) for alg in ALGORITHMS]
    rest = world.http(Scope.DECISION_FULL)
    times = {name: Times() for name in (REST, *HOOKS)}
    for number in range(calls):
        pair, ehr = PAIRS[number % 2], ehrs[number // 2 % 2]
        times[REST].take(_check(world, rest, pair), 201)
        for hook in HOOKS:
            times[hook].take(_hook(ehr, hook, pair), 200)
    return times


def _check(world: World, rest: Caller, pair: tuple[str, str]) -> Callable[[], TestResponse]:
    record = PEOPLE[pair[1]]
    person = {
        "names": [{"given": record.names[0].given, "family": record.names[0].family}],
        "birth_date": record.birth_date,
        "sex": record.sex,
        "phones": list(record.phones),
        "emails": list(record.emails),
    }
    body = {
        "clinician": {"id": world.ids[pair[0]]},
        "client": {"person": person},
        "purpose": "session",
        "acting_user": {"role": "system"},
    }
    return lambda: rest.post("/v1/checks", json=body)


def _hook(ehr: Ehr, hook: str, pair: tuple[str, str]) -> Callable[[], TestResponse]:
    path, body = f"{SERVICES}/{service_id(hook)}", body_of(hook, *pair)
    token = ehr.token(path)
    return lambda: ehr.post(path, body, token)


def report_times(times: dict[str, Times]) -> None:
    """p50 and p95 on the wall, and the CPU time at the median, each beside the REST check."""
    peer = times[REST]
    for hook in HOOKS:
        own = times[hook]
        for percent in (50, 95):
            figure = f"cds {hook} p{percent}"
            report(figure, at(own.wall, percent), "ms", REST, at(peer.wall, percent))
        report(f"cds {hook} CPU p50", at(own.cpu, 50), "ms", REST, at(peer.cpu, 50))
    every = [value for hook in HOOKS for value in times[hook].wall]
    report("cds every hook p95", at(every, 95), "ms", REST, at(peer.wall, 95))


def report_forgeries(world: World) -> None:
    """Every case of the table, with either algorithm, at discovery, beside its mended twin."""
    forged = mended = 0
    for alg in ALGORITHMS:
        ehr = register(world, f"https://forged-{alg}.example.org", key_of(alg, "forged"))
        for case in FORGERIES.values():
            forged += ehr.get(SERVICES, case.forge(ehr, SERVICES)).status_code == 200
            mended += ehr.get(SERVICES, case.mended(ehr, SERVICES)).status_code == 200
    tried = len(FORGERIES) * len(ALGORITHMS)
    report("forged tokens accepted", forged, "tokens", "forged tokens sent", tried)
    report("mended twins accepted", mended, "tokens", "mended twins sent", tried)


def main() -> None:
    """Everything, on one practice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--people", type=int, default=2000)
    given = parser.parse_args()
    with practice(given.people) as world:
        report_times(measure(world, given.calls))
        report_forgeries(world)


if __name__ == "__main__":
    main()
