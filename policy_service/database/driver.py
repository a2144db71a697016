"""Statements given to the driver as they stand: for recognition's look-ups and the log's rows.

SQLAlchemy's own way to a driver costs eight times what a look-up by key does. A statement here is
written for each database by hand and names the practice of its session, as the guard would
(`guard.practice_of` raises without one).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of, require_writing
from policy_service.database.types import iso

Row = tuple[Any, ...]


def fetch(session: Session, spelt: Mapping[str, str], values: Mapping[str, Any]) -> list[Row]:
    """The rows of the statement as `spelt` for the session's database.

    `values` are its parameters by name; `practice` is added. A list is one value, so that the
    statement stays the same for any length: an array on PostgreSQL, JSON on SQLite. Errors of
    the driver are raised as SQLAlchemy raises them, so that the session's owner can tell a busy
    database from a mistake.
    """
    connection = session.connection()
    dialect = connection.dialect
    statement = spelt[dialect.name]
    given: dict[str, Any] = {"practice": practice_of(session), **values}
    if dialect.name == "sqlite":  # which knows no lists
        lists = {name: value for name, value in values.items() if isinstance(value, list)}
        given |= {name: orjson.dumps(value).decode() for name, value in lists.items()}
    driver: Any = connection.connection.dbapi_connection
    with _as_sqlalchemy(dialect, statement):
        found: list[Row] = driver.execute(statement, given).fetchall()
    return found


def write(session: Session, spelt: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> int:
    """Run a writing statement once for each of `rows`; returns how many rows it touched.

    As `fetch`: `practice` is added, so that no row can be another practice's. ReadOnly in a
    session that reads. Objects that the session has not flushed are not flushed by this.
    """
    require_writing(session)
    if not rows:
        return 0
    connection, practice = session.connection(), practice_of(session)
    dialect = connection.dialect
    statement = spelt[dialect.name]
    given = [{**row, "practice": practice} for row in rows]
    driver: Any = connection.connection.dbapi_connection
    with _as_sqlalchemy(dialect, statement), closing(driver.cursor()) as cursor:
        if len(given) == 1:
            cursor.execute(statement, given[0])
        else:
            cursor.executemany(statement, given)
        return int(cursor.rowcount)


def moment(session: Session, at: datetime) -> datetime | str:
    """A time as the session's driver stores it (`types.UtcDateTime`)."""
    return at if session.connection().dialect.name == "postgresql" else iso(at)


@contextmanager
def _as_sqlalchemy(dialect: Dialect, statement: str) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy does."""
    base = dialect.loaded_dbapi.Error
    try:
        yield
    except base as error:
        raise DBAPIError.instance(
            statement, None, error, base, hide_parameters=True, dialect=dialect
        ) from error


def spellings(statement: str) -> dict[str, str]:
    """A statement that differs only in how parameters are written, here as {name}."""
    return {
        "sqlite": statement.format_map(_Parameters(":{}")),
        "postgresql": statement.format_map(_Parameters("%({})s")),
    }


class _Parameters(dict[str, str]):
    """Every name, as one database writes a parameter of that name."""

    def __init__(self, form: str) -> None:
        self._form = form

    def __missing__(self, name: str) -> str:
        return self._form.format(name)
