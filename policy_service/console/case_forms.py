"""The moves of a case: each a plain form that is answered by the case's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.cases import case_page
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.domain.deliberations import FIELDS
from policy_service.domain.reviews import Disposition, DispositionKind
from policy_service.errors import (
    FieldError,
    InvalidRequest,
    NotAllowed,
    StaleVersion,
    StateConflict,
)
from policy_service.services.case_steps import CaseRef
from policy_service.services.consultations import answer_consultation, put_to_consultant
from policy_service.services.context import Context
from policy_service.services.deliberations import deliberate
from policy_service.services.dispositions import approve_override, dispose, refuse_override
from policy_service.services.reviews import assign, note

Step = Callable[[Context, CaseRef], None]
Answer = Response | tuple[str, int]


def _take(case_id: Any, form: str, step: Step, done: str) -> Answer:
    """Make the move in one transaction. A refusal shows the page again with what was typed."""
    who = door.principal()
    try:
        with door.desk().writing(who) as context:
            step(context, CaseRef(str(case_id), door.form_version()))
    except (InvalidRequest, NotAllowed, StateConflict, StaleVersion) as error:
        refusal = Refusal(error, request.form.to_dict(), form)
        return case_page(str(case_id), refusal), error.status
    flash(done)
    return door.see("console.case", case_id=case_id)


@blueprint.post("/cases/<uuid:case_id>/assign")
def assign_case(case_id: Any) -> Answer:
    """Put the case on somebody's desk."""
    to = form_text("assigned_to") or None
    return _take(case_id, "assign", lambda c, ref: assign(c, ref, to), "The case is assigned.")


@blueprint.post("/cases/<uuid:case_id>/note")
def note_case(case_id: Any) -> Answer:
    """Write something down."""
    text = form_text("text")
    return _take(case_id, "note", lambda c, ref: note(c, ref, text), "The note is kept.")


@blueprint.post("/cases/<uuid:case_id>/deliberation")
def save_deliberation(case_id: Any) -> Answer:
    """Save a version of the deliberation."""
    answers = {field.name: form_text(field.name) for field in FIELDS}
    return _take(
        case_id,
        "deliberation",
        lambda c, ref: deliberate(c, ref, answers),
        "The deliberation is saved as a new version.",
    )


@blueprint.post("/cases/<uuid:case_id>/consultation")
def ask_consultant(case_id: Any) -> Answer:
    """Put the case to a consultant."""
    whom, question = form_text("consultant_id"), form_text("question")
    return _take(
        case_id,
        "consultation",
        lambda c, ref: put_to_consultant(c, ref, whom, question),
        "The case is put to the consultant.",
    )


@blueprint.post("/cases/<uuid:case_id>/advice")
def give_advice(case_id: Any) -> Answer:
    """The consultant's answer."""
    advice = form_text("advice")
    return _take(
        case_id,
        "advice",
        lambda c, ref: answer_consultation(c, ref, advice),
        "Your advice is recorded.",
    )


@blueprint.post("/cases/<uuid:case_id>/disposition")
def dispose_case(case_id: Any) -> Answer:
    """Decide the case, or ask a second person for an override."""

    def step(context: Context, ref: CaseRef) -> None:
        dispose(context, ref, _disposition())

    return _take(case_id, "disposition", step, "The decision is recorded.")


def _disposition() -> Disposition:
    allowed = tuple(kind.value for kind in DispositionKind)
    word = form_text("disposition")
    if word not in allowed:
        said = "Choose one of the decisions."
        raise InvalidRequest(errors=[FieldError("/disposition", said, allowed)])
    return Disposition(
        kind=DispositionKind(word),
        reason=form_text("reason"),
        conditions=tuple(form_text("conditions").splitlines()),
        valid_until=door.form_day("valid_until"),
    )


@blueprint.post("/cases/<uuid:case_id>/override")
def decide_override(case_id: Any) -> Answer:
    """The second person approves or refuses."""
    reason = form_text("reason")
    if form_text("verdict") == "approve":
        return _take(
            case_id,
            "override",
            lambda c, ref: approve_override(c, ref, reason),
            "The override is approved; the case is closed.",
        )
    return _take(
        case_id,
        "override",
        lambda c, ref: refuse_override(c, ref, reason),
        "The override is refused; the case is open again.",
    )
