"""Clinicians, their licences and their memberships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.registry import ClinicianRow, LicenceRow, MembershipRow
from policy_service.domain.people import PersonRecord
from policy_service.services.context import Context
from policy_service.services.parties import (
    clinician_row,
    refuse_taken,
    require_period,
    tell,
)
from policy_service.services.people import open_person, register, replace_record
from policy_service.services.revisions import add_first, current, revise, withdraw
from policy_service.services.touch import touch_clinicians, touch_people


@dataclass(frozen=True, slots=True)
class ClinicianForm:
    """A clinician as registered; `external_id` is the EHR's own id."""

    record: PersonRecord
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class LicenceForm:
    """ "US-TX", "LPC", and partial dates; an open end is None."""

    jurisdiction: str
    licence_type: str
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True, slots=True)
class MembershipForm:
    """An association whose code binds, "ACA", and partial dates."""

    body: str
    valid_from: str | None = None
    valid_to: str | None = None


def register_clinician(context: Context, form: ClinicianForm) -> str:
    """Register a clinician; returns the clinician's id. Conflict on a taken external id."""
    refuse_taken(context, ClinicianRow, form.external_id)
    person_id = register(context, form.record)
    row = ClinicianRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        person_id=person_id,
        external_id=form.external_id,
        version=1,
        is_active=True,
        created_at=context.now,
    )
    context.session.add(row)
    context.session.flush()
    told = {"id": row.id, "external_id": row.external_id, "person": form.record.to_json()}
    _log(context, "clinician.registered", row, told)
    return row.id


def correct_clinician(context: Context, clinician_id: str, record: PersonRecord) -> None:
    """Put a corrected record in place; the log keeps both, sealed under the clinician's key."""
    row = clinician_row(context, clinician_id)
    before = open_person(context, row.person_id).record
    replace_record(context, row.person_id, record)
    told = {"id": row.id, "before": before.to_json(), "after": record.to_json()}
    _log(context, "clinician.corrected", row, told)
    touch_clinicians(context, [row.id])


def deactivate_clinician(context: Context, clinician_id: str, reason: str) -> None:
    """The clinician left: no new checks; what was recorded stays."""
    row = clinician_row(context, clinician_id)
    row.is_active = False
    _log(context, "clinician.deactivated", row, {"id": row.id, "reason": reason})
    touch_people(context, [row.person_id])  # nobody's colleague any more


def add_licence(context: Context, clinician_id: str, form: LicenceForm) -> str:
    """Add a licence; one that no pack speaks for is accepted and answers stay incomplete."""
    clinician = clinician_row(context, clinician_id)
    require_period(form.valid_from, form.valid_to, ("/valid_from", "/valid_to"))
    row = add_first(context, LicenceRow, clinician_id=clinician_id, **asdict(form))
    _log(context, "licence.added", clinician, {"id": row.id, **asdict(form)})
    touch_clinicians(context, [clinician_id])
    return row.id


def lapse_licence(context: Context, licence_id: str, valid_to: str, reason: str) -> None:
    """The licence ended on that (partial) date: a new revision with an end."""
    old = current(context, LicenceRow, licence_id)
    require_period(old.valid_from, valid_to, ("/valid_from", "/valid_to"))
    row = revise(context, old, reason, valid_to=valid_to)
    _close(context, "licence.lapsed", row, {"valid_to": valid_to, "reason": reason})


def withdraw_licence(context: Context, licence_id: str, reason: str) -> None:
    """The licence was never held: entered by mistake."""
    row = withdraw(context, current(context, LicenceRow, licence_id), reason)
    _close(context, "licence.withdrawn", row, {"reason": reason})


def add_membership(context: Context, clinician_id: str, form: MembershipForm) -> str:
    """Add a membership of an association."""
    clinician = clinician_row(context, clinician_id)
    require_period(form.valid_from, form.valid_to, ("/valid_from", "/valid_to"))
    row = add_first(context, MembershipRow, clinician_id=clinician_id, **asdict(form))
    _log(context, "membership.added", clinician, {"id": row.id, **asdict(form)})
    touch_clinicians(context, [clinician_id])
    return row.id


def end_membership(context: Context, membership_id: str, valid_to: str, reason: str) -> None:
    """The membership ended on that (partial) date."""
    old = current(context, MembershipRow, membership_id)
    require_period(old.valid_from, valid_to, ("/valid_from", "/valid_to"))
    row = revise(context, old, reason, valid_to=valid_to)
    _close(context, "membership.ended", row, {"valid_to": valid_to, "reason": reason})


def withdraw_membership(context: Context, membership_id: str, reason: str) -> None:
    """The membership was never held: entered by mistake."""
    row = withdraw(context, current(context, MembershipRow, membership_id), reason)
    _close(context, "membership.withdrawn", row, {"reason": reason})


def licences_of(context: Context, clinician_id: str) -> list[LicenceRow]:
    """Licences as they stand, withdrawn ones left out, in the order they were recorded."""
    rows = select(LicenceRow).where(
        LicenceRow.clinician_id == clinician_id,
        LicenceRow.is_current.is_(True),
        LicenceRow.is_withdrawn.is_(False),
    )
    return list(context.session.scalars(rows.order_by(LicenceRow.recorded_at, LicenceRow.id)))


def memberships_of(context: Context, clinician_id: str) -> list[MembershipRow]:
    """Memberships as they stand, withdrawn ones left out, in the order they were recorded."""
    rows = select(MembershipRow).where(
        MembershipRow.clinician_id == clinician_id,
        MembershipRow.is_current.is_(True),
        MembershipRow.is_withdrawn.is_(False),
    )
    return list(context.session.scalars(rows.order_by(MembershipRow.recorded_at, MembershipRow.id)))


def _close(
    context: Context, action: str, row: LicenceRow | MembershipRow, told: Mapping[str, Any]
) -> None:
    clinician = clinician_row(context, row.clinician_id)
    _log(context, action, clinician, {"id": row.id, "revision": row.revision, **told})
    touch_clinicians(context, [row.clinician_id])


def _log(context: Context, action: str, row: ClinicianRow, told: Mapping[str, Any]) -> None:
    tell(context, action, row.person_id, told)
