"""Duties for officers: what is due, for whom, what proves it, and what happened meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.audit.log import Owned
from policy_service.console import door
from policy_service.console.door import OFFICERS, READERS, Refusal, blueprint, form_text
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.audiences import Audience, redact_duty
from policy_service.domain.duties import Owner, Proof
from policy_service.domain.duty_specs import ATTEST
from policy_service.domain.principals import ActingUser, Role
from policy_service.errors import (
    FieldError,
    InvalidRequest,
    NotAllowed,
    ServiceError,
    StateConflict,
)
from policy_service.services.case_queue import names_of
from policy_service.services.context import Context
from policy_service.services.duty_files import (
    ANY_OPEN,
    STATES,
    DutyFilter,
    Viewer,
    duty_in_full,
    duty_line,
    find_duty,
    list_duties,
    viewer_of,
)
from policy_service.services.duty_proofs import prove, say_not_applicable
from policy_service.services.logins import logins
from policy_service.services.packs import rule_wording

Answer = Response | tuple[str, int]
NOBODY = ActingUser()
PAGE = 50


@blueprint.get("/duties")
def duties() -> str:
    """Duties by due date: those that are late stand first."""
    who = door.principal(*READERS)
    wanted = _filter()
    with door.desk().writing(who) as context:
        found = list_duties(context, viewer_of(who, NOBODY), wanted)
        said = {"state": wanted.state, "duties": [row.id for row in found.rows]}
        context.log("duty.listed", {"query": Owned(said)})
        words = rule_wording(door.desk(), context)
        return door.page(
            "duties.html",
            duties=[duty_line(context, row, words) for row in found.rows],
            next=found.next,
            wanted=wanted,
            states=STATES,
            owners=[owner.value for owner in Owner],
            today=context.today,
            **names(context, list(found.rows)),
        )


def _filter() -> DutyFilter:
    given = request.args
    owner = given.get("owner", "")
    if owner and owner not in tuple(Owner):
        refused = FieldError("/query/owner", "This word is not allowed.", tuple(Owner))
        raise InvalidRequest(errors=[refused])
    return DutyFilter(
        state=given.get("state") or ANY_OPEN,
        owner=owner,
        due_before=door.query_day("due_before"),
        after=_cursor(given.get("after", "")),
        limit=PAGE,
    )


def _cursor(text: str) -> str:
    """An id, or nothing. InvalidRequest for anything else."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        refused = FieldError("/query/after", "Use the link of the page before.")
        raise InvalidRequest(errors=[refused]) from None


def own_lines(context: Context, rows: Sequence[DutyRow]) -> list[dict[str, Any]]:
    """Duties as the clinician who owes them is shown them."""
    words = rule_wording(door.desk(), context)
    lines = (duty_line(context, row, words) for row in rows)
    return [redact_duty(line, Audience.TREATING_CLINICIAN) for line in lines]


def names(context: Context, rows: list[DutyRow]) -> dict[str, dict[str, str]]:
    """Names of the clinicians and clients of these duties."""
    clinicians = {row.clinician_id for row in rows if row.clinician_id}
    clients = {row.client_id for row in rows if row.client_id}
    return {
        "clinicians": names_of(context, ClinicianRow, clinicians),
        "clients": names_of(context, ClientRow, clients),
    }


@blueprint.get("/duties/<uuid:duty_id>")
def duty(duty_id: Any) -> str:
    """One duty with its history and the forms that close it."""
    return _duty_page(str(duty_id), None)


def _duty_page(duty_id: str, refusal: Refusal | None) -> str:
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        context.log("duty.read", {"duty": Owned({"duty": duty_id})})
        return duty_page(context, viewer_of(who, NOBODY), duty_id, refusal)


def duty_page(context: Context, viewer: Viewer, duty_id: str, refusal: Refusal | None) -> str:
    """The page of a duty as this viewer may see it."""
    row = find_duty(context, viewer, duty_id)
    words = rule_wording(door.desk(), context)
    full = redact_duty(duty_in_full(context, row, words), viewer.audience)
    return door.page(
        "duty.html",
        duty=full,
        may=_may(row, viewer),
        is_own=not viewer.sees_all,
        people={f"account:{one.id}": one.name for one in logins(context)},
        refusal=refusal,
        today=context.today,
        **names(context, [row]),
    )


def _may(row: DutyRow, viewer: Viewer) -> dict[str, bool]:
    """Which forms to offer. The services decide; this only spares people what would be refused."""
    who = door.principal()
    is_open = row.closed_at is None
    is_subject = row.clinician_id is not None and row.clinician_id == who.clinician_id
    as_officer = viewer.sees_all and who.has(*OFFICERS)
    settles = as_officer and not (row.owner == Owner.PRACTICE and is_subject)
    return {
        "prove": is_open and row.kind != ATTEST and (settles or not viewer.sees_all),
        "attest": is_open and row.kind == ATTEST and not viewer.sees_all,
        "judge": is_open and viewer.sees_all and who.has(Role.COMPLIANCE) and not is_subject,
        "is_subject": viewer.sees_all and is_subject,
    }


@blueprint.post("/duties/<uuid:duty_id>/proof")
def take_duty_proof(duty_id: Any) -> Answer:
    """An officer proves a duty."""
    return _take(
        str(duty_id),
        "proof",
        lambda context: prove(context, NOBODY, str(duty_id), proof_of_form()),
        "The duty is done. Its proof is kept.",
    )


@blueprint.post("/duties/<uuid:duty_id>/not-applicable")
def take_duty_not_applicable(duty_id: Any) -> Answer:
    """An officer says why a duty does not apply."""
    reason = form_text("reason")
    return _take(
        str(duty_id),
        "not_applicable",
        lambda context: say_not_applicable(context, NOBODY, str(duty_id), reason),
        "The duty is closed: it does not apply. The reason is kept.",
    )


def _take(duty_id: str, form: str, step: Callable[[Context], object], done: str) -> Answer:
    try:
        with door.desk().writing(door.principal(*OFFICERS)) as context:
            step(context)
    except (InvalidRequest, NotAllowed, StateConflict) as error:
        return _duty_page(duty_id, refusal_of(error, form)), error.status
    flash(done)
    return door.see("console.duties")


def refusal_of(error: ServiceError, form: str) -> Refusal:
    """The refusal with what was typed."""
    return Refusal(error, request.form.to_dict(), form)


def proof_of_form() -> Proof:
    """The proof as typed. InvalidRequest where the day is missing or is none."""
    done_on = door.form_day("done_on")
    if done_on is None:
        raise InvalidRequest(errors=[FieldError("/done_on", "The day it was done is required.")])
    next_on: date | None = door.form_day("next_on")
    return Proof(done_on, form_text("note"), form_text("reference"), next_on)
