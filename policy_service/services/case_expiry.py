"""Acceptances and overrides expire: the question is open again, whether or not anybody asks."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.outcomes import Outcome
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.domain.standings import Standing
from policy_service.services.case_steps import Step, make
from policy_service.services.cases import REVIEW_DAYS
from policy_service.services.context import Context

AT_ONCE = 200
"""Cases reopened in one transaction, so that the write lock is never held for long."""


def reopen_expired(context: Context) -> int:
    """Reopen closed cases whose decision was valid until before today; returns how many."""
    today = context.today.isoformat()
    expired = context.session.scalars(
        select(CaseRow)
        .where(CaseRow.state == CaseState.CLOSED.value, CaseRow.valid_until < today)
        .order_by(CaseRow.valid_until, CaseRow.id)
        .limit(AT_ONCE)
        .with_for_update()
    ).all()
    for case in expired:
        _reopen(context, case)
    return len(expired)


def _reopen(context: Context, case: CaseRow) -> None:
    days = REVIEW_DAYS[Outcome(case.outcome)]
    words = {"changed": [f"the decision was valid until {case.valid_until}"]}
    changes = {
        "state": CaseState.OPEN.value,
        "standing": Standing.IN_REVIEW.value,
        "due_on": (context.today + timedelta(days=days)).isoformat(),
        "valid_until": None,
    }
    make(context, case, Step(MoveKind.REOPENED, words, changes))
