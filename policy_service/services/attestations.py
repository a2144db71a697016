"""Attestations: a clinician says "nothing more to disclose" for the kinds asked, as of a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from policy_service.database.tables.registry import AttestationRow
from policy_service.domain.attestations import AttestationKind, valid_until
from policy_service.services.context import Context
from policy_service.services.duties import close_attestation_duty
from policy_service.services.parties import clinician_row, refusal, tell
from policy_service.services.revisions import add_first, current, withdraw
from policy_service.services.touch import touch_clinicians


def attest(
    context: Context, clinician_id: str, kinds: frozenset[AttestationKind], as_of: date
) -> str:
    """Record an attestation; returns its id. It closes the clinician's duty to attest."""
    clinician = clinician_row(context, clinician_id)
    if not kinds:
        raise refusal("/kinds", "At least one kind is expected.", AttestationKind)
    if as_of > context.today:
        raise refusal("/as_of", f"A day not after {context.today} is expected.")
    words = sorted(kind.value for kind in kinds)
    until = valid_until(as_of, context.attestation_months).isoformat()
    row = add_first(
        context,
        AttestationRow,
        clinician_id=clinician_id,
        kinds=" ".join(words),
        as_of=as_of.isoformat(),
        valid_until=until,
    )
    close_attestation_duty(context, clinician_id, row.id)
    told = {"id": row.id, "kinds": words, "as_of": row.as_of, "valid_until": until}
    tell(context, "attestation.made", clinician.person_id, told)
    touch_clinicians(context, [clinician_id])
    return row.id


def withdraw_attestation(context: Context, attestation_id: str, reason: str) -> None:
    """The clinician takes it back: what it closed is open again."""
    row = withdraw(context, current(context, AttestationRow, attestation_id), reason)
    clinician = clinician_row(context, row.clinician_id)
    told = {"id": row.id, "revision": row.revision, "reason": reason}
    tell(context, "attestation.withdrawn", clinician.person_id, told)
    touch_clinicians(context, [clinician.id])


def attestations_of(context: Context, clinician_id: str) -> list[AttestationRow]:
    """Attestations as they stand, withdrawn ones left out, newest day first."""
    rows = select(AttestationRow).where(
        AttestationRow.clinician_id == clinician_id,
        AttestationRow.is_current.is_(True),
        AttestationRow.is_withdrawn.is_(False),
    )
    return list(context.session.scalars(rows.order_by(AttestationRow.as_of.desc())))
