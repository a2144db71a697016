"""A file of what was asked, so that nothing is forgotten while the service, or we, are away.

A question is noted before it is sent and settled when its answer came. The file holds keys, times,
ids and your own references. A request that describes a person is never kept: give a `reference`, so
that you can make it again from your own records.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (
  key TEXT PRIMARY KEY, at TEXT NOT NULL, path TEXT NOT NULL, reference TEXT NOT NULL,
  body TEXT, record TEXT
);
CREATE INDEX IF NOT EXISTS asked_at ON asked (at);
CREATE TABLE IF NOT EXISTS reconciled (one INTEGER PRIMARY KEY CHECK (one = 1), until TEXT);
"""
KEPT = timedelta(hours=72)
"""How long an answered question stays behind the time that was reconciled."""
_BUSY_SECONDS = 5.0


@dataclass(frozen=True)
class Asked:
    """One question. `body` None: it describes a person, or was answered. `record`: its answer."""

    key: str
    at: datetime
    path: str
    reference: str = ""
    body: Mapping[str, Any] | None = None
    record: str | None = None


class Journal:
    """Questions in a SQLite file that only its owner can read; for any number of processes."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._opened() as file:
            file.executescript(_SCHEMA)

    def note(self, asked: Asked) -> None:
        """Before it is sent. Asking again with the same key keeps the time of the first."""
        body = None if asked.body is None or _describes(asked.body) else json.dumps(asked.body)
        row = (asked.key, _text(asked.at), asked.path, asked.reference, body)
        with self._opened() as file:
            file.execute(
                "INSERT INTO asked (key, at, path, reference, body) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING",
                row,
            )

    def settle(self, key: str, record: str) -> None:
        """Its answer came: only key, time and the record's id stay, to be reconciled."""
        with self._opened() as file:
            file.execute("UPDATE asked SET record = ?, body = NULL WHERE key = ?", (record, key))

    def drop(self, key: str) -> None:
        """Forget a question that will not be asked again."""
        with self._opened() as file:
            file.execute("DELETE FROM asked WHERE key = ?", (key,))

    def unanswered(self) -> list[Asked]:
        """Questions without an answer, the oldest first."""
        return self._read("WHERE record IS NULL ORDER BY at, key", ())

    def asked_since(self, since: datetime) -> list[Asked]:
        """All questions from that time on, the oldest first."""
        return self._read("WHERE at >= ? ORDER BY at, key", (_text(since),))

    def first_unreconciled(self) -> datetime | None:
        """Where the next reconciliation begins; None while nothing was asked."""
        with self._opened() as file:
            [(until,)] = file.execute("SELECT max(until) FROM reconciled").fetchall()
            [(oldest,)] = file.execute("SELECT min(at) FROM asked WHERE record IS NULL").fetchall()
            [(first,)] = file.execute("SELECT min(at) FROM asked").fetchall()
        if until is None:
            return None if first is None else _moment(first)
        return _moment(min(until, oldest or until))

    def reconciled(self, until: datetime) -> None:
        """All up to that time was reconciled; answered questions from long before go."""
        with self._opened() as file:
            file.execute(
                "INSERT INTO reconciled (one, until) VALUES (1, ?) "
                "ON CONFLICT (one) DO UPDATE SET until = excluded.until",
                (_text(until),),
            )
            file.execute(
                "DELETE FROM asked WHERE record IS NOT NULL AND at < ?", (_text(until - KEPT),)
            )

    def _read(self, where: str, values: tuple[str, ...]) -> list[Asked]:
        statement = f"SELECT key, at, path, reference, body, record FROM asked {where}"  # noqa: S608 - two texts of this class
        with self._opened() as file:
            return [_asked(row) for row in file.execute(statement, values)]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as file, file:
            yield file


def _describes(body: Mapping[str, Any]) -> bool:
    """Does the request hold more of a person than an id?"""
    client = body.get("client")
    return not isinstance(client, Mapping) or set(client) != {"id"}


def _asked(row: tuple[Any, ...]) -> Asked:
    key, at, path, reference, body, record = row
    return Asked(key, _moment(at), path, reference, json.loads(body) if body else None, record)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
