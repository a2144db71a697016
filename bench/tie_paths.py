"""Tie paths of at most three ties between two persons, over two million ties: ours, and others.

    python -m bench.tie_paths [--persons 300000] [--ties 2000000] [--questions 2000]

Ours meets in the middle by two indexed queries; beside it one recursive query over the same tables,
and networkx and rustworkx over the same graph held in memory, where they are installed. All of them
must find the same paths first. "CPU ms" is this process and, on PostgreSQL, the server's process
that works for it; "ms" by the clock counts waiting for a busy machine as well.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.figures import report
from bench.tie_graph import PRACTICE, Graph, load_postgresql, load_sqlite, make_graph, questions
from policy_service.database import Database
from policy_service.services.gathering.tie_graph import LIVE, chains
from tests.postgresql_server import NoServer, running_server

Finder = Callable[[str, str], set[tuple[str, ...]]]
"""The paths from one person to another, as the persons on them."""
Spent = Callable[[], float]
"""CPU seconds so far."""


@dataclass(frozen=True)
class Place:
    """Where paths are walked, and how its CPU time is told."""

    name: str
    spent: Spent = time.process_time


_FIRST = "SELECT CAST(:start AS TEXT) AS person, 0 AS steps, CAST(:start AS TEXT) AS trail"
_ARCS = {
    "sqlite": """
    SELECT tie.to_person_id, steps + 1, trail || ' ' || tie.to_person_id
    FROM way JOIN tie ON practice_id = :practice AND {live} AND from_person_id = person
    WHERE steps < 3
    UNION ALL
    SELECT tie.from_person_id, steps + 1, trail || ' ' || tie.from_person_id
    FROM way JOIN tie ON practice_id = :practice AND {live} AND to_person_id = person
    WHERE steps < 3""",
    "postgresql": """
    SELECT CAST(arc.far AS TEXT), steps + 1, trail || ' ' || arc.far
    FROM way CROSS JOIN LATERAL (
        SELECT to_person_id AS far FROM tie
        WHERE practice_id = :practice AND {live} AND from_person_id = person
        UNION ALL
        SELECT from_person_id FROM tie
        WHERE practice_id = :practice AND {live} AND to_person_id = person
    ) AS arc
    WHERE steps < 3""",
}


def _recursive_sql(dialect: str) -> str:
    """Each database in the form it plans well: both use the indexes of a tie's ends."""
    arcs = _ARCS[dialect].format(live=LIVE[dialect])
    return (
        f"WITH RECURSIVE way AS ({_FIRST} UNION ALL {arcs})"  # noqa: S608 - no input
        " SELECT trail FROM way WHERE person = :end AND steps > 0"
    )


def ours(session: Session) -> Finder:
    """The code path of a check."""

    def find(start: str, end: str) -> set[tuple[str, ...]]:
        found = chains(session, start, {end}).found
        return {(start, *(arc.far for arc in chain)) for chain in found if chain}

    return find


def recursive(session: Session) -> Finder:
    """One statement that walks everything within three ties of the start."""
    statement = text(_recursive_sql(session.get_bind().dialect.name))

    def find(start: str, end: str) -> set[tuple[str, ...]]:
        asked = {"practice": PRACTICE, "start": start, "end": end}
        trails = (tuple(trail.split()) for (trail,) in session.execute(statement, asked))
        return {trail for trail in trails if len(set(trail)) == len(trail)}

    return find


def in_networkx(graph: Graph) -> Finder:
    """networkx, the whole graph in memory."""
    networkx = import_module("networkx")
    made = networkx.Graph((graph.persons[one], graph.persons[other]) for one, other in graph.ties)

    def find(start: str, end: str) -> set[tuple[str, ...]]:
        if start not in made or end not in made:
            return set()
        return set(map(tuple, networkx.all_simple_paths(made, start, end, cutoff=3)))

    return find


def in_rustworkx(graph: Graph) -> Finder:
    """rustworkx, the whole graph in memory."""
    rustworkx = import_module("rustworkx")
    made = rustworkx.PyGraph(multigraph=False)
    made.add_nodes_from(range(len(graph.persons)))
    made.add_edges_from_no_data(graph.ties)
    place = {person: number for number, person in enumerate(graph.persons)}

    def find(start: str, end: str) -> set[tuple[str, ...]]:
        if start == end:
            return set()
        found = rustworkx.all_simple_paths(made, place[start], place[end], cutoff=4)
        return {tuple(graph.persons[number] for number in path) for path in found}

    return find


