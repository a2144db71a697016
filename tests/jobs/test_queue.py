"""The work queue: merged twins, leases that run out, backoff, and no lost work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from policy_service.database import Database
from policy_service.database.tables.jobs import WorkRow
from policy_service.jobs import queue
from policy_service.jobs.queue import Work

PRACTICE = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ONE, TWO = {"client": "a", "clinician": "x"}, {"client": "b", "clinician": "x"}


def enqueue(database: Database, *bodies: dict[str, str], now: datetime = NOW) -> None:
    with database.write(PRACTICE) as session:
        queue.enqueue(session, PRACTICE, "rescreen", bodies, now)


def lease(database: Database, now: datetime = NOW, most: int = 10) -> list[Work]:
    with database.write(PRACTICE) as session:
        return queue.lease(session, PRACTICE, now, most)


def fail(database: Database, work: Work, now: datetime = NOW) -> None:
    with database.write(PRACTICE) as session:
        queue.fail(session, PRACTICE, work, "ValueError", now)


def finish(database: Database, work: Work) -> None:
    with database.write(PRACTICE) as session:
        queue.finish(session, PRACTICE, work)


def states(database: Database) -> dict[str, int]:
    with database.read(PRACTICE) as session:
        return queue.counts(session, PRACTICE)


def test_twins_that_wait_are_one(database: Database) -> None:
    enqueue(database, ONE, TWO)
    enqueue(database, ONE, now=NOW + timedelta(seconds=1))
    assert states(database) == {"queued": 2}


def test_a_twin_of_leased_work_waits_on_its_own(database: Database) -> None:
    """The worker may have read the facts before they changed."""
    enqueue(database, ONE)
    lease(database)
    enqueue(database, ONE)
    assert states(database) == {"leased": 1, "queued": 1}


def test_leased_work_is_nobody_elses_until_the_lease_runs_out(database: Database) -> None:
    enqueue(database, ONE)
    [first] = lease(database)
    assert lease(database) == []
    [again] = lease(database, NOW + queue.LEASE)
    assert (again.id, again.attempts) == (first.id, 2)


def test_finished_work_is_gone(database: Database) -> None:
    enqueue(database, ONE)
    [work] = lease(database)
    finish(database, work)
    assert states(database) == {}


def test_work_that_rolls_back_with_its_cause_never_was(database: Database) -> None:
    with database.write(PRACTICE) as session:
        queue.enqueue(session, PRACTICE, "rescreen", [ONE], NOW)
        session.rollback()
    assert states(database) == {}


def test_failed_work_is_tried_again_twice_as_late_each_time(database: Database) -> None:
    enqueue(database, ONE)
    now, waits = NOW, []
    for _ in range(3):
        [work] = lease(database, now)
        fail(database, work, now)
        with database.read(PRACTICE) as session:
            due = session.scalars(select(WorkRow.due_at)).one()
        waits.append((due - now).total_seconds())
        now = due
    assert waits == [10, 20, 40]


def test_work_that_keeps_failing_stays_visibly_dead_and_can_be_revived(database: Database) -> None:
    enqueue(database, ONE)
    now = NOW
    for _ in range(queue.MOST_ATTEMPTS):
        [work] = lease(database, now)
        fail(database, work, now)
        now += timedelta(days=1)
    assert states(database) == {"dead": 1}
    assert lease(database, now) == []
    with database.write(PRACTICE) as session:
        assert queue.revive(session, PRACTICE, now) == 1
    assert len(lease(database, now)) == 1


def test_failed_work_makes_way_for_its_waiting_twin(database: Database) -> None:
    enqueue(database, ONE)
    [work] = lease(database)
    enqueue(database, ONE)
    fail(database, work)
    assert states(database) == {"queued": 1}
    [twin] = lease(database)
    assert twin.attempts == 1


def test_dead_work_makes_way_for_its_waiting_twin(database: Database) -> None:
    enqueue(database, ONE)
    now = NOW
    for _ in range(queue.MOST_ATTEMPTS):
        [work] = lease(database, now)
        fail(database, work, now)
        now += timedelta(days=1)
    enqueue(database, ONE, now=now)
    with database.write(PRACTICE) as session:
        assert queue.revive(session, PRACTICE, now) == 0
    assert states(database) == {"queued": 1}


def test_a_late_finish_leaves_the_next_holder_alone(database: Database) -> None:
    """Whoever lost the lease and its row was requeued must not delete what waits."""
    enqueue(database, ONE)
    [work] = lease(database)
    fail(database, work)
    finish(database, work)
    assert states(database) == {"queued": 1}


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    opened.dispose()


def test_two_workers_never_take_the_same_work(postgresql: Database) -> None:
    enqueue(postgresql, ONE, TWO)
    with postgresql.write(PRACTICE) as one, postgresql.write(PRACTICE) as other:
        [first] = queue.lease(one, PRACTICE, NOW)
        [second] = queue.lease(other, PRACTICE, NOW)
    assert first.id != second.id


def test_merged_work_cannot_be_leased_before_its_cause_commits(postgresql: Database) -> None:
    """Else a worker would read the old facts, finish, and the change would never be looked at."""
    enqueue(postgresql, ONE)
    with postgresql.write(PRACTICE) as cause:
        queue.enqueue(cause, PRACTICE, "rescreen", [ONE], NOW)
        assert lease(postgresql) == []
    assert len(lease(postgresql)) == 1
