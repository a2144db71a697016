"""How fast one person is recognised, and a registry loaded, beside Splink 5 and the ORM.

    python -m bench.matching_speed [--people 5000 100000] [--region] [--postgresql URL] [--no-peer]

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}. A query is the whole path of a
check's recognition: normalise, hash, look up, rank, unseal, compare, explain whoever is reported.
CPU times are those of this process; of several rounds each query's best counts, because others use
the machine too. A PostgreSQL works in processes of its own: there the wall time is printed as well.
Splink is asked fewer queries, one round, its registry and term frequencies registered before.
"""

from __future__ import annotations

import argparse
import logging
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import TypeVar

from sqlalchemy import inspect

from bench.figures import report
from bench.population import NATION, REGION, Population
from bench.registry_world import asking, load, prepared, registry_desk, store
from bench.splink_query import SplinkRegistry, trained_model
from policy_service.database.base import PracticeOwned
from policy_service.database.tables.people import (
    MatchKeyRow,
    PersonCountRow,
    PersonKeyRow,
    PersonRow,
)
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk
from policy_service.services.recognition import Identification, identify

QUERIES, ROUNDS, PEER_QUERIES = 400, 3, 30
_LOADED = 2000
Query = tuple[int, PersonRecord]
Answer = Callable[[PersonRecord], Identification]
Made = TypeVar("Made")


@dataclass(frozen=True)
class Scale:
    """How many people, in how many towns, and where they are kept."""

    people: int
    towns: int = NATION
    database_url: str = ""

    @property
    def name(self) -> str:
        """As figures are called."""
        kind = "PostgreSQL" if self.database_url else "SQLite"
        spread = "" if self.towns == NATION else ", one region"
        return f"one query among {self.people:,} people, {kind}{spread}"


@dataclass(frozen=True)
class Latencies:
    """The best times of each query, in milliseconds, ascending."""

    cpu: Sequence[float]
    wall: Sequence[float]


def bench_queries(scale: Scale, with_peer: bool = True) -> None:
    """Latency, candidates and rank of one query, beside Splink's."""
    population = Population(scale.people, scale.towns)
    known = list(population.records())
    queries = population.queries(known, min(QUERIES, scale.people))
    with registry_desk(scale.database_url) as (desk, officer):
        started = time.process_time()
        ids = load(desk, officer, known)
        loading = 1e6 * (time.process_time() - started) / scale.people
        report(f"load, {scale.people:,} people", loading, "CPU us a person")
        ours, found = asked(desk, officer, queries)
    peers = _peer(population, known, queries) if with_peer else None
    _report_latencies(scale, ours, peers)
    firsts = [one.matches[0].person.id if one.matches else "" for one in found]
    right = mean(first == ids[number] for first, (number, _) in zip(firsts, queries, strict=True))
    report(f"{scale.name}: the person asked for comes first", right, "share")
    opened = mean(len(one.matches) + one.weak for one in found)
    report(f"{scale.name}: candidates compared", opened, "people a query")


def asked(
    desk: Desk, officer: Principal, queries: Sequence[Query], rounds: int = ROUNDS
) -> tuple[Latencies, list[Identification]]:
    """Every query in a request of its own; each in every round, the best time of each."""
    cpu, wall = ([float("inf")] * len(queries) for _ in range(2))
    found: list[Identification] = []
    for _ in range(rounds):
        found.clear()
        for number, (_, query) in enumerate(queries):
            with asking(desk, officer) as context:
                began, began_cpu = time.perf_counter(), time.process_time()
                found.append(identify(context, query, ()))
                cpu[number] = min(cpu[number], 1000 * (time.process_time() - began_cpu))
                wall[number] = min(wall[number], 1000 * (time.perf_counter() - began))
    return Latencies(sorted(cpu), sorted(wall)), found


