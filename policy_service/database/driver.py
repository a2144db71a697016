"""Statements given to the driver as they stand: for recognition's look-ups and the log's rows.

SQLAlchemy's own way to a driver costs eight times what a look-up by key does. A statement here is
written for each database by hand and names the practice of its session, as the guard would
(`guard.practice_of` raises without one).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import orjson
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of, require_writing
from policy_service.database.types import iso

Row = tuple[Any, ...]
Asked = tuple[Mapping[str, str], Mapping[str, Any]]
"""A statement as spelt for each database, and its parameters by name."""


@dataclass(frozen=True, eq=False)
class Table:
    """A table of a practice to insert into: its columns but `practice_id`, and PostgreSQL's types
    of them."""

    name: str
    columns: Mapping[str, str]

    @cached_property
    def sqlite(self) -> str:
        """Inserts one row; its parameters by place, the practice first."""
        marks = ", ".join("?" * (1 + len(self.columns)))
        return f"{self._into} VALUES ({marks})"

    def postgresql(self, prefix: str, *, single: bool) -> str:
        """Inserts one row, or all rows of an array for each column: PREFIX0, PREFIX1 and so on."""
        if single:
            marks = ", ".join(f"%({prefix}{place})s" for place in range(len(self.columns)))
            return f"{self._into} VALUES (%(practice)s, {marks})"
        arrays = ", ".join(
            f"%({prefix}{place})s::{kind}[]" for place, kind in enumerate(self.columns.values())
        )
        return " ".join((self._into, "SELECT %(practice)s, * FROM unnest(", arrays, ")"))

    @property
    def _into(self) -> str:
        return f"INSERT INTO {self.name} ({', '.join(('practice_id', *self.columns))})"


@dataclass(frozen=True, slots=True)
class Direct:
    """The driver's connection under a session, looked up once for many statements.

    GUARANTEE: for the transaction in which `direct` gave it, and not longer.
    """

    connection: Connection
    dialect: Dialect
    driver: Any
    practice: str

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.dialect.name

    def fetch(self, spelt: Mapping[str, str], values: Mapping[str, Any]) -> list[Row]:
        """The rows of the statement as `spelt` for this database.

        `values` are its parameters by name; `practice` is added. A list is one value, so that the
        statement stays the same for any length: an array on PostgreSQL, JSON on SQLite. Errors of
        the driver are raised as SQLAlchemy raises them, so that the session's owner can tell a
        busy database from a mistake.
        """
        statement = spelt[self.name]
        try:
            found: list[Row] = self.driver.execute(statement, self._given(values)).fetchall()
        except self.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemy(statement, error) from error
        return found

    def _given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = {**values, "practice": self.practice}
        if self.name == "sqlite":  # which knows no lists
            lists = {name: value for name, value in values.items() if isinstance(value, list)}
            given |= {name: orjson.dumps(value).decode() for name, value in lists.items()}
        return given

    def write(self, spelt: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> int:
        """Run a writing statement once for each of `rows`; returns how many rows it touched.

        As `fetch`: `practice` is added, so that no row can be another practice's. Objects that
        the session has not flushed are not flushed by this.
        """
        if not rows:
            return 0
        statement = spelt[self.name]
        given = [self._given(row) for row in rows]
        try:
            if len(given) == 1:
                return int(self.driver.execute(statement, given[0]).rowcount)
            with closing(self.driver.cursor()) as cursor:
                cursor.executemany(statement, given)
                return int(cursor.rowcount)
        except self.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemy(statement, error) from error

    def fetch_both(self, first: Asked, second: Asked) -> tuple[list[Row], list[Row]]:
        """The rows of two statements, the second run after the first, by one exchange.

        Each sees what is committed when it begins, as if they were sent one by one.
        """
        if self.name == "sqlite":
            return self.fetch(*first), self.fetch(*second)
        with self.in_one_exchange():
            cursors = [
                self.driver.execute(spelt[self.name], self._given(values))
                for spelt, values in (first, second)
            ]
            one, other = (cursor.fetchall() for cursor in cursors)
        return one, other

    @contextmanager
    def in_one_exchange(self) -> Iterator[None]:
        """PostgreSQL is sent what stands within without waiting for each answer in turn.

        A `fetch` within waits for all that was sent before it. An error of any is raised there
        or at the end, and what was sent after it is not carried out. Rows touched are not counted.
        """
        if self.name == "sqlite":
            yield
            return
        try:
            with self.driver.pipeline():
                yield
        except self.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemy("statements sent together", error) from error

    def insert(self, rows: Mapping[Table, Sequence[Row]]) -> None:
        """Insert rows of several tables, each row its table's columns in their order.

        PostgreSQL takes all by one statement, so in one exchange. `practice` is added.
        """
        try:
            if self.name == "sqlite":
                self._insert_in_turn(rows)
            else:
                shape = tuple((table, len(given) == 1) for table, given in rows.items())
                self.driver.execute(_together(shape), self._columns(rows))
        except self.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemy(f"INSERT INTO {_names(rows)}", error) from error

    def _insert_in_turn(self, rows: Mapping[Table, Sequence[Row]]) -> None:
        for table, given in rows.items():
            if len(given) == 1:
                self.driver.execute(table.sqlite, (self.practice, *given[0]))
            elif given:
                self.driver.executemany(table.sqlite, [(self.practice, *row) for row in given])

    def _columns(self, rows: Mapping[Table, Sequence[Row]]) -> dict[str, Any]:
        values: dict[str, Any] = {"practice": self.practice}
        for number, (table, given) in enumerate(rows.items()):
            columns: Iterable[Any] = given[0] if len(given) == 1 else _turned(table, given)
            values |= {f"t{number}_{place}": column for place, column in enumerate(columns)}
        return values

    def moment(self, at: datetime) -> datetime | str:
        """A time as this database's driver stores it (`types.UtcDateTime`)."""
        return at if self.name == "postgresql" else iso(at)

    def _as_sqlalchemy(self, statement: str, error: Exception) -> BaseException:
        base = self.dialect.loaded_dbapi.Error
        return DBAPIError.instance(
            statement, None, error, base, hide_parameters=True, dialect=self.dialect
        )


def _turned(table: Table, rows: Sequence[Row]) -> Iterable[list[Any]]:
    """The columns of rows."""
    return map(list, zip(*rows, strict=True)) if rows else [[] for _ in table.columns]


@lru_cache(maxsize=64)
def _together(shape: tuple[tuple[Table, bool], ...]) -> str:
    """One PostgreSQL statement that inserts into all the tables; is it a single row in each?"""
    *others, last = [
        table.postgresql(f"t{number}_", single=single)
        for number, (table, single) in enumerate(shape)
    ]
    before = ", ".join(f"w{number} AS ({each})" for number, each in enumerate(others))
    return f"WITH {before} {last}" if before else last


def _names(tables: Iterable[Table]) -> str:
    return ", ".join(table.name for table in tables)


def direct(session: Session) -> Direct:
    """The driver under the session's open transaction; PracticeUnbound without a practice."""
    connection = session.connection()
    driver: Any = connection.connection.dbapi_connection
    return Direct(connection, connection.dialect, driver, practice_of(session))


def writing(session: Session) -> Direct:
    """As `direct`, to write by. ReadOnly in a session that reads."""
    require_writing(session)
    return direct(session)


def fetch(session: Session, spelt: Mapping[str, str], values: Mapping[str, Any]) -> list[Row]:
    """One statement's rows: `Direct.fetch`."""
    return direct(session).fetch(spelt, values)


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
