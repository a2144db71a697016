"""A practice of its own with a registry of any size, for the benches: on SQLite or PostgreSQL."""

from __future__ import annotations

import base64
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_service.app import create_desk
from policy_service.database import match_index, migrate
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import Principal, Role
from policy_service.services.context import Context, random_id
from policy_service.services.desk import Desk
from policy_service.services.people import NewPerson, insert_people, insert_rows, new_person
from policy_service.services.practices import NewPractice, found_practice
from policy_service.settings import Settings

BATCH = 5000
_PARTS = 58  # so many bits of a key are left out: 64 parts, each sorted by itself
_INDEX = "CREATE INDEX ix_match_key_person ON match_key (practice_id, person_id)"


@contextmanager
def registry_desk(database_url: str = "") -> Iterator[tuple[Desk, Principal]]:
    """An empty practice and its officer; in a file that is deleted afterwards unless told where."""
    with TemporaryDirectory(prefix="bench-") as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'registry.sqlite3'}"
        settings = Settings.from_environment(
            {
                "DATABASE_URL": url,
                "POLICY_KEK": base64.b64encode(os.urandom(32)).decode(),
                "POLICY_KEY_DIR": str(Path(folder) / "keys"),
            }
        )
        migrate.upgrade(url)
        desk = create_desk(settings, lambda: datetime(2026, 11, 23, tzinfo=UTC))
        practice = found_practice(desk, NewPractice("bench", "Bench", "US-OH"))
        try:
            yield desk, Principal(practice, random_id(), "Bench", frozenset({Role.COMPLIANCE}))
        finally:
            desk.database.dispose()


def load(desk: Desk, officer: Principal, records: Iterable[PersonRecord]) -> list[str]:
    """Register people as a roster does, a batch a transaction; their ids in order.

    Their keys are filed afterwards, in the order of the index, and the index of persons is built
    once: filed batch by batch, a million people would rewrite the index two hundred times.
    """
    left, ids = iter(records), []
    keys: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    _on_index(desk, officer, "DROP INDEX ix_match_key_person")
    while batch := list(islice(left, BATCH)):
        people = prepared(desk, officer, batch)
        with desk.writing(officer) as context:
            insert_rows(context, people)
        for one in people:
            ids.append(one.person["id"])
            for key in one.match_keys:
                keys[key >> _PARTS].append((key, ids[-1]))
    for part in sorted(keys):
        with desk.writing(officer) as context:
            match_index.file_keys(context.session, "match_key", keys.pop(part))
    _on_index(desk, officer, _INDEX)
    return ids


def _on_index(desk: Desk, officer: Principal, statement: str) -> None:
    with desk.writing(officer) as context:
        connection = context.session.connection()
        if desk.database.dialect == "postgresql":  # longer than any statement of the service may be
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(statement)


def prepared(desk: Desk, officer: Principal, batch: Iterable[PersonRecord]) -> list[NewPerson]:
    """Sealed and hashed, outside the write lock."""
    with desk.reading(officer) as context:
        return [new_person(context, context.new_id(), record) for record in batch]


def store(desk: Desk, officer: Principal, people: Sequence[NewPerson]) -> None:
    """The rows and keys of these people, in one transaction."""
    with desk.writing(officer) as context:
        insert_people(context, people)


@contextmanager
def asking(desk: Desk, officer: Principal) -> Iterator[Context]:
    """One request that reads."""
    with desk.reading(officer) as context:
        yield context
