"""Save the deliberation of a case: each version is a move, and it is late or not for ever."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.domain.deliberations import BY_NAME, missing_fields
from policy_service.domain.principals import Role
from policy_service.domain.reviews import MoveKind
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.case_moves import moves_of
from policy_service.services.case_steps import (
    LONGEST_TEXT,
    CaseRef,
    Step,
    clean_lines,
    hold,
    make,
    require_role,
)
from policy_service.services.context import Context


def deliberate(context: Context, ref: CaseRef, answers: Mapping[str, str]) -> None:
    """Save a version of the deliberation. It may be incomplete; the case cannot be accepted then.

    A record that begins after the event it is about is late, and every later version with it.
    """
    require_role(context, Role.COMPLIANCE)
    case = hold(context, ref, MoveKind.DELIBERATED)
    cleaned = _answers(answers)
    words = {
        "answers": cleaned,
        "complete": not missing_fields(cleaned),
        "late": _is_late(context, case),
        "facts_digest": case.facts_digest,
    }
    make(context, case, Step(MoveKind.DELIBERATED, words))


def _answers(answers: Mapping[str, str]) -> dict[str, str]:
    errors = []
    for name, text in answers.items():
        known = BY_NAME.get(name)
        if known is None:
            errors.append(FieldError(f"/{name}", "There is no such field.", tuple(BY_NAME)))
        elif text.strip() and known.options and text not in known.options:
            errors.append(FieldError(f"/{name}", "Another word is required.", known.options))
        elif len(text) > LONGEST_TEXT:
            errors.append(FieldError(f"/{name}", f"At most {LONGEST_TEXT} characters are allowed."))
    errors += _review_day_errors(answers.get("review_on", "").strip())
    if errors:
        raise InvalidRequest(errors=errors)
    return {name: clean_lines(text) for name, text in answers.items() if text.strip()}


def _review_day_errors(text: str) -> list[FieldError]:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        return [FieldError("/review_on", "A date such as 2026-05-31 is required.")]
    return []


def _is_late(context: Context, case: CaseRow) -> bool:
    earlier = [move for move in moves_of(context, case) if move.kind is MoveKind.DELIBERATED]
    if any(move.words["late"] for move in earlier):
        return True
    return not any(move.words["complete"] for move in earlier) and _has_event(context, case)


def _has_event(context: Context, case: CaseRow) -> bool:
    """Whether the question was raised by something that had already happened."""
    return (
        context.session.scalars(
            select(CaseOccurrenceRow.decision_id)
            .join(
                DecisionRow,
                (DecisionRow.practice_id == CaseOccurrenceRow.practice_id)
                & (DecisionRow.id == CaseOccurrenceRow.decision_id),
            )
            .where(CaseOccurrenceRow.case_id == case.id, DecisionRow.purpose == "event")
            .limit(1)
        ).first()
        is not None
    )
