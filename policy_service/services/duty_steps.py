"""What falls due while nobody proves a duty: reminders, lateness, escalation. Nothing is silent.

Each day the worker queues every open duty with a step due, one piece of work for each, so that one
that fails is tried again alone and in the end stays visible. A step is taken once, whatever runs
twice; after a downtime every step is taken with the day it fell on and the time it was written.
"""

from __future__ import annotations

from sqlalchemy import Select, or_, select

from policy_service.database.tables.duties import DutyRow
from policy_service.domain.notices import About, NoticeKind, Subject
from policy_service.domain.principals import Principal
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.duty_moves import NewMove, make_move, set_next_step, steps_left
from policy_service.services.notices import tell

DUTY_STEPS = "duty_steps"
AT_ONCE = 200
"""Duties queued in one transaction, so that the write lock is never held for long."""


def timekeeper(practice_id: str) -> Principal:
    """Who takes the steps: the service itself, without a role."""
    return Principal(practice_id, "duties", "duties", frozenset())


def queue_due_duties(desk: Desk, practice_id: str) -> int:
    """Queue the duties with a step due, each at most once a day; returns how many."""
    queued = 0
    while batch := _queue_batch(desk, practice_id):
        queued += batch
    return queued


def _queue_batch(desk: Desk, practice_id: str) -> int:
    service = timekeeper(practice_id)
    with desk.reading(service) as context:
        if context.session.scalars(_due(context).limit(1)).first() is None:
            return 0
    with desk.writing(service) as context:
        rows = context.session.scalars(_due(context).limit(AT_ONCE).with_for_update()).all()
        for row in rows:
            row.walked_on = context.today.isoformat()
        bodies = [{"duty": row.id} for row in rows]
        queue.enqueue(context.session, practice_id, DUTY_STEPS, bodies, context.now)
        return len(rows)


def _due(context: Context) -> Select[DutyRow]:
    today = context.today.isoformat()
    fresh = or_(DutyRow.walked_on.is_(None), DutyRow.walked_on < today)
    return (
        select(DutyRow)
        .where(DutyRow.next_step_on <= today, DutyRow.closed_at.is_(None), fresh)
        .order_by(DutyRow.next_step_on, DutyRow.id)
    )


def take_due_steps(desk: Desk, practice_id: str, work: Work) -> bool:
    """Take every step of one duty that has fallen due; True if there was one."""
    with desk.writing(timekeeper(practice_id)) as context:
        duty = context.session.scalars(
            select(DutyRow).where(DutyRow.id == work.body["duty"]).with_for_update()
        ).first()
        if duty is None or duty.closed_at is not None:
            return False
        return _take(context, duty)


def _take(context: Context, duty: DutyRow) -> bool:
    left = steps_left(context, duty)
    due = [step for step in left if step.on <= context.today]
    for step in due:
        words = {"told": list(step.told)}
        make_move(context, duty, NewMove(step.kind, words, step.code, step.on))
    set_next_step(duty, left[len(due) :])
    if any(step.on.isoformat() >= duty.due_on for step in due):
        subject = Subject(About.DUTY, duty.id, duty.clinician_id, duty.client_id)
        tell(context, NoticeKind.DUTY_DUE, subject)
    return bool(due)
