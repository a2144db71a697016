"""Engines: SQLite with its own locking discipline, and PostgreSQL by psycopg 3.

SQLite. Every write transaction starts by BEGIN IMMEDIATE: a transaction that reads first and
writes later fails under load ("database is locked"). SQLite's own busy handler is off, because it
sleeps for long under synchronous=FULL; we retry BEGIN IMMEDIATE ourselves after a short random
sleep, until a deadline. After that nothing can be recorded now: NotReady, 503.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url

from policy_service.errors import NotReady

IMMEDIATE = "sqlite_begin_immediate"
AHEAD = "sqlite_commit_ahead_of_the_disk"
"""Commits that do not wait for the disk: the next one that waits brings them there with it."""
_SHORTEST_SLEEP, _LONGEST_SLEEP = 0.0001, 0.0008
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
# While a connection is set up SQLite may wait by itself: switching to WAL and recovering the log
# after a crash need the whole file for a moment.
_SET_UP_WAIT_MS = 5000
_PRAGMAS = (
    f"PRAGMA busy_timeout={_SET_UP_WAIT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA cache_size=-16384",
    "PRAGMA mmap_size=268435456",
)


@dataclass(frozen=True)
class EngineOptions:
    """Limits of one engine. Times in milliseconds, the SQLite write deadline in seconds."""

    pool_size: int = 4
    pool_wait_seconds: float = 5.0
    write_deadline_seconds: float = 5.0
    statement_timeout_ms: int = 5000
    lock_timeout_ms: int = 3000
    foreign_keys: bool = True
    pooled: bool = True


def create(url: str, options: EngineOptions) -> Engine:
    """An engine for either database; nothing is connected yet."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, options)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, options)
    raise ValueError(f"sqlite or postgresql, not {parsed.get_backend_name()}")


def _pool(options: EngineOptions, overflow: int) -> dict[str, Any]:
    if not options.pooled:
        return {"poolclass": NullPool}
    return {
        "pool_size": options.pool_size,
        "max_overflow": overflow,
        "pool_timeout": options.pool_wait_seconds,
    }


def _postgresql(url: URL, options: EngineOptions) -> Engine:
    server = {
        "statement_timeout": options.statement_timeout_ms,
        "lock_timeout": options.lock_timeout_ms,
        "idle_in_transaction_session_timeout": 60_000,
        "timezone": "UTC",
    }
    flags = " ".join(f"-c {name}={value}" for name, value in server.items())
    given = url.query.get("options")
    flags = f"{flags} {given}" if isinstance(given, str) else flags
    return create_engine(
        url.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        connect_args={"options": flags},
        hide_parameters=True,
        **_pool(options, overflow=0),
    )


def _sqlite(url: URL, options: EngineOptions) -> Engine:
    if not url.database or ":memory:" in url.database:
        raise ValueError("SQLite needs a file; in memory each connection is a database of its own")
    _create_private(Path(url.database))
    engine = create_engine(
        url, connect_args={"timeout": 0}, hide_parameters=True, **_pool(options, overflow=4)
    )
    event.listen(engine, "connect", _set_up(options))
    event.listen(engine, "begin", _begin(options.write_deadline_seconds))
    return engine


def _create_private(path: Path) -> None:
    """Make the file owner-only before SQLite would make it readable by all."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _set_up(options: EngineOptions) -> Callable[[sqlite3.Connection, Any], None]:
    foreign_keys = f"PRAGMA foreign_keys={'ON' if options.foreign_keys else 'OFF'}"

    def set_up(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not open transactions by itself: `begin` below does, knowing which kind.
        connection.isolation_level = None
        for pragma in (*_PRAGMAS, foreign_keys, "PRAGMA busy_timeout=0"):
            connection.execute(pragma).close()

    return set_up


def _begin(deadline_seconds: float) -> Callable[[Connection], None]:
    def begin(connection: Connection) -> None:
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        options = connection.get_execution_options()
        write = bool(options.get(IMMEDIATE))
        _set_synchronous(connection, driver, "NORMAL" if options.get(AHEAD) else "FULL")
        retry_while_busy(lambda: _open(driver, write), deadline_seconds)

    return begin


def _set_synchronous(connection: Connection, driver: sqlite3.Connection, level: str) -> None:
    """Only outside a transaction, and only where it was another: nearly always it was not."""
    if connection.info.get(AHEAD, "FULL") != level:
        driver.execute(f"PRAGMA synchronous={level}").close()
        connection.info[AHEAD] = level


def _open(driver: sqlite3.Connection, write: bool) -> None:
    if write:
        driver.execute("BEGIN IMMEDIATE").close()
        return
    driver.execute("BEGIN").close()
    try:
        # Takes the snapshot now, where being busy (log recovery after a crash) is still retried.
        driver.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    except sqlite3.OperationalError:
        driver.execute("ROLLBACK").close()
        raise


def scrub(engine: Engine) -> bool:
    """Leave no deleted row in any page; False while others read or write.

    SQLite: the file is written anew (`secure_delete` misses cells that a split page left behind),
    then the write-ahead log is folded in and cut to nothing. PostgreSQL: dead rows are vacuumed.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("RESET statement_timeout")
            return True
        driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
        return _scrub_file(driver)


def _scrub_file(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("VACUUM").close()
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        if not is_busy(error):
            raise
        return False
    return not busy


def retry_while_busy(step: Callable[[], None], deadline_seconds: float) -> None:
    """Repeat `step` while SQLite says busy, with a jittered pause; NotReady after the deadline."""
    give_up = time.monotonic() + deadline_seconds
    while True:
        try:
            return step()
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            if time.monotonic() > give_up:
                raise NotReady from error
        # Jitter against convoys; not a secret.
        time.sleep(random.uniform(_SHORTEST_SLEEP, _LONGEST_SLEEP))  # noqa: S311


def is_busy(error: sqlite3.Error) -> bool:
    """Somebody else holds a lock. The low byte is the primary code of an extended one."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BUSY
