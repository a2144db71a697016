"""How a case moves: hold it as it was read, check the move, append a row and an audit entry.

Every move is an append-only row, with its words sealed under the client's key, and an audit entry
in the same transaction. The caller says which version of the case it has read; a case that moved
since is left alone (StaleVersion).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.outcomes import Outcome
from policy_service.domain.people import clean_text
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseState, CaseView, MoveKind, require_move
from policy_service.errors import (
    FieldError,
    InvalidRequest,
    NotAllowed,
    NotFound,
    StaleVersion,
)
from policy_service.ledger.canonical import Json
from policy_service.services.case_moves import Move, moves_of
from policy_service.services.case_notices import Stood, tell_moves
from policy_service.services.cases import add_move
from policy_service.services.context import Context
from policy_service.services.decisions import pseudonym_of
from policy_service.services.parties import keeper_of

LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case, and the version of it that the caller has read."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Step:
    """A move to make: its words, and the columns of the case that it changes."""

    kind: MoveKind
    words: Mapping[str, Any]
    changes: Mapping[str, Any] = field(default_factory=dict)


def hold(context: Context, ref: CaseRef, move: MoveKind) -> CaseRow:
    """The case, locked, if it still is as the caller read it and the move is legal from there."""
    case = context.session.scalars(
        select(CaseRow).where(CaseRow.id == ref.id).with_for_update()
    ).first()
    if case is None:
        raise NotFound
    require_sight(context, case)
    if case.version != ref.version:
        raise StaleVersion
    require_move(view_of(context, case), move)
    return case


def require_sight(context: Context, case: CaseRow) -> None:
    """NotFound for a consultant to whom this case is not put; NotAllowed without any such role."""
    principal = context.principal
    if principal.has(Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR):
        return
    if not principal.has(Role.CONSULTANT):
        raise NotAllowed
    if case.consultant_id != principal.id or case.state == CaseState.CLOSED:
        raise NotFound


def require_role(context: Context, *roles: Role) -> None:
    """NotAllowed unless the principal holds one of the roles."""
    if not context.principal.has(*roles):
        raise NotAllowed(f"This needs the role {' or '.join(roles)}.")


def view_of(context: Context, case: CaseRow, moves: list[Move] | None = None) -> CaseView:
    """What the legality of a move depends on."""
    moves = moves_of(context, case) if moves is None else moves
    asked = [move for move in moves if move.kind is MoveKind.OVERRIDE_ASKED]
    return CaseView(
        state=CaseState(case.state),
        outcome=Outcome(case.outcome),
        waivable=case.waivable,
        clinician_id=case.clinician_id,
        override_asked_by=asked[-1].login_id if asked else None,
        deliberation_complete=_is_deliberated(case, moves),
    )


def _is_deliberated(case: CaseRow, moves: list[Move]) -> bool:
    """A deliberation counts for the facts it was written on, and until the case is reopened."""
    marks = (MoveKind.DELIBERATED, MoveKind.REOPENED)
    last = next((move for move in reversed(moves) if move.kind in marks), None)
    if last is None or last.kind is MoveKind.REOPENED:
        return False
    return bool(last.words["complete"]) and last.words["facts_digest"] == case.facts_digest


def make(context: Context, case: CaseRow, step: Step) -> None:
    """Change the case, append the move, write the audit entry, tell who listens.

    Of an erasure nobody is told: what is left points at nobody.
    """
    before, old_state = Stood.of(case), case.state
    for column, value in step.changes.items():
        setattr(case, column, value)
    case.version += 1
    row = add_move(context, case, step.kind, old_state, step.words)
    _log(context, case, step, (row.number, old_state))
    if step.kind is not MoveKind.ERASED:
        tell_moves(context, [(case, before)])


def _log(context: Context, case: CaseRow, step: Step, made: tuple[int, str]) -> None:
    number, old_state = made
    client = context.session.get_one(ClientRow, (context.practice_id, case.client_id))
    clinician = context.session.get_one(ClinicianRow, (context.practice_id, case.clinician_id))
    moved: dict[str, Json] = {
        "case": case.id,
        "number": number,
        "kind": case.kind,
        "from": old_state,
        "to": case.state,
        "standing": case.standing,
    }
    keeper = keeper_of(context, client.person_id)
    context.log(
        f"case.{step.kind.value}",
        {"case": Owned(moved, keeper), "words": Owned(dict(step.words), keeper)},
        subjects=frozenset(
            pseudonym_of(context, person) for person in (client.person_id, clinician.person_id)
        ),
        outcome=case.outcome,
    )


def require_text(pointer: str, text: str) -> str:
    """Text without control characters. InvalidRequest where nothing is left, or too much."""
    cleaned = clean_lines(text)
    if not cleaned or len(text) > LONGEST_TEXT:
        said = f"Between 1 and {LONGEST_TEXT} characters are required."
        raise InvalidRequest(errors=[FieldError(pointer, said)])
    return cleaned


def clean_lines(text: str) -> str:
    """Text without control characters; line breaks stay, for people write paragraphs."""
    lines = [clean_text(line, LONGEST_TEXT) for line in text.strip().splitlines()]
    return "\n".join(lines)[:LONGEST_TEXT].strip()
