"""Reading statements given to the driver as they stand: what a recognition may spend time on.

SQLAlchemy's own way to a driver costs eight times what a look-up by key does. A statement here is
written for each database by hand and names the practice of its session, as the guard would
(`guard.practice_of` raises without one). Nothing is written by this way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of

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
    try:
        found: list[Row] = driver.execute(statement, given).fetchall()
    except dialect.loaded_dbapi.Error as error:
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            statement, None, error, base, hide_parameters=True, dialect=dialect
        ) from error
    return found


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
