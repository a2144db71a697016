"""Read duties: a list by due date, and one duty with its history. Each reader sees only theirs.

A clinician sees the duties they owe. A duty whose cause they may not know is owed by the practice
(see `duties`), so that nothing in their list hints at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from policy_service.database.tables.duties import DutyRow
from policy_service.domain.audiences import Audience, audience_of
from policy_service.domain.duties import DutyState, Owner
from policy_service.domain.duty_specs import DUTIES
from policy_service.domain.principals import ActingUser, Principal
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.duty_moves import Move, moves_of, steps_left

USUAL_PAGE = 50
ANY_OPEN, ALL = "any_open", "all"
STATES = (ANY_OPEN, *(state.value for state in DutyState), ALL)
RuleWords = Callable[[str, str], Mapping[str, Any]]
"""A rule's title and citations by pack digest and rule id, from the packs at hand."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads: an audience, and the clinician they are (empty for nobody)."""

    audience: Audience
    clinician_id: str

    @property
    def sees_all(self) -> bool:
        """Officers, and EHRs that are granted whole decisions."""
        return self.audience in (Audience.OFFICER, Audience.EHR)

    def sees(self, duty: DutyRow) -> bool:
        """Whether this duty exists for this reader."""
        if self.audience is Audience.TREATING_CLINICIAN:
            return duty.owner == Owner.CLINICIAN and duty.clinician_id == self.clinician_id
        return self.sees_all


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """What to list. `after` is the id of the last duty of the page before."""

    state: str = ANY_OPEN
    owner: str = ""
    clinician_id: str = ""
    client_id: str = ""
    due_before: date | None = None
    after: str = ""
    limit: int = USUAL_PAGE


@dataclass(frozen=True, slots=True)
class DutyPage:
    """A page of duties, the earliest due first; `next` is None on the last."""

    rows: tuple[DutyRow, ...]
    next: str | None


def viewer_of(principal: Principal, acting: ActingUser) -> Viewer:
    """The least of what the credential grants and what the person at the keyboard may learn."""
    own = principal.clinician_id or acting.clinician_id or ""
    return Viewer(audience_of(principal, acting, own), own)


def list_duties(context: Context, viewer: Viewer, wanted: DutyFilter) -> DutyPage:
    """The duties this viewer sees. InvalidRequest for an unknown state or cursor."""
    query = select(DutyRow).where(*_conditions(viewer, wanted))
    if wanted.after:
        query = query.where(_later_than(context, viewer, wanted.after))
    rows = list(context.session.scalars(_ordered(query).limit(wanted.limit + 1)))
    more = len(rows) > wanted.limit
    shown = tuple(rows[: wanted.limit])
    return DutyPage(shown, shown[-1].id if more else None)


def _ordered(query: Select[DutyRow]) -> Select[DutyRow]:
    return query.order_by(DutyRow.due_on, DutyRow.id)


