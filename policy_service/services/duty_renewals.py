"""Attestations run out, but not in silence: the duty to attest anew is raised before the last day.

Checks raise the duty of a clinician who never attested. Here the worker looks, once a day, at those
who did: for each kind, at the latest day on which an attestation of it is in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Select, select

from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.registry import AttestationRow, ClinicianRow
from policy_service.domain.duties import DutyState
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.duties import attestation_duty, raise_duty
from policy_service.services.duty_steps import timekeeper

RENEW_BEFORE = timedelta(days=30)


def raise_renewals(desk: Desk, practice_id: str) -> int:
    """Raise the duty of every clinician whose attestation runs out soon; returns how many."""
    service = timekeeper(practice_id)
    with desk.reading(service) as context:
        if next(_wanted(context), None) is None:
            return 0
    with desk.writing(service) as context:
        wanted = list(_wanted(context))
        for clinician_id, last_day in wanted:
            raise_duty(context, attestation_duty(clinician_id), max(last_day, context.today))
        return len(wanted)


def _wanted(context: Context) -> Iterator[tuple[str, date]]:
    """Clinicians with the day by which they must attest again, where no duty says so yet."""
    for clinician_id, last_day in sorted(_running_out(context).items()):
        if not _is_settled(context, clinician_id, last_day):
            yield clinician_id, last_day


def _running_out(context: Context) -> dict[str, date]:
    """Active clinicians for whom some kind runs out soon: the first such day of each."""
    latest: dict[tuple[str, str], str] = {}
    for clinician_id, kinds, until in context.session.execute(_attested()):
        for kind in kinds.split():
            key = (clinician_id, kind)
            latest[key] = max(latest.get(key, ""), until)
    soon = (context.today + RENEW_BEFORE).isoformat()
    first: dict[str, str] = {}
    for (clinician_id, _), until in latest.items():
        if until <= soon:
            first[clinician_id] = min(first.get(clinician_id, until), until)
    return {clinician_id: date.fromisoformat(until) for clinician_id, until in first.items()}


def _attested() -> Select[str, str, str]:
    return (
        select(AttestationRow.clinician_id, AttestationRow.kinds, AttestationRow.valid_until)
        .join(
            ClinicianRow,
            (ClinicianRow.practice_id == AttestationRow.practice_id)
            & (ClinicianRow.id == AttestationRow.clinician_id),
        )
        .where(
            ClinicianRow.is_active.is_(True),
            AttestationRow.is_current.is_(True),
            AttestationRow.is_withdrawn.is_(False),
        )
    )


def _is_settled(context: Context, clinician_id: str, last_day: date) -> bool:
    """A duty is open, or an officer said of one for that day that it does not apply."""
    rows = context.session.scalars(
        select(DutyRow).where(DutyRow.key == attestation_duty(clinician_id).key)
    )
    return any(
        row.closed_at is None
        or (row.state == DutyState.NOT_APPLICABLE and row.due_on >= last_day.isoformat())
        for row in rows
    )
