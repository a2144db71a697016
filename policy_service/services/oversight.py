"""What officers and auditors do with the log: mark what they examined, have all of it verified.

HIPAA asks to record activity *and* to examine the records (45 CFR 164.312(b)); a marked range is
the evidence that somebody did. A verification reads the log from entry 0, so the worker does it,
and what it found is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from policy_service.audit.log import Owned
from policy_service.audit.reading import head
from policy_service.audit.verification import Verdict
from policy_service.database.tables.oversight import LogCheckRow, ReviewedRangeRow
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.audit_filters import READERS
from policy_service.services.case_steps import clean_lines, require_role
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.verifying import verify_practice

CHECK_LOG = "check_log"
SHOWN = 20
LONGEST_SAID = 500
PROGRESS_EVERY = 10_000
"""Entries between two notes of how far a verification is."""


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody examined the entries `first` to `last`, both included."""

    id: str
    at: datetime
    actor: str
    first: int
    last: int
    note: str


@dataclass(frozen=True, slots=True)
class LogCheck:
    """A verification that was asked for; `exit_code` None until it is finished."""

    id: str
    asked_at: datetime
    asked_by: str
    size: int
    checked: int
    finished_at: datetime | None
    exit_code: int | None
    first_bad: int | None
    said: str


def mark_reviewed(context: Context, first: int, last: int, note: str = "") -> str:
    """Record that the principal examined a range of the log; returns the id of its entry.

    InvalidRequest unless `first` to `last` is a range of places that entries have.
    """
    require_role(context, *READERS)
    size = head(context.session, context.practice_id).size
    if not 0 <= first < size:
        raise InvalidRequest(errors=[FieldError("/first", f"A place from 0 to {size - 1}.")])
    if not first <= last < size:
        raise InvalidRequest(errors=[FieldError("/last", f"A place from {first} to {size - 1}.")])
    words = clean_lines(note)
    said: dict[str, Any] = {"first": first, "last": last, "note": words}
    leaf = context.log("audit.reviewed", {"review": Owned(said)})
    row = {
        "practice_id": context.practice_id,
        "id": leaf.id,
        "at": context.now,
        "actor_ref": context.principal.actor_ref,
        "first_index": first,
        "last_index": last,
        "sealed_note": _sealed(context, leaf.id, words) if words else None,
    }
    context.session.execute(insert(ReviewedRangeRow), [row])
    return leaf.id


def _sealed(context: Context, review_id: str, words: str) -> bytes:
    where = ("reviewed_range", review_id, "note")
    return context.keyring.seal(context.session, None, words.encode(), where)


def newest_reviews(context: Context) -> list[Review]:
    """The newest reviews."""
    require_role(context, *READERS)
    rows = context.session.scalars(
        select(ReviewedRangeRow)
        .where(ReviewedRangeRow.practice_id == context.practice_id)
        .order_by(ReviewedRangeRow.at.desc(), ReviewedRangeRow.id)
        .limit(SHOWN)
    )
    return [_review(context, row) for row in rows]


def _review(context: Context, row: ReviewedRangeRow) -> Review:
    note = ""
    if row.sealed_note is not None:
        where = ("reviewed_range", row.id, "note")
        note = context.keyring.open(context.session, None, row.sealed_note, where).decode()
    return Review(row.id, row.at, row.actor_ref, row.first_index, row.last_index, note)


def reviewed_until(context: Context) -> int:
    """How many entries from the start on have all been reviewed by somebody."""
    rows = context.session.execute(
        select(ReviewedRangeRow.first_index, ReviewedRangeRow.last_index).where(
            ReviewedRangeRow.practice_id == context.practice_id
        )
    )
    return first_unreviewed((first, last) for first, last in rows)


def first_unreviewed(ranges: Iterable[tuple[int, int]]) -> int:
    """The lowest place that no range (both ends included) covers."""
    due = 0
    for first, last in sorted(ranges):
        if first > due:
            break
        due = max(due, last + 1)
    return due


def ask_for_check(context: Context) -> str:
    """Queue a verification of the whole log; returns its id."""
    require_role(context, *READERS)
    row = LogCheckRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        asked_at=context.now,
        asked_by=context.principal.actor_ref,
        size=head(context.session, context.practice_id).size,
        checked=0,
    )
    context.session.add(row)
    context.session.flush()
    due = context.now - queue.AHEAD
    queue.enqueue(context.session, context.practice_id, CHECK_LOG, [{"check": row.id}], due)
    context.log("audit.verification_asked", {"check": Owned({"check": row.id})})
    return row.id


def check_log(desk: Desk, practice_id: str, work: Work) -> bool:
    """The worker's step: verify, then keep what was found. Running twice gives one result."""
    principal = Principal(practice_id, "verifying", "verifying", frozenset())
    check_id = str(work.body["check"])
    with desk.reading(principal) as context:
        row = context.session.get(LogCheckRow, (practice_id, check_id))
        if row is None or row.finished_at is not None:
            return False

    def progress(checked: int) -> None:
        if checked % PROGRESS_EVERY == 0:
            with desk.writing(principal) as context:
                _update(context, check_id, checked=checked)

    verdict = verify_practice(desk, practice_id, progress)
    with desk.writing(principal) as context:
        _keep(context, check_id, verdict)
    return True


def _keep(context: Context, check_id: str, verdict: Verdict) -> None:
    _update(
        context,
        check_id,
        finished_at=context.now,
        exit_code=verdict.exit_code,
        first_bad=verdict.first_bad,
        said=verdict.text[:LONGEST_SAID],
    )
    said: dict[str, Any] = {"check": check_id, "exit_code": verdict.exit_code}
    context.log("audit.verified", {"verdict": Owned(said)})


def _update(context: Context, check_id: str, **values: Any) -> None:
    context.session.execute(
        update(LogCheckRow)
        .where(LogCheckRow.practice_id == context.practice_id, LogCheckRow.id == check_id)
        .values(**values)
    )


def read_check(context: Context, check_id: str) -> LogCheck:
    """A verification that was asked for. NotFound for none."""
    require_role(context, *READERS)
    row = context.session.get(LogCheckRow, (context.practice_id, check_id))
    if row is None:
        raise NotFound
    return _check(row)


def newest_checks(context: Context) -> list[LogCheck]:
    """The newest verifications, finished or not."""
    require_role(context, *READERS)
    rows = context.session.scalars(
        select(LogCheckRow)
        .where(LogCheckRow.practice_id == context.practice_id)
        .order_by(LogCheckRow.asked_at.desc(), LogCheckRow.id)
        .limit(SHOWN)
    )
    return [_check(row) for row in rows]


def _check(row: LogCheckRow) -> LogCheck:
    return LogCheck(
        id=row.id,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        size=row.size,
        checked=row.size if row.exit_code == 0 else row.checked,
        finished_at=row.finished_at,
        exit_code=row.exit_code,
        first_bad=row.first_bad,
        said=row.said or "",
    )