def _conditions(viewer: Viewer, wanted: DutyFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.state not in STATES:
        raise InvalidRequest(
            errors=[FieldError("/query/state", "This word is not allowed.", STATES)]
        )
    if viewer.audience is Audience.TREATING_CLINICIAN:
        yield DutyRow.owner == Owner.CLINICIAN.value
        yield DutyRow.clinician_id == viewer.clinician_id
    elif not viewer.sees_all:
        yield false()
    if wanted.state == ANY_OPEN:
        yield DutyRow.closed_at.is_(None)
    elif wanted.state != ALL:
        yield DutyRow.state == wanted.state
    for column, value in (
        (DutyRow.owner, wanted.owner),
        (DutyRow.clinician_id, wanted.clinician_id),
        (DutyRow.client_id, wanted.client_id),
    ):
        if value:
            yield column == value
    if wanted.due_before is not None:
        yield DutyRow.due_on < wanted.due_before.isoformat()


def _later_than(context: Context, viewer: Viewer, duty_id: str) -> ColumnElement[bool]:
    """Due dates never change, so that a page never shifts under its reader."""
    last = context.session.get(DutyRow, (context.practice_id, duty_id))
    if last is None or not viewer.sees(last):
        raise InvalidRequest(
            errors=[FieldError("/query/cursor", "Give the next_cursor of the page before.")]
        )
    same_day = and_(DutyRow.due_on == last.due_on, DutyRow.id > last.id)
    return or_(DutyRow.due_on > last.due_on, same_day)


def find_duty(context: Context, viewer: Viewer, duty_id: str, *, locked: bool = False) -> DutyRow:
    """The duty of that id. NotFound for one that this viewer does not see."""
    query = select(DutyRow).where(DutyRow.id == duty_id)
    row = context.session.scalars(query.with_for_update() if locked else query).first()
    if row is None or not viewer.sees(row):
        raise NotFound
    return row


def duties_of_case(context: Context, case_id: str) -> list[DutyRow]:
    """The duties that decisions of this case raised, the earliest due first."""
    return list(
        context.session.scalars(_ordered(select(DutyRow).where(DutyRow.case_id == case_id)))
    )


def late_duties(context: Context) -> dict[str, int]:
    """How many open duties are late, by state; numbers alone, so that an administrator may see."""
    rows = context.session.execute(
        select(DutyRow.state, func.count())
        .where(
            DutyRow.practice_id == context.practice_id,
            DutyRow.closed_at.is_(None),
            DutyRow.due_on < context.today.isoformat(),
        )
        .group_by(DutyRow.state)
    )
    return dict(rows.all())


def duty_line(context: Context, duty: DutyRow, rule_words: RuleWords) -> dict[str, Any]:
    """A duty without its history, in full."""
    spec = DUTIES[duty.kind]
    return {
        "id": duty.id,
        "duty": duty.kind,
        "title": spec.title,
        "state": duty.state,
        "late": _is_late(context, duty),
        "owner": duty.owner,
        "clinician_id": duty.clinician_id,
        "client_id": duty.client_id,
        "case_id": duty.case_id,
        "decision_id": duty.decision_id,
        "rule": _rule(duty, rule_words),
        "round": duty.round,
        "repeats": spec.repeats,
        "raised_at": format_at(duty.raised_at),
        "due_on": duty.due_on,
        "due_basis": duty.due_basis,
        "source_says": duty.source_says,
        "proof_asked": {
            "kind": spec.proof.kind,
            "words": spec.proof.words,
            "needs_note": spec.proof.needs_note,
            "needs_next_on": spec.proof.needs_next_on,
        },
    }


def _is_late(context: Context, duty: DutyRow) -> bool:
    closed = duty.closed_at.date() if duty.closed_at else context.today
    return closed.isoformat() > duty.due_on


def _rule(duty: DutyRow, rule_words: RuleWords) -> dict[str, Any] | None:
    if duty.rule is None or duty.pack_digest is None:
        return None
    known = {"id": duty.rule, "pack_digest": duty.pack_digest}
    return {**known, **rule_words(duty.pack_digest, duty.rule)}


def duty_in_full(context: Context, duty: DutyRow, rule_words: RuleWords) -> dict[str, Any]:
    """A duty with its history, what is still to come, and its proof or the reason it is closed."""
    moves = moves_of(context, duty)
    last = moves[-1] if moves else None
    words = last.words if last and DutyState(duty.state).is_closed else {}
    left = [] if duty.closed_at else steps_left(context, duty)
    return {
        **duty_line(context, duty, rule_words),
        "closed_at": format_at(duty.closed_at) if duty.closed_at else None,
        "proof": words.get("proof"),
        "reason": words.get("reason"),
        "history": [_told(move) for move in moves],
        "to_come": [
            {"move": step.kind.value, "on": step.on.isoformat(), "told": list(step.told)}
            for step in left
        ],
    }


def _told(move: Move) -> dict[str, Any]:
    told = move.words.get("told", [])
    return {
        "number": move.number,
        "move": move.kind.value,
        "on": move.fell_on,
        "at": format_at(move.at),
        "told": list(told),
        "actor": move.actor,
    }
