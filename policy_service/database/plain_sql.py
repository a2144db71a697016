"""Statements written by hand for each database and given to the driver as they stand.

For the few that a check runs in well under a millisecond: compiling a statement and dressing its
rows would cost more than the query. Whoever writes one names the practice in it (`:practice`); the
guard of sessions does not read it (`guard`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of


def fetch(session: Session, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement in the words of the session's driver.

    A list is one value, so that the statement stays the same for any length: an array on
    PostgreSQL, JSON on SQLite, which knows no lists. `practice` is given by the session.
    """
    connection = session.connection()
    given: dict[str, Any] = {"practice": practice_of(session), **values}
    if connection.dialect.name == "sqlite":
        lists = {name: value for name, value in values.items() if isinstance(value, list)}
        given |= {name: orjson.dumps(value).decode() for name, value in lists.items()}
    return connection.exec_driver_sql(statement, given).fetchall()
