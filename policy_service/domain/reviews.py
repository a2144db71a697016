"""Cases: which move is legal from which state, and who may make it (design, section 9).

A disposition never lowers an outcome: it gives the question a standing. Nobody decides their own
case; lifting a `prohibit` takes two people; a non-waivable one cannot be lifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from policy_service.domain.dates import plus_months
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Principal, Role
from policy_service.domain.standings import Standing
from policy_service.errors import FieldError, InvalidRequest, NotAllowed, StateConflict

LONGEST_ACCEPTANCE_MONTHS = 12


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    WITH_CONSULTANT = "with_consultant"
    AWAITING_APPROVAL = "awaiting_approval"
    CLOSED = "closed"


class MoveKind(StrEnum):
    """What can happen to a case; every one is an append-only row."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    NOTED = "noted"
    DELIBERATED = "deliberated"
    CONSULTED = "consultant_asked"
    ADVISED = "consultant_answered"
    DISPOSED = "disposed"
    OVERRIDE_ASKED = "override_asked"
    OVERRIDE_APPROVED = "override_approved"
    OVERRIDE_REFUSED = "override_refused"
    REOPENED = "reopened"
    ERASED = "erased"


_FROM: Mapping[MoveKind, frozenset[CaseState]] = {
    MoveKind.ASSIGNED: frozenset(
        {CaseState.OPEN, CaseState.WITH_CONSULTANT, CaseState.AWAITING_APPROVAL}
    ),
    MoveKind.NOTED: frozenset(CaseState),
    MoveKind.DELIBERATED: frozenset({CaseState.OPEN, CaseState.WITH_CONSULTANT}),
    MoveKind.CONSULTED: frozenset({CaseState.OPEN}),
    MoveKind.ADVISED: frozenset({CaseState.WITH_CONSULTANT}),
    MoveKind.DISPOSED: frozenset({CaseState.OPEN, CaseState.WITH_CONSULTANT}),
    MoveKind.OVERRIDE_ASKED: frozenset({CaseState.OPEN, CaseState.WITH_CONSULTANT}),
    MoveKind.OVERRIDE_APPROVED: frozenset({CaseState.AWAITING_APPROVAL}),
    MoveKind.OVERRIDE_REFUSED: frozenset({CaseState.AWAITING_APPROVAL}),
    MoveKind.REOPENED: frozenset({CaseState.CLOSED}),
    MoveKind.ERASED: frozenset(CaseState),
}


class DispositionKind(StrEnum):
    """What an officer decides."""

    ACCEPT_WITH_CONDITIONS = "accept_with_conditions"
    DECLINE = "decline"
    OVERRIDE = "override"


STANDING_OF = {
    DispositionKind.ACCEPT_WITH_CONDITIONS: Standing.ACCEPTED_WITH_CONDITIONS,
    DispositionKind.DECLINE: Standing.DECLINED,
    DispositionKind.OVERRIDE: Standing.OVERRIDDEN,
}


@dataclass(frozen=True, slots=True)
class CaseView:
    """What the legality of a move depends on."""

    state: CaseState
    outcome: Outcome
    waivable: bool
    clinician_id: str
    override_asked_by: str | None = None
    deliberation_complete: bool = False

    @property
    def needs_deliberation(self) -> bool:
        """A question of identity with a milder outcome is settled without one."""
        return self.outcome >= Outcome.DELIBERATE


@dataclass(frozen=True, slots=True)
class Disposition:
    """An officer's decision. `valid_until` and conditions are required unless care is declined."""

    kind: DispositionKind
    reason: str
    conditions: tuple[str, ...] = ()
    valid_until: date | None = None


def require_move(case: CaseView, move: MoveKind) -> None:
    """StateConflict unless the move is legal from the case's state."""
    allowed = _FROM[move]
    if case.state not in allowed:
        states = ", ".join(sorted(allowed))
        raise StateConflict(f"The case is {case.state}; this needs a case that is {states}.")


def require_decider(case: CaseView, decider: Principal, role: Role) -> None:
    """NotAllowed unless the decider holds the role and the case is not their own."""
    if not decider.has(role):
        raise NotAllowed(f"This needs the role {role}.")
    if decider.clinician_id == case.clinician_id:
        raise NotAllowed("Nobody decides their own case.")


def require_disposition(case: CaseView, disposition: Disposition, today: date) -> None:
    """InvalidRequest or StateConflict unless this case may be closed in this way."""
    errors = [*_reason_errors(disposition), *_acceptance_errors(disposition, today)]
    if errors:
        raise InvalidRequest(errors=errors)
    if disposition.kind is DispositionKind.DECLINE:
        return
    if case.outcome is Outcome.PROHIBIT and not case.waivable:
        raise StateConflict("This prohibition cannot be waived. The only way is to decline.")
    accepts = disposition.kind is DispositionKind.ACCEPT_WITH_CONDITIONS
    if accepts and case.outcome is Outcome.PROHIBIT:
        raise StateConflict("A prohibition is lifted only by an override, which takes two people.")
    if case.needs_deliberation and not case.deliberation_complete:
        raise StateConflict(
            "The deliberation is not complete: fill in every mandatory field first."
        )


def require_approver(case: CaseView, approver: Principal) -> None:
    """The second person of an override: an approver, not the subject, not the first person."""
    require_decider(case, approver, Role.APPROVER)
    if approver.id == case.override_asked_by:
        raise NotAllowed("Lifting a prohibition takes two people: someone else must approve.")


def _reason_errors(disposition: Disposition) -> list[FieldError]:
    return [] if disposition.reason.strip() else [FieldError("/reason", "A reason is required.")]


def _acceptance_errors(disposition: Disposition, today: date) -> list[FieldError]:
    if disposition.kind is DispositionKind.DECLINE:
        return []
    errors = []
    if not any(condition.strip() for condition in disposition.conditions):
        errors.append(FieldError("/conditions", "At least one condition is required."))
    latest = plus_months(today, LONGEST_ACCEPTANCE_MONTHS)
    if disposition.valid_until is None or not today < disposition.valid_until <= latest:
        text = f"A date after {today} and not after {latest} is required."
        errors.append(FieldError("/valid_until", text))
    return errors
