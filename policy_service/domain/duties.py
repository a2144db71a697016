"""Duties: obligations with a due date and a proof, and what happens while nobody proves them.

A duty never expires. Its steps follow from the day it was raised and the day it is due: reminders
before, *overdue* on the first day after, *escalated* some days later. A duty ends in one of two
ways: it is done, with a proof; or an officer says, with a reason, that it does not apply. A legal
duty cannot be waived, so there is no third way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from policy_service.domain.dates import plus_months
from policy_service.errors import FieldError, InvalidRequest, NotAllowed, StateConflict

FURTHEST_REVIEW_MONTHS = 12
LONGEST_NOTE = 1000
LONGEST_REFERENCE = 100


class DutyState(StrEnum):
    """Where a duty stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"

    @property
    def is_closed(self) -> bool:
        """True when nothing is left to do."""
        return self in (DutyState.DONE, DutyState.NOT_APPLICABLE)


class DutyMoveKind(StrEnum):
    """What can happen to a duty; every one is an append-only row and an audit entry."""

    RAISED = "raised"
    REMINDED = "reminded"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"


class Owner(StrEnum):
    """Who owes a duty."""

    CLINICIAN = "clinician"
    PRACTICE = "practice"


class Basis(StrEnum):
    """Where the due day comes from: the cited source, or this product's default."""

    SOURCE = "source"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Due:
    """Days after the decision (0: the same day). `says`: the time the source names, if it does."""

    days: int
    basis: Basis
    says: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Days before the due day on which to remind, and days after it on which to escalate."""

    remind_before: tuple[int, ...]
    escalate_after: int


@dataclass(frozen=True, slots=True)
class ProofAsked:
    """What must be shown: a kind of proof in words, and which parts may not be empty."""

    kind: str
    words: str
    needs_note: bool = True
    needs_next_on: bool = False


@dataclass(frozen=True, slots=True)
class DutySpec:
    """One duty of the closed vocabulary.

    `due` is this product's default; `by_source` holds the day where a source names it, by the
    beginning of the pack's id. `repeat_months`: a proof raises the duty again, that much later.
    """

    code: str
    title: str
    owner: Owner
    due: Due
    proof: ProofAsked
    escalation: Escalation
    by_source: Mapping[str, Due] = field(default_factory=dict)
    repeat_months: int | None = None

    def due_under(self, pack_id: str) -> Due:
        """When it is due if a rule of this pack asks for it."""
        for prefix, due in self.by_source.items():
            if pack_id.startswith(prefix):
                return due
        return self.due

    @property
    def repeats(self) -> bool:
        """True when a proof raises it again."""
        return self.repeat_months is not None or self.proof.needs_next_on


@dataclass(frozen=True, slots=True)
class Step:
    """What falls due on a day while a duty is open, and who is told."""

    on: date
    kind: DutyMoveKind
    code: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was done, and when. `next_on`: the day on which to look again, where that is asked."""

    done_on: date
    note: str = ""
    reference: str = ""
    next_on: date | None = None


STATE_AFTER = {
    DutyMoveKind.OVERDUE: DutyState.OVERDUE,
    DutyMoveKind.ESCALATED: DutyState.ESCALATED,
    DutyMoveKind.DONE: DutyState.DONE,
    DutyMoveKind.NOT_APPLICABLE: DutyState.NOT_APPLICABLE,
}
"""The state a move leads to; raising opens, and a reminder changes nothing."""


def schedule(spec: DutySpec, owner: Owner, raised_on: date, due_on: date) -> tuple[Step, ...]:
    """Every step of a duty that nobody proves, in order of time.

    Reminders that would fall on or before the day it was raised are left out: raising is telling.
    """
    reminders = (due_on - timedelta(days=days) for days in spec.escalation.remind_before)
    steps = [
        Step(day, DutyMoveKind.REMINDED, f"remind:{(due_on - day).days}", (owner.value,))
        for day in sorted(set(reminders))
        if raised_on < day <= due_on
    ]
    late = due_on + timedelta(days=1)
    grave = due_on + timedelta(days=max(spec.escalation.escalate_after, 2))
    return (
        *steps,
        Step(late, DutyMoveKind.OVERDUE, "overdue", (owner.value, "compliance")),
        Step(grave, DutyMoveKind.ESCALATED, "escalated", ("approver", "admin")),
    )


def next_due(spec: DutySpec, proof: Proof) -> date | None:
    """The day on which a repeated duty is due again after this proof; None if it does not repeat.

    A day that the proof names counts; it can only be earlier than the usual one.
    """
    usual = plus_months(proof.done_on, spec.repeat_months) if spec.repeat_months else None
    if proof.next_on is None:
        return usual
    return min(proof.next_on, usual) if usual else proof.next_on


def require_open(state: DutyState) -> None:
    """StateConflict when the duty is closed already."""
    if state.is_closed:
        raise StateConflict(f"The duty is closed: {state.replace('_', ' ')}.")


def require_proof(spec: DutySpec, proof: Proof, today: date) -> None:
    """InvalidRequest that names each part of the proof that is missing or cannot be."""
    errors = [*_text_errors(spec, proof), *_day_errors(spec, proof, today)]
    if errors:
        raise InvalidRequest(errors=errors)


def _text_errors(spec: DutySpec, proof: Proof) -> list[FieldError]:
    errors = []
    if spec.proof.needs_note and not proof.note.strip():
        errors.append(FieldError("/note", f"A note is required: {spec.proof.words}"))
    for name, text, longest in (
        ("note", proof.note, LONGEST_NOTE),
        ("reference", proof.reference, LONGEST_REFERENCE),
    ):
        if len(text) > longest:
            errors.append(FieldError(f"/{name}", f"At most {longest} characters are allowed."))
    return errors


def _day_errors(spec: DutySpec, proof: Proof, today: date) -> list[FieldError]:
    errors = []
    if proof.done_on > today:
        errors.append(FieldError("/done_on", f"A day not after {today} is expected."))
    if spec.proof.needs_next_on and proof.next_on is None:
        errors.append(FieldError("/next_on", "The day on which to look again is required."))
    if proof.next_on is not None and not spec.repeats:
        errors.append(FieldError("/next_on", "This duty does not repeat: leave this out."))
    latest = plus_months(today, FURTHEST_REVIEW_MONTHS)
    if proof.next_on is not None and not today < proof.next_on <= latest:
        text = f"A date after {today} and not after {latest} is expected."
        errors.append(FieldError("/next_on", text))
    return errors


def require_reason(reason: str) -> str:
    """The reason why a duty does not apply. InvalidRequest where there is none, or too much."""
    if not 0 < len(reason.strip()) <= LONGEST_NOTE:
        text = f"Between 1 and {LONGEST_NOTE} characters are required."
        raise InvalidRequest(errors=[FieldError("/reason", text)])
    return reason.strip()


def require_not_subject(clinician_id: str | None, own: str | None) -> None:
    """NotAllowed when an officer would lift a duty that hangs on their own conduct."""
    if clinician_id is not None and clinician_id == own:
        raise NotAllowed("Nobody decides their own case.")
