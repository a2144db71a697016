"""Close a duty: with a proof, by the clinician who owes it or an officer; or, by an officer with a
reason, because it does not apply. Nothing waives a duty.
"""

from __future__ import annotations

from typing import Any

from policy_service.database.tables.duties import DutyRow
from policy_service.domain.audiences import Audience
from policy_service.domain.duties import (
    DutyMoveKind,
    DutyState,
    Owner,
    Proof,
    next_due,
    require_not_subject,
    require_open,
    require_proof,
    require_reason,
)
from policy_service.domain.duty_specs import ATTEST, DUTIES
from policy_service.domain.principals import ActingRole, ActingUser, Role
from policy_service.errors import NotAllowed, NotFound, StateConflict
from policy_service.services.case_steps import clean_lines
from policy_service.services.context import Context
from policy_service.services.duties import next_round
from policy_service.services.duty_files import Viewer, find_duty, viewer_of
from policy_service.services.duty_moves import NewMove, close


def prove(context: Context, acting: ActingUser, duty_id: str, proof: Proof) -> DutyRow:
    """The duty is done. One that repeats is raised again, in the same transaction.

    NotFound for a duty that is not the caller's, StateConflict when it is closed already,
    InvalidRequest that names what the proof lacks.
    """
    viewer = _writer(context, acting)
    duty = find_duty(context, viewer, duty_id, locked=True)
    if duty.owner == Owner.PRACTICE:  # a practice's duty about a clinician is not theirs to settle
        require_not_subject(duty.clinician_id, _own(context, acting))
    require_open(DutyState(duty.state))
    spec = DUTIES[duty.kind]
    if duty.kind == ATTEST:
        raise StateConflict("An attestation is the proof of this duty: make one.")
    require_proof(spec, proof, context.today)
    close(context, duty, NewMove(DutyMoveKind.DONE, {"proof": _words(proof)}))
    again_on = next_due(spec, proof)
    if again_on is not None:
        next_round(context, duty, again_on)
    return duty


def _writer(context: Context, acting: ActingUser) -> Viewer:
    """Reading is not writing: an auditor or a consultant proves nothing."""
    viewer = viewer_of(context.principal, acting)
    officers = (Role.COMPLIANCE, Role.APPROVER)
    if viewer.audience is Audience.OFFICER and not context.principal.has(*officers):
        raise NotAllowed("This needs the role compliance or approver.")
    if viewer.audience not in (Audience.OFFICER, Audience.EHR, Audience.TREATING_CLINICIAN):
        raise NotFound
    return viewer


def _own(context: Context, acting: ActingUser) -> str | None:
    return context.principal.clinician_id or acting.clinician_id


def _words(proof: Proof) -> dict[str, Any]:
    return {
        "done_on": proof.done_on.isoformat(),
        "note": clean_lines(proof.note),
        "reference": clean_lines(proof.reference),
        "next_on": proof.next_on.isoformat() if proof.next_on else None,
    }


def say_not_applicable(context: Context, acting: ActingUser, duty_id: str, reason: str) -> DutyRow:
    """An officer says why the duty does not apply; it is closed and does not repeat."""
    viewer = _writer(context, acting)
    _require_officer(context, acting, viewer)
    duty = find_duty(context, viewer, duty_id, locked=True)
    require_not_subject(duty.clinician_id, _own(context, acting))
    require_open(DutyState(duty.state))
    said = clean_lines(require_reason(reason))
    close(context, duty, NewMove(DutyMoveKind.NOT_APPLICABLE, {"reason": said}))
    return duty


def _require_officer(context: Context, acting: ActingUser, viewer: Viewer) -> None:
    """NotAllowed for whoever sees the duty but may not judge it."""
    by_account = viewer.audience is Audience.OFFICER and context.principal.has(Role.COMPLIANCE)
    by_ehr = viewer.audience is Audience.EHR and acting.role is ActingRole.COMPLIANCE
    if not (by_account or by_ehr):
        raise NotAllowed("Only a compliance officer says that a duty does not apply.")
