"""Acceptances and overrides expire: the question is open again, whether or not anybody asks."""

from __future__ import annotations

from sqlalchemy import Select, select

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.outcomes import Outcome
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.domain.standings import Standing
from policy_service.services.case_steps import Step, make
from policy_service.services.cases import due_on
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.expiry import end_expired

AT_ONCE = 200
"""Cases reopened in one transaction, so that the write lock is never held for long."""


def reopen_due(desk: Desk, practice_id: str) -> int:
    """Reopen what has expired, for the worker; writes nothing while nothing has."""
    return end_expired(desk, practice_id, _expired, _reopen)


def _expired(context: Context) -> Select[CaseRow]:
    today = context.today.isoformat()
    is_over = (CaseRow.state == CaseState.CLOSED.value) & (CaseRow.valid_until < today)
    oldest = select(CaseRow).where(is_over).order_by(CaseRow.valid_until, CaseRow.id)
    return oldest.limit(AT_ONCE)


def _reopen(context: Context, case: CaseRow) -> None:
    words = {"changed": [f"the decision was valid until {case.valid_until}"]}
    changes = {
        "state": CaseState.OPEN.value,
        "standing": Standing.IN_REVIEW.value,
        "due_on": due_on(context, Outcome(case.outcome)),
        "valid_until": None,
    }
    make(context, case, Step(MoveKind.REOPENED, words, changes))
