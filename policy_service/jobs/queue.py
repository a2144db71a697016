"""Work rows that commit with their cause: enqueue, lease, retry with backoff, give up visibly.

A row goes queued -> leased -> gone. Whoever dies with a lease loses it when the lease runs out, so
work is done at least once; steps must bear being repeated. Work that keeps failing becomes `dead`
and stays to be looked at. Twins that wait are merged; work already leased is not, because its
worker may have read the facts before they changed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from policy_service.database.tables.jobs import WorkRow
from policy_service.ledger.canonical import canonical_bytes, parse_object

LEASE = timedelta(minutes=5)
AHEAD = timedelta(days=1)
"""Taken off the time that work is due by whoever enqueues what a person waits for: it comes before
all that an import or a new model has queued."""
MOST_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=10)
QUEUED, LEASED, DEAD = "queued", "leased", "dead"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Work:
    """One leased piece of work."""

    id: str
    kind: str
    body: Mapping[str, Any]
    attempts: int


def enqueue(
    session: Session,
    practice_id: str,
    kind: str,
    bodies: Sequence[Mapping[str, str]],
    now: datetime,
) -> None:
    """Queue each body (ids only) in the caller's transaction; one that waits already is merged.

    A merge takes the waiting row's lock: no worker can lease it before the caller has committed.
    """
    rows = [_row(practice_id, kind, body, now) for body in bodies]
    rows.sort(key=lambda row: row["subject"])  # one order for all: no two callers deadlock
    for start in range(0, len(rows), _CHUNK):
        _insert(session, rows[start : start + _CHUNK])


def _row(practice_id: str, kind: str, body: Mapping[str, str], now: datetime) -> dict[str, Any]:
    raw = canonical_bytes(dict(body))
    return {
        "practice_id": practice_id,
        "id": str(uuid.uuid4()),
        "kind": kind,
        "subject": hashlib.sha256(raw).hexdigest(),
        "body": raw,
        "state": QUEUED,
        "due_at": now,
        "attempts": 0,
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    dialect = session.get_bind().dialect.name
    waiting: dict[str, Any] = {
        "index_elements": ["practice_id", "kind", "subject"],
        "index_where": text("state = 'queued'"),
    }
    if dialect == "sqlite":
        lite = sqlite.insert(WorkRow)
        merge: Any = lite.on_conflict_do_update(set_={"due_at": lite.excluded.due_at}, **waiting)
    else:
        full = postgresql.insert(WorkRow)
        merge = full.on_conflict_do_update(set_={"due_at": full.excluded.due_at}, **waiting)
    session.execute(merge, rows)


def lease(session: Session, practice_id: str, now: datetime, most: int = 1) -> list[Work]:
    """Take up to `most` due pieces for five minutes; others skip them."""
    rows = session.scalars(
        select(WorkRow)
        .where(WorkRow.practice_id == practice_id, _is_due(now))
        .order_by(WorkRow.due_at, WorkRow.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.state, row.leased_until, row.attempts = LEASED, now + LEASE, row.attempts + 1
    session.flush()
    return [_work(row) for row in rows]


def is_any_due(session: Session, practice_id: str, now: datetime) -> bool:
    """A look without a lock: an idle worker must not hold up the writers."""
    due = select(WorkRow.id).where(WorkRow.practice_id == practice_id, _is_due(now)).limit(1)
    return session.execute(due).first() is not None


def _is_due(now: datetime) -> Any:
    abandoned = and_(WorkRow.state == LEASED, WorkRow.leased_until <= now)
    return or_(and_(WorkRow.state == QUEUED, WorkRow.due_at <= now), abandoned)


def _work(row: WorkRow) -> Work:
    return Work(row.id, row.kind, parse_object(row.body), row.attempts)


def finish(session: Session, practice_id: str, work: Work) -> None:
    """Done: the row goes. What was done is in the audit log."""
    session.execute(
        delete(WorkRow)
        .where(WorkRow.practice_id == practice_id, WorkRow.id == work.id, WorkRow.state == LEASED)
        .execution_options(synchronize_session=False)
    )


def fail(session: Session, practice_id: str, work: Work, error: str, now: datetime) -> None:
    """Try again later, twice as late each time; `dead` after the last attempt.

    `error` is a class name, never a message: messages may quote what must stay sealed.
    """
    row = session.get(WorkRow, (practice_id, work.id))
    if row is None or row.state != LEASED:
        return
    row.error = error[:500]
    if work.attempts >= MOST_ATTEMPTS:
        row.state = DEAD
    elif _twin_waits(session, row):
        session.delete(row)
    else:
        row.state, row.due_at = QUEUED, now + FIRST_RETRY * 2 ** (work.attempts - 1)
    session.flush()


def _twin_waits(session: Session, row: WorkRow) -> bool:
    twin = select(WorkRow.id).where(
        WorkRow.practice_id == row.practice_id,
        WorkRow.kind == row.kind,
        WorkRow.subject == row.subject,
        WorkRow.state == QUEUED,
    )
    return session.execute(twin.with_for_update()).first() is not None


def counts(session: Session, practice_id: str) -> dict[str, int]:
    """How many pieces are in each state."""
    rows = session.execute(
        select(WorkRow.state, func.count())
        .where(WorkRow.practice_id == practice_id)
        .group_by(WorkRow.state)
    )
    return dict(rows.all())


def revive(session: Session, practice_id: str, now: datetime) -> int:
    """Give dead work another round of attempts; returns how many. A waiting twin takes over."""
    dead = select(WorkRow).where(WorkRow.practice_id == practice_id, WorkRow.state == DEAD)
    revived = 0
    for row in session.scalars(dead.order_by(WorkRow.id).with_for_update()).all():
        if _twin_waits(session, row):
            session.delete(row)
        else:
            row.state, row.attempts, row.due_at = QUEUED, 0, now
            revived += 1
        session.flush()
    return revived