def _peer(
    population: Population, known: Sequence[PersonRecord], queries: Sequence[Query]
) -> Latencies:
    model = trained_model([(one, population.corrupted(one)) for one in known[:_LOADED]])
    registry = SplinkRegistry(known, [str(number) for number in range(len(known))], model)
    for _, query in queries[:2]:  # the first ones compile
        registry.ask(query)
    taken = [registry.ask(query) for _, query in queries[:PEER_QUERIES]]
    return Latencies(sorted(one.cpu for one in taken), sorted(one.wall for one in taken))


def _report_latencies(scale: Scale, ours: Latencies, peers: Latencies | None) -> None:
    for unit in ("cpu", "wall"):
        for part in (50, 95, 99):
            value = at(getattr(ours, unit), part)
            peer_value = at(getattr(peers, unit), part) if peers else None
            label = f"{unit.upper() if unit == 'cpu' else unit} ms"
            report(f"{scale.name} p{part}", value, label, "splink", peer_value)


def at(ascending: Sequence[float], part: int) -> float:
    """The value below which `part` percent of them lie."""
    return ascending[min(len(ascending) * part // 100, len(ascending) - 1)]


Rows = dict[type[PracticeOwned], list[dict[str, object]]]
_TABLES: tuple[type[PracticeOwned], ...] = (PersonKeyRow, PersonRow, MatchKeyRow, PersonCountRow)


def bench_load(people: int = _LOADED) -> None:
    """Our load beside `add_all` of the very same rows: storing alone, and with what comes before.

    Preparing (normalising, hashing keys, sealing) is the same work for both.
    """
    records = list(Population(people).records())
    with registry_desk() as (desk, officer):
        preparing, made = _seconds(lambda: prepared(desk, officer, records))
        storing, _ = _seconds(lambda: store(desk, officer, made))
        rows: Rows = {table: _rows_of(desk, officer, table) for table in _TABLES}
    with registry_desk() as (desk, officer):
        theirs, _ = _seconds(lambda: _add_all(desk, officer, rows))
    with registry_desk() as (desk, officer):
        filling, _ = _seconds(lambda: load(desk, officer, records))
    _report_load(people, "storing", storing, theirs)
    _report_load(people, "preparing and storing", preparing + storing, preparing + theirs)
    _report_load(people, "filling an empty registry", filling, preparing + theirs)


def _report_load(people: int, what: str, ours: float, theirs: float) -> None:
    figure = f"load of {people:,} people, {what}"
    each = 1e6 / people
    report(figure, ours * each, "CPU us a person", "ORM add_all", theirs * each)


def _rows_of(desk: Desk, officer: Principal, table: type[PracticeOwned]) -> list[dict[str, object]]:
    with desk.reading(officer) as context:
        rows = context.session.connection().execute(inspect(table).local_table.select())
        return [dict(row._mapping) for row in rows]


def _add_all(desk: Desk, officer: Principal, rows: Rows) -> None:
    with desk.writing(officer) as context:
        for table, own in rows.items():
            mine = [table(**{**row, "practice_id": officer.practice_id}) for row in own]
            context.session.add_all(mine)
            context.session.flush()


def _seconds(work: Callable[[], Made]) -> tuple[float, Made]:
    """CPU seconds, and what came of it."""
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def bench_speed() -> None:
    """The parts that take minutes: 5,000 and 100,000 people on SQLite, and a load."""
    for people in (5_000, 100_000):
        bench_queries(Scale(people))
    bench_load()


def main() -> None:
    """Run the sizes asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", nargs="*", type=int, default=[5_000, 100_000])
    parser.add_argument("--region", action="store_true", help="300 towns: names and towns repeat")
    parser.add_argument("--postgresql", default="", help="URL of an empty database, one size only")
    parser.add_argument("--no-peer", action="store_true", help="without Splink")
    told = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for people in told.people:
        scale = Scale(people, REGION if told.region else NATION, told.postgresql)
        bench_queries(scale, not told.no_peer)
    if not told.postgresql:
        bench_load()


if __name__ == "__main__":
    main()
