"""Raise duties: in the transaction of the decision that asks for them, once for each cause.

Only a definite finding of a rule in force raises a duty; an undecided one is asked about. A check
that meets a duty again joins it. What a duty is about is its *subject*: the event it was reported
with, or the course of care (how many spells of care between the two are over) and the tie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select

from policy_service.database.tables.duties import DutyOccurrenceRow, DutyRow
from policy_service.domain.decisions import Decision, RuleReading
from policy_service.domain.duties import (
    Basis,
    Due,
    DutyMoveKind,
    DutySpec,
    DutyState,
    Owner,
)
from policy_service.domain.duty_specs import ATTEST, DUTIES
from policy_service.domain.facts import Why
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services.cases import cases_met
from policy_service.services.context import Context
from policy_service.services.duty_moves import NewMove, close, make_move, set_next_step, steps_left
from policy_service.services.duty_steps import timekeeper
from policy_service.services.gathering.care_facts import care_spells
from policy_service.services.gathering.facts import Gathered, Question

_ITSELF = "attestation"
"""The subject of the duty to attest: there is one for each clinician."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A decision as it is recorded. `known`: the findings (rule, tie) the clinician may see."""

    question: Question
    gathered: Gathered
    decision: Decision
    decision_id: str
    known: frozenset[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class NewDuty:
    """A duty to raise, or to join if it is there already."""

    spec: DutySpec
    owner: Owner
    due: Due
    subject: str
    clinician_id: str | None = None
    client_id: str | None = None
    case_id: str | None = None
    decision_id: str | None = None
    rule: str | None = None
    pack_digest: str | None = None
    round: int = 1

    @property
    def key(self) -> str:
        """What makes it the same duty.

        The owner is part of it: a duty that a clinician owes for a cause they know must not hang
        on whether the practice already owes one for a cause that is hidden from them.
        """
        about = [self.clinician_id, self.client_id, self.rule, self.subject]
        said = [self.spec.code, self.owner.value, *about]
        return hashlib.sha256(canonical_bytes(said)).hexdigest()


def raise_duties(context: Context, cause: Cause) -> None:
    """Raise or join every duty that the definite findings of a decision ask for."""
    asked = list(_asked(cause.decision))
    if not asked:
        return
    cases = cases_met(context, cause.decision_id)
    subjects = _Subjects(context, cause)
    wanted = (_new(cause, code, reading, subjects.of(reading)) for code, reading in asked)
    found = [
        replace(duty, case_id=cases.get(reading.facets.kind.value))
        for duty, (_, reading) in zip(wanted, asked, strict=True)
    ]
    unique = {duty.key: duty for duty in found}
    for _, duty in sorted(unique.items()):  # one order for all: no two checks deadlock
        _join(context, _met(context, cause, duty) or raise_duty(context, duty), duty)


def _asked(decision: Decision) -> Iterator[tuple[str, RuleReading]]:
    for finding in decision.findings:
        if finding.undecided:
            continue
        for code in finding.reading.facets.obligations:
            if code in DUTIES:
                yield code, finding.reading


def _new(cause: Cause, code: str, reading: RuleReading, subject: str) -> NewDuty:
    """A clinician who may not know the cause is not told of the duty: the practice owes it."""
    spec, facets = DUTIES[code], reading.facets
    knows = (facets.rule, reading.tie) in cause.known
    return NewDuty(
        spec=spec,
        owner=spec.owner if knows else Owner.PRACTICE,
        due=spec.due_under(facets.pack),
        subject=subject,
        clinician_id=cause.question.clinician.id,
        client_id=cause.question.client.id,
        decision_id=cause.decision_id,
        rule=facets.rule,
        pack_digest=facets.pack_digest,
    )


class _Subjects:
    """What each finding of a decision is about, in words that stay the same from check to check."""

    def __init__(self, context: Context, cause: Cause) -> None:
        event = cause.question.event
        self._event = _about_event(event.id or cause.decision_id) if event is not None else ""
        self._course = _course(context, cause)
        self._ties = {tie.facts.ref: tie for tie in cause.gathered.ties}

    def of(self, reading: RuleReading) -> str:
        """The event for a rule about events, else the course of care with the tie."""
        if self._event and any(used.name == "event_kind" for used in reading.facts):
            return self._event
        tie = self._ties.get(reading.tie or "")
        if tie is None:
            return self._course
        people = canonical_bytes([edge.far for edge in tie.path.edges])
        return f"{self._course}/tie:{hashlib.sha256(people).hexdigest()[:32]}"


def _course(context: Context, cause: Cause) -> str:
    """Which course of care of the two this is: taking someone back is another one."""
    spells = care_spells(context, cause.question.clinician.id, cause.gathered.client_ids)
    return f"course:{sum(not spell.is_open for spell in spells)}"


def _met(context: Context, cause: Cause, duty: NewDuty) -> DutyRow | None:
    """The newest duty of that key, for any record of the same client."""
    ids = {*cause.gathered.client_ids, duty.client_id}
    keys = sorted(replace(duty, client_id=client_id).key for client_id in ids)
    return context.session.scalars(
        select(DutyRow)
        .where(DutyRow.key.in_(keys))
        .order_by(DutyRow.round.desc(), DutyRow.raised_at.desc(), DutyRow.id)
        .limit(1)
    ).first()


def _join(context: Context, row: DutyRow, duty: NewDuty) -> None:
    row.case_id = row.case_id or duty.case_id
    context.session.add(
        DutyOccurrenceRow(
            practice_id=context.practice_id,
            duty_id=row.id,
            decision_id=duty.decision_id,
            at=context.now,
        )
    )


def raise_duty(context: Context, duty: NewDuty, due_on: date | None = None) -> DutyRow:
    """Write a new duty with its first move; due as its spec says unless a day is given."""
    due_on = due_on or context.today + timedelta(days=duty.due.days)
    row = DutyRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        kind=duty.spec.code,
        owner=duty.owner.value,
        clinician_id=duty.clinician_id,
        client_id=duty.client_id,
        case_id=duty.case_id,
        decision_id=duty.decision_id,
        rule=duty.rule,
        pack_digest=duty.pack_digest,
        subject=duty.subject,
        key=duty.key,
        round=duty.round,
        state=DutyState.OPEN.value,
        raised_at=context.now,
        due_on=due_on.isoformat(),
        due_basis=duty.due.basis.value,
        source_says=duty.due.says,
        version=0,
    )
    context.session.add(row)
    context.session.flush()
    make_move(context, row, NewMove(DutyMoveKind.RAISED, {"told": [duty.owner.value]}))
    set_next_step(row, steps_left(context, row))
    return row


