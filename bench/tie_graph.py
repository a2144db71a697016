"""A practice of 300,000 persons and 2,000,000 ties, on SQLite and on PostgreSQL, for `tie_paths`.

The ties are drawn at random between random persons; ids are random UUIDs, as in life. Rows go in by
the driver, with the two indexes of a tie's ends made afterwards.
"""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, make_url, text

from policy_service.database import migrate
from tests.postgresql_server import Server

PRACTICE = "00000000-0000-4000-8000-000000000001"
_SEALED = bytes(120)  # what a kind and a period take when they are sealed
_COLUMNS = (
    "practice_id", "id", "revision", "is_current", "is_withdrawn", "reason", "recorded_at",
    "recorded_by", "from_person_id", "to_person_id", "is_ended", "source", "clinician_id", "sealed",
)  # fmt: skip


@dataclass(frozen=True)
class Graph:
    """Persons, and ties as pairs of places in `persons`."""

    persons: list[str]
    ties: list[tuple[int, int]]

    def neighbours(self) -> dict[int, list[int]]:
        """Who is tied to whom, both ways."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for one, other in self.ties:
            found[one].append(other)
            found[other].append(one)
        return found


def make_graph(seed: int, persons: int, ties: int) -> Graph:
    """The same graph for the same numbers."""
    draw = random.Random(seed)
    ids = [str(uuid.UUID(int=draw.getrandbits(128), version=4)) for _ in range(persons)]
    pairs = [(draw.randrange(persons), draw.randrange(persons)) for _ in range(ties)]
    return Graph(ids, [pair for pair in pairs if pair[0] != pair[1]])


def questions(graph: Graph, seed: int, number: int) -> list[tuple[str, str]]:
    """Pairs to ask about: every second one has a path of at most three ties, by a random walk."""
    draw, near = random.Random(seed), graph.neighbours()
    asked = []
    for turn in range(number):
        start = draw.randrange(len(graph.persons))
        end = draw.randrange(len(graph.persons))
        if turn % 2:
            end = start
            for _ in range(draw.randint(1, 3)):
                end = draw.choice(near[end] or [end])
        if start != end:
            asked.append((graph.persons[start], graph.persons[end]))
    return asked


def _rows(graph: Graph, recorded_at: str) -> Iterator[tuple[object, ...]]:
    for number, (one, other) in enumerate(graph.ties):
        tie = f"{number:08x}-0000-4000-8000-000000000000"  # in order: the primary key fills fast
        yield (
            PRACTICE, tie, 1, True, False, None, recorded_at, "bench", graph.persons[one],
            graph.persons[other], False, "disclosure", None, _SEALED,
        )  # fmt: skip


def load_sqlite(graph: Graph, folder: Path) -> str:
    """A migrated SQLite file with the ties; returns its URL."""
    path = folder / "ties.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    marks = ", ".join("?" * len(_COLUMNS))
    insert = f"INSERT INTO tie ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our words
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA cache_size=-500000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master"
            " WHERE tbl_name = 'tie' AND sql LIKE 'CREATE INDEX%'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.executemany(insert, _rows(graph, "2026-01-01T00:00:00.000000Z"))
        for _, made_by in indexes:
            connection.execute(made_by)
        connection.execute("ANALYZE")
        connection.commit()
    return f"sqlite:///{path}"


@contextmanager
def load_postgresql(graph: Graph, server: Server) -> Iterator[str]:
    """The same on PostgreSQL; the database is dropped afterwards."""
    name = f"ties_{uuid.uuid4().hex}"
    administer = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with administer.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = server.url.set(database=name).render_as_string(hide_password=False)
    try:
        migrate.upgrade(url)
        _copy(graph, url)
        yield url
    finally:
        with administer.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        administer.dispose()


def _copy(graph: Graph, url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.practice_id', %s, false)", (PRACTICE,))
        indexes = connection.execute(
            "SELECT indexname, indexdef FROM pg_indexes"
            " WHERE tablename = 'tie' AND indexname NOT LIKE 'pk%'"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}")
        with connection.cursor().copy(f"COPY tie ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in _rows(graph, "2026-01-01T00:00:00Z"):
                copy.write_row(row)
        for _, made_by in indexes:
            connection.execute(made_by)
        connection.execute("VACUUM ANALYZE tie")
