"""`Database`: one URL, and sessions that are bound to a practice and to reading or writing.

The door opens one transaction by one of these and services never commit. A database that cannot
be reached, is full or stays locked surfaces as NotReady: no record, no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from policy_service.database import engines
from policy_service.database.engines import EngineOptions
from policy_service.database.guard import PRACTICE, READ_ONLY, PracticeUnbound
from policy_service.errors import NotReady

T = TypeVar("T")
_AHEAD_OF_DISK = text("SET LOCAL synchronous_commit TO off")
# PostgreSQL: serialization_failure, deadlock_detected.
_WORTH_REPEATING = ("40001", "40P01")


class Database:
    """The engines of one process. Make it once, after forking; `dispose` when done."""

    def __init__(self, url: str, options: EngineOptions | None = None) -> None:
        self.engine = engines.create(url, options or EngineOptions())
        self._reader, self._writer, self._ahead = _views(self.engine)
        self.session_info: dict[str, Any] = {}
        """What every session of a practice carries in its `info`, from the layers above."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def read(self, practice_id: str) -> Iterator[Session]:
        """One snapshot of one practice. Writing raises ReadOnly; always rolled back."""
        with _session(self._reader, self._bound(practice_id) | {READ_ONLY: True}) as session:
            yield session

    @contextmanager
    def write(self, practice_id: str) -> Iterator[Session]:
        """One transaction of one practice: commits on leaving, rolls back on any exception.

        Takes SQLite's single write lock at once: read and score before, not within.
        """
        with _session(self._writer, self._bound(practice_id)) as session:
            yield session
            session.commit()

    @contextmanager
    def directory(self, *, write: bool = False) -> Iterator[Session]:
        """The directory tables alone; a practice's tables raise PracticeUnbound here."""
        engine = self._writer if write else self._reader
        with _session(engine, {READ_ONLY: not write}) as session:
            yield session
            if write:
                session.commit()

    @contextmanager
    def directory_ahead(self) -> Iterator[Session]:
        """Write the directory without waiting for the disk.

        GUARANTEE: seen by every process once it commits, and on the disk no later than the next
        transaction that is committed by `write`. A power failure in between may undo it; the
        failure of a process may not.
        """
        with _session(self._ahead, {READ_ONLY: False}) as session:
            if self.dialect == "postgresql":
                session.execute(_AHEAD_OF_DISK)
            yield session
            session.commit()

    def repeat_write(self, practice_id: str, step: Callable[[Session], T], tries: int = 3) -> T:
        """Run `step` in a write transaction, again when PostgreSQL asks for it.

        `step` must have no effect outside the transaction. NotReady after the last try.
        """
        for left in reversed(range(tries)):
            try:
                with self.write(practice_id) as session:
                    return step(session)
            except NotReady as error:
                if not left or not worth_repeating(error.__cause__):
                    raise
        raise ValueError("tries: at least 1")

    def _bound(self, practice_id: str) -> dict[str, Any]:
        if not practice_id:
            raise PracticeUnbound("a practice id is needed")
        return self.session_info | {PRACTICE: practice_id}

    def scrub(self) -> bool:
        """Overwrite what deleted rows left in the files; False while somebody is reading.

        Takes SQLite's write lock for as long as the file takes to be written anew.
        """
        return engines.scrub(self.engine)

    def dispose(self) -> None:
        """Close the pooled connections; on SQLite the last one folds the WAL into the file."""
        self.engine.dispose()


def worth_repeating(error: BaseException | None) -> bool:
    """PostgreSQL undid this transaction for another's sake; the same again may well pass."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) in _WORTH_REPEATING


def _views(engine: Engine) -> tuple[Engine, Engine, Engine]:
    """A reading and a writing view of the same pool, and one that writes ahead of the disk."""
    if engine.dialect.name == "sqlite":
        write: dict[str, Any] = {engines.IMMEDIATE: True}
        ahead = write | {engines.AHEAD: True}
        return engine, engine.execution_options(**write), engine.execution_options(**ahead)
    snapshot: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return engine.execution_options(**snapshot), engine, engine


@contextmanager
def _session(engine: Engine, info: dict[str, Any]) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False, info=info) as session:
        try:
            session.connection()  # begins now: a lock is waited for here, not somewhere later
            yield session
        except (OperationalError, PoolTimeout) as error:
            session.rollback()
            raise NotReady from error
