"""Transactions: committed or undone, never locked out, durable, and 503 where nothing works."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from policy_service.database import Database, EngineOptions
from policy_service.database.engines import is_busy, retry_while_busy
from policy_service.database.session import worth_repeating
from policy_service.errors import NotReady
from tests.database.conftest import OURS, Note, Reply

PROCESSES, STEPS = 4, 25


def _add(database: Database, name: str = "a") -> None:
    with database.write(OURS) as session:
        session.add(Note(practice_id=OURS, name=name))


def _number(database: Database) -> int:
    with database.read(OURS) as session:
        return session.scalars(select(Note.number)).one()


def test_a_write_commits_and_an_exception_undoes_it(small: Database) -> None:
    _add(small)

    def step(session: Session) -> None:
        session.execute(update(Note).values(number=7))
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        small.repeat_write(OURS, step)
    assert _number(small) == 0


def _increment(url: str, steps: int) -> None:
    """Read, then write the sum: only right if nobody writes in between."""
    database = Database(url)
    for _ in range(steps):
        with database.write(OURS) as session:
            note = session.scalars(select(Note).with_for_update()).one()
            note.number += 1
    database.dispose()


def test_processes_chaining_increments_are_never_locked_out(
    small: Database, bare_database_url: str
) -> None:
    _add(small)
    small.dispose()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])  # imports once, for all of them
    workers = [
        context.Process(target=_increment, args=(bare_database_url, STEPS))
        for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert _number(small) == PROCESSES * STEPS


def test_read_then_write_in_a_plain_begin_is_locked_out(sqlite_url: str) -> None:
    """The control: what BEGIN IMMEDIATE is there for."""
    path = sqlite_url.removeprefix("sqlite:///")
    one, two = (sqlite3.connect(path, isolation_level=None, timeout=0) for _ in range(2))
    one.execute("CREATE TABLE t (n INTEGER)")
    one.execute("INSERT INTO t VALUES (0)")
    for connection in (one, two):
        connection.execute("BEGIN")
        connection.execute("SELECT n FROM t").fetchall()
    one.execute("UPDATE t SET n = n + 1")
    one.execute("COMMIT")
    with pytest.raises(sqlite3.OperationalError, match="database is locked") as caught:
        two.execute("UPDATE t SET n = n + 1")
    assert is_busy(caught.value)
    one.close()
    two.close()


def test_a_writer_waits_for_the_writer_before_it(small: Database) -> None:
    _add(small)
    started = threading.Event()

    def second() -> None:
        started.set()
        with small.write(OURS) as session:
            session.execute(update(Note).values(number=Note.number * 10))

    with small.write(OURS) as session:
        session.execute(update(Note).values(number=Note.number + 1))
        waiting = threading.Thread(target=second)
        waiting.start()
        started.wait()
    waiting.join()
    assert _number(small) == 10


def test_a_reader_keeps_its_snapshot_and_blocks_nobody(small: Database) -> None:
    _add(small)
    with small.read(OURS) as reading:
        assert reading.scalars(select(Note.number)).one() == 0
        with small.write(OURS) as session:
            session.execute(update(Note).values(number=3))
        assert reading.scalars(select(Note.number)).one() == 0
    assert _number(small) == 3


def test_after_the_deadline_the_answer_is_not_ready(sqlite_url: str) -> None:
    hasty = Database(sqlite_url, EngineOptions(write_deadline_seconds=0.01))
    with hasty.directory(write=True):
        with pytest.raises(NotReady) as caught, hasty.write(OURS):
            pass
        with hasty.read(OURS) as session:  # reading still works
            assert session.scalar(text("SELECT 1")) == 1
    assert caught.value.headers == {"Retry-After": "1"}
    with hasty.write(OURS):
        pass
    hasty.dispose()


def test_only_being_busy_is_retried() -> None:
    def broken() -> None:
        raise sqlite3.OperationalError("no such table: t")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        retry_while_busy(broken, deadline_seconds=60)


def test_postgresql_lock_timeout_is_not_ready(postgresql_url: str) -> None:
    database = Database(postgresql_url, EngineOptions(lock_timeout_ms=10))
    with database.directory(write=True) as session:
        session.execute(text("CREATE TABLE held (n int)"))
    with database.write(OURS) as first:
        first.execute(text("LOCK TABLE held"))
        with pytest.raises(NotReady), database.write(OURS) as second:
            second.execute(text("LOCK TABLE held"))
    database.dispose()


def test_an_exhausted_pool_is_not_ready(postgresql_url: str) -> None:
    database = Database(postgresql_url, EngineOptions(pool_size=1, pool_wait_seconds=0.01))
    with database.directory() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(NotReady), database.directory() as other:
            other.execute(text("SELECT 1"))
    database.dispose()


def test_a_server_that_is_not_there_is_not_ready(tmp_path: Path) -> None:
    database = Database(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(NotReady), database.read(OURS) as session:
        session.execute(text("SELECT 1"))


def test_a_broken_constraint_is_not_hidden_as_not_ready(small: Database) -> None:
    with pytest.raises(IntegrityError), small.write(OURS) as session:
        session.add(Reply(practice_id=OURS, name="r", note="missing"))
    _add(small, "there")
    with small.write(OURS) as session:
        session.add(Reply(practice_id=OURS, name="r", note="there"))


def test_sqlite_really_runs_with_the_pragmas_promised(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 0}
    for opened in (database.read(OURS), database.write(OURS)):
        with opened as session:
            connection = session.connection()
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted
    database.dispose()


def test_a_new_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    database = Database(f"sqlite:///{path}")
    with database.directory(write=True) as session:
        session.execute(text("CREATE TABLE t (n int)"))
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    database.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises((ValueError, ImportError)):
        Database(url)


def test_a_serialisation_failure_is_repeated_and_then_passes(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    tries: list[int] = []

    def step(session: Session) -> str:
        tries.append(len(tries))
        if len(tries) < 3:
            _fail(session, "40001")
        return "done"

    assert database.repeat_write(OURS, step) == "done"
    assert tries == [0, 1, 2]
    database.dispose()


def test_repeating_ends_and_other_errors_are_not_repeated(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    tries: list[str] = []
    for state, expected in (("40P01", 3), ("57014", 1)):
        tries.clear()

        def step(session: Session, state: str = state) -> None:
            tries.append(state)
            _fail(session, state)

        with pytest.raises(NotReady):
            database.repeat_write(OURS, step)
        assert len(tries) == expected
    database.dispose()


def _fail(session: Session, state: str) -> None:
    """Let the server itself raise the wanted SQLSTATE."""
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{state}'; END $$"
    session.execute(text(raising))


def test_repeat_write_works_on_both(small: Database) -> None:
    _add(small)

    def step(session: Session) -> int:
        session.execute(update(Note).values(number=4))
        return 4

    assert small.repeat_write(OURS, step) == 4
    assert _number(small) == 4
    assert not worth_repeating(None)
    assert not worth_repeating(DBAPIError("SELECT 1", {}, RuntimeError()))


def _waits_for_disk(session: Session) -> bool:
    """What the database says of the transaction it is in."""
    if session.get_bind().dialect.name == "sqlite":
        return session.scalar(text("PRAGMA synchronous")) == 2
    return session.scalar(text("SHOW synchronous_commit")) == "on"


def test_only_what_is_written_ahead_does_not_wait_for_the_disk(database: Database) -> None:
    """On one pooled connection in turns: what follows waits again."""
    for _ in range(2):
        with database.directory_ahead() as session:
            assert not _waits_for_disk(session)
        with database.directory(write=True) as session:
            assert _waits_for_disk(session) or _server_never_waits(session)


def _server_never_waits(session: Session) -> bool:
    """The servers of the tests are set up so, for speed: then off is what they go back to."""
    if session.get_bind().dialect.name == "sqlite":
        return False
    setting = text("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")
    return session.scalar(setting) == session.scalar(text("SHOW synchronous_commit"))


def test_what_is_written_ahead_is_seen_at_once_and_undone_on_a_fault(database: Database) -> None:
    probe = text("UPDATE readiness_probe SET checked = checked + 1")
    read = text("SELECT checked FROM readiness_probe")
    with database.directory() as session:
        before = session.scalar(read)
    with database.directory_ahead() as session:
        session.execute(probe)
    with suppress(LookupError), database.directory_ahead() as session:
        session.execute(probe)
        raise LookupError
    with database.directory() as session:
        assert session.scalar(read) == before + 1
