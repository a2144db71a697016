"""Duties: obligations with a due date and a proof."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.reviews import DutyRow
from policy_service.domain.decisions import Decision
from policy_service.domain.facts import Why
from policy_service.services.context import Context

ATTEST = "attest"
DAYS_TO_ATTEST = 14


def require_attestation(context: Context, clinician_id: str, decision: Decision) -> None:
    """One open duty per clinician carries all that nobody attested; no check adds another."""
    if not any(ask.why is Why.NOT_ATTESTED for ask in decision.ask):
        return
    if _open_duty(context, ATTEST, clinician_id) is None:
        context.session.add(
            DutyRow(
                practice_id=context.practice_id,
                id=context.new_id(),
                kind=ATTEST,
                clinician_id=clinician_id,
                raised_at=context.now,
                due_on=(context.today + timedelta(days=DAYS_TO_ATTEST)).isoformat(),
            )
        )


def close_attestation_duty(context: Context, clinician_id: str) -> None:
    """The clinician attested: the attestation is the duty's proof."""
    duty = _open_duty(context, ATTEST, clinician_id)
    if duty is not None:
        duty.done_at = context.now
        duty.done_by = context.principal.actor_ref


def _open_duty(context: Context, kind: str, clinician_id: str) -> DutyRow | None:
    return context.session.scalars(
        select(DutyRow).where(
            DutyRow.kind == kind,
            DutyRow.clinician_id == clinician_id,
            DutyRow.done_at.is_(None),
        )
    ).first()


SHOWN = 200


def list_duties(
    context: Context, *, done: bool = False, clinician_id: str | None = None
) -> list[DutyRow]:
    """Duties by due date, open or done; of one clinician, or, for officers, of all."""
    query = select(DutyRow).order_by(DutyRow.due_on, DutyRow.id).limit(SHOWN)
    query = query.where(DutyRow.done_at.is_not(None) if done else DutyRow.done_at.is_(None))
    if clinician_id is not None:
        query = query.where(DutyRow.clinician_id == clinician_id)
    else:
        context.log("duty.listed", {"query": Owned({"done": done})})
    return list(context.session.scalars(query))