def times(
    find: Finder, asked: Sequence[tuple[str, str]], spent: Spent
) -> tuple[list[float], list[float]]:
    """CPU and clock milliseconds of each question, in ascending order.

    Each is asked three times and the fastest counts: the first warms up, and machines are busy.
    """
    tries = [[_time(find, question, spent) for _ in range(3)] for question in asked]
    cpu = sorted(min(one for one, _ in three) for three in tries)
    return cpu, sorted(min(one for _, one in three) for three in tries)


def _time(find: Finder, question: tuple[str, str], spent: Spent) -> tuple[float, float]:
    began, began_cpu = time.perf_counter(), spent()
    find(*question)
    cpu = 1000 * (spent() - began_cpu)
    return cpu, 1000 * (time.perf_counter() - began)


def with_server(session: Session) -> Spent:
    """CPU seconds of this process and of the server's process behind a session, where Linux on
    this machine tells the latter; else of this process alone."""
    server = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    told = Path(f"/proc/{server}/schedstat")
    if not told.exists():
        return time.process_time
    return lambda: time.process_time() + int(told.read_text().split()[0]) / 1e9


def at(part: int, values: Sequence[float]) -> float:
    """A percentile."""
    return values[len(values) * part // 100]


def compare(
    where: Place, mine: Finder, peers: dict[str, Finder], asked: Sequence[tuple[str, str]]
) -> None:
    """The figures of one place, ours beside each peer."""
    own = times(mine, asked, where.spent)
    few = asked[: len(asked) // 10]  # the others are slow
    for name, peer in peers.items():
        for start, end in few[:100]:
            if mine(start, end) != peer(start, end):
                raise SystemExit(f"{where.name}: {name} finds other paths from {start} to {end}")
        theirs = times(peer, few, where.spent)
        for unit, one, other in zip(("CPU ms", "ms"), own, theirs, strict=True):
            for part in (50, 95):
                figure = f"tie paths, {where.name}, p{part}"
                report(figure, at(part, one), unit, name, at(part, other))


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """A reading session of the practice."""
    database = Database(url)
    try:
        with database.read(PRACTICE) as session:
            yield session
    finally:
        database.dispose()


def bench_paths(persons: int = 300_000, ties: int = 2_000_000, number: int = 2000) -> None:
    """SQLite, PostgreSQL where there is one, and whole graphs in memory."""
    graph = make_graph(1, persons, ties)
    asked = questions(graph, 2, number)
    held = in_memory(graph)
    with TemporaryDirectory() as folder, reading(load_sqlite(graph, Path(folder))) as session:
        peers = {"recursive SQL": recursive(session), **held}
        compare(Place("SQLite"), ours(session), peers, asked)
    try:
        with (
            running_server() as server,
            load_postgresql(graph, server) as url,
            reading(url) as session,
        ):
            peers = {"recursive SQL": recursive(session)}
            place = Place("PostgreSQL", with_server(session))
            compare(place, ours(session), peers, asked)
    except NoServer as error:
        print(f"PostgreSQL: {error}")


def in_memory(graph: Graph) -> dict[str, Finder]:
    """The peers that are installed, and what each takes to hold the graph."""
    makers = {"networkx": in_networkx, "rustworkx": in_rustworkx}
    found: dict[str, Finder] = {}
    for name, make in makers.items():
        gc.collect()
        before, began = _peak(), time.process_time()
        try:
            found[name] = make(graph)
        except ModuleNotFoundError:
            continue
        report("memory to hold the ties", 0, "MiB", name, _peak() - before)
        report("time to load the ties", 0, "CPU s", name, time.process_time() - began)
    return found


def _peak() -> float:
    """The most this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run at the size asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    sizes: dict[str, Any] = {"--persons": 300_000, "--ties": 2_000_000, "--questions": 2000}
    for name, size in sizes.items():
        parser.add_argument(name, type=int, default=size)
    given = parser.parse_args()
    bench_paths(given.persons, given.ties, given.questions)


if __name__ == "__main__":
    main()