def require_attestation(context: Context, clinician_id: str, decision: Decision) -> None:
    """One open duty per clinician carries all that nobody attested; no check adds another."""
    if any(ask.why is Why.NOT_ATTESTED for ask in decision.ask):
        duty = attestation_duty(clinician_id)
        if _open_of(context, duty.key) is None:
            raise_duty(context, duty)


def close_attestation_duty(context: Context, clinician_id: str, attestation_id: str) -> None:
    """The clinician attested: the attestation is the duty's proof."""
    duty = _open_of(context, attestation_duty(clinician_id).key)
    if duty is not None:
        proof = {"done_on": context.today.isoformat(), "attestation": attestation_id}
        close(context, duty, NewMove(DutyMoveKind.DONE, {"proof": proof}))


def close_duties_of_event(context: Context, event_id: str, reason: str) -> None:
    """What an event asked for is no longer owed once the event no longer counts.

    The service closes the duties, whoever withdrew the event: nobody has judged what they owe.
    """
    service = replace(context, principal=timekeeper(context.practice_id))
    rows = context.session.scalars(
        select(DutyRow)
        .where(DutyRow.subject == _about_event(event_id), DutyRow.closed_at.is_(None))
        .order_by(DutyRow.id)
        .with_for_update()
    )
    for duty in rows.all():
        close(service, duty, NewMove(DutyMoveKind.NOT_APPLICABLE, {"reason": reason}))


def _about_event(event_id: str) -> str:
    return f"event:{event_id}"


def attestation_duty(clinician_id: str) -> NewDuty:
    """The duty to attest, of which a clinician has at most one open."""
    spec = DUTIES[ATTEST]
    return NewDuty(spec, spec.owner, spec.due, _ITSELF, clinician_id)


def _open_of(context: Context, key: str) -> DutyRow | None:
    return context.session.scalars(
        select(DutyRow).where(DutyRow.key == key, DutyRow.closed_at.is_(None)).with_for_update()
    ).first()


def next_round(context: Context, duty: DutyRow, due_on: date) -> DutyRow:
    """A duty that repeats is raised again when it is proved: the same one, one round later."""
    spec = DUTIES[duty.kind]
    again = NewDuty(
        spec=spec,
        owner=Owner(duty.owner),
        due=Due(spec.due.days, Basis.DEFAULT),
        subject=duty.subject,
        clinician_id=duty.clinician_id,
        client_id=duty.client_id,
        case_id=duty.case_id,
        decision_id=duty.decision_id,
        rule=duty.rule,
        pack_digest=duty.pack_digest,
        round=duty.round + 1,
    )
    return raise_duty(context, again, due_on)
