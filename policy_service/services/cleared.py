"""Tell of bars whose last day has come.

Told once for each pair and day, and only where the newest decision about the two still ends a bar
on that day: dates of care are corrected, and other rules may outlive it. The pair is asked about
anew, because what stands of it may be another thing from today on.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.webhooks import ClearanceWatchRow
from policy_service.domain.notices import About, NoticeKind, Subject
from policy_service.services.clearances import clearance_days
from policy_service.services.context import Context
from policy_service.services.decisions import read_decision
from policy_service.services.desk import Desk
from policy_service.services.duty_steps import timekeeper
from policy_service.services.notices import tell
from policy_service.services.touch import ONCE_ASKED, touch_pair
from policy_service.vault.errors import KeyNotHeld

AT_ONCE = 100
Pair = tuple[str, str, str]
"""Clinician, client, day."""


def tell_cleared(desk: Desk, practice_id: str) -> int:
    """Tell of every bar whose day has come; returns how many days were looked at."""
    done = 0
    while batch := _take_batch(desk, practice_id):
        done += batch
    return done


def _take_batch(desk: Desk, practice_id: str) -> int:
    service = timekeeper(practice_id)
    with desk.reading(service) as context:
        if not _due(context, 1):
            return 0
    with desk.writing(service) as context:
        rows = _due(context, AT_ONCE)
        told: set[Pair] = set()
        for row in rows:
            _tell_one(context, row, told)
            context.session.delete(row)
        context.session.flush()
        return len(rows)


def _due(context: Context, most: int) -> Sequence[ClearanceWatchRow]:
    today = context.today.isoformat()
    rows = select(ClearanceWatchRow).where(ClearanceWatchRow.on_day <= today)
    ordered = rows.order_by(ClearanceWatchRow.on_day, ClearanceWatchRow.decision_id)
    return context.session.scalars(ordered.limit(most)).all()


def _tell_one(context: Context, row: ClearanceWatchRow, told: set[Pair]) -> None:
    decision = context.session.get(DecisionRow, (context.practice_id, row.decision_id))
    if decision is None:
        return
    pair = (decision.clinician_id, decision.client_id, row.on_day)
    newest = _newest(context, decision)
    if pair in told or newest is None or not _ends_on(context, newest, row.on_day):
        return
    told.add(pair)
    subject = Subject(About.CHECK, newest, decision.clinician_id, decision.client_id)
    tell(context, NoticeKind.CLEARANCE_REACHED, subject)
    touch_pair(context, decision.clinician_id, decision.client_id)


def _newest(context: Context, decision: DecisionRow) -> str | None:
    """The newest answer that stands about the same two."""
    return context.session.scalars(
        select(DecisionRow.id)
        .where(
            DecisionRow.clinician_id == decision.clinician_id,
            DecisionRow.client_id == decision.client_id,
            DecisionRow.purpose.not_in(sorted(ONCE_ASKED)),
        )
        .order_by(DecisionRow.at.desc(), DecisionRow.id)
        .limit(1)
    ).first()


def _ends_on(context: Context, decision_id: str, day: str) -> bool:
    """Of an erased client nothing is told."""
    try:
        return day in clearance_days(read_decision(context, decision_id).body)
    except KeyNotHeld:
        return False
