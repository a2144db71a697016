"""Cases as decisions raise them: one open case per question, covered checks join it.

What people then do with a case is in `reviews`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseMoveRow, CaseOccurrenceRow, CaseRow
from policy_service.domain.decisions import Decision, FindingKind, RuleReading, Truth
from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome, strictest
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.domain.standings import Standing
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services.case_notices import Moved, Stood, tell_moves
from policy_service.services.context import Context
from policy_service.services.gathering.facts import Question
from policy_service.services.parties import keeper_of

_IDENTITY_DOUBTS = frozenset({Why.IDENTITY_UNCONFIRMED, Why.CONTRADICTED})
LONGEST_REVIEW_DAYS = 14
REVIEW_DAYS = {Outcome.PROHIBIT: 2}
"""Days until a new case is due for review."""


@dataclass(frozen=True, slots=True)
class QuestionRaised:
    """What a decision says about one kind of question."""

    kind: FindingKind
    outcome: Outcome
    waivable: bool
    digest: str


def questions_raised(decision: Decision) -> list[QuestionRaised]:
    """The kinds of question for which this decision wants a person: deliberate or worse, or
    an identity to confirm.

    A draft that holds opens a case too: it raised the outcome, and somebody must look.
    """
    readings: dict[FindingKind, list[tuple[Outcome, RuleReading]]] = {}
    for finding in decision.findings:
        facets = finding.reading.facets
        readings.setdefault(facets.kind, []).append((finding.outcome, finding.reading))
    for reading in decision.unverified:
        if reading.closed is not Truth.FALSE:
            outcome = min(_asked(reading), Outcome.DELIBERATE)
            readings.setdefault(reading.facets.kind, []).append((outcome, reading))
    raised = [_question(kind, found) for kind, found in sorted(readings.items())]
    unsure = {reading.facets.kind for reading in _of_unconfirmed_identity(decision)}
    return [q for q in raised if q.outcome >= Outcome.DELIBERATE or q.kind in unsure]


def _of_unconfirmed_identity(decision: Decision) -> list[RuleReading]:
    """Findings that hang on whether two records are one person: somebody must say."""
    return [
        finding.reading
        for finding in decision.findings
        if finding.undecided
        and any(missing.why in _IDENTITY_DOUBTS for missing in finding.reading.missing)
    ]


def _asked(reading: RuleReading) -> Outcome:
    facets = reading.facets
    return facets.outcome if reading.closed is Truth.TRUE else facets.if_unknown


def _question(kind: FindingKind, found: list[tuple[Outcome, RuleReading]]) -> QuestionRaised:
    outcome = strictest(*(outcome for outcome, _ in found))
    waivable = all(reading.facets.waivable or asked < Outcome.PROHIBIT for asked, reading in found)
    said = sorted(_said(asked, reading) for asked, reading in found)
    digest = hashlib.sha256(canonical_bytes(said)).hexdigest()
    return QuestionRaised(kind, outcome, waivable, digest)


def _said(outcome: Outcome, reading: RuleReading) -> list[str]:
    """What a disposition covers: rule, pack, outcome and facts; anything else reopens the case."""
    facts = canonical_bytes([[used.name, used.value] for used in reading.facts])
    return [
        reading.facets.rule,
        reading.facets.pack_digest,
        outcome.value,
        reading.closed.value,
        hashlib.sha256(facts).hexdigest(),
    ]


def raise_cases(context: Context, question: Question, decision: Decision, decision_id: str) -> None:
    """Open, join or reopen one case per question raised; each covered check is an occurrence."""
    touched = [_raise(context, question, raised) for raised in questions_raised(decision)]
    for case, _ in touched:
        context.session.add(
            CaseOccurrenceRow(
                practice_id=context.practice_id,
                case_id=case.id,
                decision_id=decision_id,
                at=context.now,
            )
        )
    tell_moves(context, touched)


def _raise(context: Context, question: Question, raised: QuestionRaised) -> Moved:
    """Open, join or reopen the case of one question; with how it stood before."""
    case = latest_case(context, question, raised.kind)
    if case is None:
        return _open_case(context, question, raised), None
    before = Stood.of(case)
    if case.state == CaseState.CLOSED:
        _reopen_if_uncovered(context, case, raised)
    else:
        _note_change(context, case, raised)
    return case, before


def latest_case(context: Context, question: Question, kind: FindingKind) -> CaseRow | None:
    return context.session.scalars(
        select(CaseRow)
        .where(
            CaseRow.clinician_id == question.clinician.id,
            CaseRow.client_id == question.client.id,
            CaseRow.kind == kind.value,
        )
        .order_by(CaseRow.opened_at.desc(), CaseRow.id)
        .limit(1)
    ).first()


def _open_case(context: Context, question: Question, raised: QuestionRaised) -> CaseRow:
    case = CaseRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        clinician_id=question.clinician.id,
        client_id=question.client.id,
        kind=raised.kind.value,
        state=CaseState.OPEN.value,
        standing=Standing.IN_REVIEW.value,
        outcome=raised.outcome.value,
        waivable=raised.waivable,
        facts_digest=raised.digest,
        opened_at=context.now,
        due_on=due_on(context, raised.outcome),
        version=1,
    )
    context.session.add(case)
    context.session.flush()
    add_move(context, case, MoveKind.OPENED, None, {"outcome": raised.outcome.value})
    return case


def due_on(context: Context, outcome: Outcome) -> str:
    """The day by which a case of this outcome is to be reviewed."""
    return (
        context.today + timedelta(days=REVIEW_DAYS.get(outcome, LONGEST_REVIEW_DAYS))
    ).isoformat()


def _reopen_if_uncovered(context: Context, case: CaseRow, raised: QuestionRaised) -> None:
    """A disposition covers the same findings, facts and packs until its date, and nothing else."""
    changes = _changes(context, case, raised)
    if not changes:
        return
    old_state = case.state
    case.state = CaseState.OPEN.value
    case.standing = Standing.IN_REVIEW.value
    case.due_on = due_on(context, raised.outcome)
    case.valid_until = None
    _take_over(case, raised)
    add_move(context, case, MoveKind.REOPENED, old_state, {"changed": changes})


def _changes(context: Context, case: CaseRow, raised: QuestionRaised) -> list[str]:
    changes = []
    if case.facts_digest != raised.digest:
        changes.append("the facts, the rules or what they ask for have changed")
    if case.valid_until is not None and case.valid_until < context.today.isoformat():
        changes.append(f"the decision was valid until {case.valid_until}")
    return changes


def _note_change(context: Context, case: CaseRow, raised: QuestionRaised) -> None:
    if case.facts_digest == raised.digest:
        return
    _take_over(case, raised)
    note = {"changed": ["new facts or rules while the case is open"]}
    add_move(context, case, MoveKind.NOTED, case.state, note)


def _take_over(case: CaseRow, raised: QuestionRaised) -> None:
    case.outcome = raised.outcome.value
    case.waivable = raised.waivable
    case.facts_digest = raised.digest
    case.version += 1


def add_move(
    context: Context,
    case: CaseRow,
    kind: MoveKind,
    old_state: str | None,
    words: Mapping[str, Any],
) -> CaseMoveRow:
    """Append a row to a case's history; the words are sealed under the client's key.

    Once the client is erased, under the practice's: then they name nobody.
    """
    count = context.session.execute(
        select(func.count())
        .select_from(CaseMoveRow)
        .where(CaseMoveRow.practice_id == context.practice_id, CaseMoveRow.case_id == case.id)
    ).scalar_one()
    number = count + 1
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    sealed = context.keyring.seal(
        context.session,
        keeper_of(context, client.person_id),
        canonical_bytes(dict(words)),
        ("case_move", f"{case.id}/{number}", "sealed"),
    )
    row = CaseMoveRow(
        practice_id=context.practice_id,
        case_id=case.id,
        number=number,
        kind=kind.value,
        old_state=old_state,
        new_state=case.state,
        actor=context.principal.actor_ref,
        at=context.now,
        sealed=sealed,
    )
    context.session.add(row)
    context.session.flush()
    return row


_ORDER = (
    Standing.IN_REVIEW,
    Standing.DECLINED,
    Standing.ACCEPTED_WITH_CONDITIONS,
    Standing.OVERRIDDEN,
    Standing.NONE,
)

_CASES_OF = (
    select(CaseRow)
    .join(
        CaseOccurrenceRow,
        (CaseOccurrenceRow.practice_id == CaseRow.practice_id)
        & (CaseOccurrenceRow.case_id == CaseRow.id),
    )
    .where(CaseOccurrenceRow.decision_id == bindparam("decision"))
)


def cases_met(context: Context, decision_id: str) -> dict[str, str]:
    """The cases a decision opened or joined, by kind of question."""
    rows = context.session.scalars(_CASES_OF, {"decision": decision_id})
    return {row.kind: row.id for row in rows}


def standing_of(context: Context, decision_id: str) -> Standing:
    """What the practice decided about the questions of a decision: the least settled of them."""
    rows = context.session.scalars(_CASES_OF, {"decision": decision_id})
    return least_settled(standing_today(context, row) for row in rows)


def standing_if_asked(context: Context, question: Question, decision: Decision) -> Standing:
    """The standing a decision would have if it were recorded now; opens and joins nothing.

    Only a closed case that covers exactly what is raised settles it; anything else needs review.
    """
    return least_settled(
        _standing_of_raised(context, question, raised) for raised in questions_raised(decision)
    )


def _standing_of_raised(context: Context, question: Question, raised: QuestionRaised) -> Standing:
    case = latest_case(context, question, raised.kind)
    if case is None or case.state != CaseState.CLOSED or _changes(context, case, raised):
        return Standing.IN_REVIEW
    return Standing(case.standing)


def standing_today(context: Context, case: CaseRow) -> Standing:
    """An acceptance past its date is a question again, even before the next check reopens it."""
    expired = case.valid_until is not None and case.valid_until < context.today.isoformat()
    return Standing.IN_REVIEW if expired else Standing(case.standing)


def least_settled(standings: Iterable[Standing]) -> Standing:
    """The standing that most needs attention."""
    return min(standings, key=_ORDER.index, default=Standing.NONE)
