"""Decide a case: accept with conditions, decline, or lift a prohibition, which takes two people."""

from __future__ import annotations

from datetime import date
from typing import Any

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Role
from policy_service.domain.reviews import (
    STANDING_OF,
    CaseState,
    Disposition,
    DispositionKind,
    MoveKind,
    require_approver,
    require_decider,
    require_disposition,
)
from policy_service.domain.standings import Standing
from policy_service.errors import StateConflict
from policy_service.services.case_moves import Move, moves_of
from policy_service.services.case_steps import (
    CaseRef,
    Step,
    clean_lines,
    hold,
    make,
    require_text,
    view_of,
)
from policy_service.services.context import Context
from policy_service.services.logins import enabled_logins


def dispose(context: Context, ref: CaseRef, disposition: Disposition) -> None:
    """Decide: accept with conditions, decline, or ask for an override (a second person decides)."""
    asks = disposition.kind is DispositionKind.OVERRIDE
    case = hold(context, ref, MoveKind.OVERRIDE_ASKED if asks else MoveKind.DISPOSED)
    view = view_of(context, case)
    require_decider(view, context.principal, _deciding_role(context, case))
    require_disposition(view, disposition, context.today)
    words = {**_disposition_words(disposition), "facts_digest": case.facts_digest}
    if asks:
        state = {"state": CaseState.AWAITING_APPROVAL.value}
        make(context, case, Step(MoveKind.OVERRIDE_ASKED, words, state))
        return
    valid_until = words["valid_until"]
    closing = _closing(STANDING_OF[disposition.kind], valid_until)
    make(context, case, Step(MoveKind.DISPOSED, words, closing))


def _deciding_role(context: Context, case: CaseRow) -> Role:
    """Officers decide. Where none may, the outside consultant to whom the case was put does."""
    principal = context.principal
    is_put = case.consultant_id == principal.id and principal.has(Role.CONSULTANT)
    return Role.CONSULTANT if is_put and not deciders(context, case) else Role.COMPLIANCE


def deciders(context: Context, case: CaseRow) -> list[str]:
    """Login ids of the officers who may decide this case: the subject may not."""
    officers = enabled_logins(context, Role.COMPLIANCE)
    return [row.id for row in officers if row.clinician_id != case.clinician_id]


def has_decider(context: Context) -> bool:
    """Whether the practice has named an officer who is not a clinician here (promise 7)."""
    return any(row.clinician_id is None for row in enabled_logins(context, Role.COMPLIANCE))


def _disposition_words(disposition: Disposition) -> dict[str, Any]:
    conditions = [clean_lines(text) for text in disposition.conditions]
    until = disposition.valid_until
    is_refusal = disposition.kind is DispositionKind.DECLINE
    return {
        "disposition": disposition.kind.value,
        "reason": require_text("/reason", disposition.reason),
        "conditions": [] if is_refusal else [text for text in conditions if text],
        "valid_until": None if is_refusal or until is None else until.isoformat(),
    }


def _closing(standing: Standing, valid_until: str | None) -> dict[str, Any]:
    return {
        "state": CaseState.CLOSED.value,
        "standing": standing.value,
        "valid_until": valid_until,
    }


def approve_override(context: Context, ref: CaseRef, reason: str) -> None:
    """The second person lifts the prohibition as it was asked, on the facts it was asked on."""
    case = hold(context, ref, MoveKind.OVERRIDE_APPROVED)
    asked = _override_asked(context, case)
    require_approver(view_of(context, case), context.principal)
    if asked.words["facts_digest"] != case.facts_digest:
        raise StateConflict("The facts changed after the override was asked for. Refuse it.")
    require_disposition(view_of(context, case), _as_asked(asked), context.today)
    words = {"reason": require_text("/reason", reason), "asked_in": asked.number}
    closing = _closing(Standing.OVERRIDDEN, asked.words["valid_until"])
    make(context, case, Step(MoveKind.OVERRIDE_APPROVED, words, closing))


def refuse_override(context: Context, ref: CaseRef, reason: str) -> None:
    """The second person says no; the case is open again."""
    case = hold(context, ref, MoveKind.OVERRIDE_REFUSED)
    require_approver(view_of(context, case), context.principal)
    words = {"reason": require_text("/reason", reason)}
    opened = {"state": CaseState.OPEN.value}
    make(context, case, Step(MoveKind.OVERRIDE_REFUSED, words, opened))


def _override_asked(context: Context, case: CaseRow) -> Move:
    asked = [move for move in moves_of(context, case) if move.kind is MoveKind.OVERRIDE_ASKED]
    return asked[-1]


def _as_asked(asked: Move) -> Disposition:
    return Disposition(
        DispositionKind.OVERRIDE,
        asked.words["reason"],
        tuple(asked.words["conditions"]),
        date.fromisoformat(asked.words["valid_until"]),
    )
