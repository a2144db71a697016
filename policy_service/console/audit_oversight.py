"""What people do with the log: verify it, compare receipts with it, mark what they reviewed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.audit.receipts import Judgement, receipt_lines
from policy_service.console import door
from policy_service.console.audit_log import actor_names, log_page, stopped_page
from policy_service.console.door import READERS, Refusal, blueprint, form_text
from policy_service.errors import FieldError, InvalidRequest, LogContradicted, ServiceError
from policy_service.services.oversight import ask_for_check, mark_reviewed, read_check
from policy_service.services.receipts import reconcile_receipts

Answer = Response | tuple[str, int]


@blueprint.post("/audit/verify")
def verify_now() -> Response:
    """Have the whole log verified by the worker; at once where nothing can be recorded."""
    try:
        with door.desk().writing(door.principal(*READERS)) as context:
            check_id = ask_for_check(context)
    except LogContradicted as error:
        return stopped_page(error, verify=True)
    return door.see("console.log_check", check_id=check_id, watch=1)


@blueprint.get("/audit/checks/<uuid:check_id>")
def log_check(check_id: Any) -> Response:
    """How far a verification is, and what it found."""
    with door.desk().reading(door.principal(*READERS)) as context:
        check = read_check(context, str(check_id))
        people = actor_names(context)
    return door.watched_page(
        "log_check.html", is_moving=check.finished_at is None, check=check, people=people
    )


@blueprint.get("/audit/receipts")
def receipts() -> str:
    """The form to upload receipts that an EHR kept."""
    return _receipts_page(None)


def _receipts_page(refusal: Refusal | None, **found: Any) -> str:
    door.principal(*READERS)
    return door.page(
        "receipts.html",
        refusal=refusal,
        judgements=list(Judgement),
        most_bytes=door.most_bytes_of_an_upload(),
        **found,
    )


@blueprint.post("/audit/receipts")
def check_receipts() -> Answer:
    """Compare a file of receipts with the log; the answer is a page, for it changes nothing."""
    who = door.principal(*READERS)
    file = request.files.get("file")
    raw = file.read() if file else b""
    if not raw:
        error = InvalidRequest(errors=[FieldError("/file", "Choose a file that is not empty.")])
        return _receipts_page(Refusal(error, {}, "receipts")), error.status
    found = reconcile_receipts(door.desk(), who, receipt_lines(BytesIO(raw)))
    return _receipts_page(None, found=found), 200


@blueprint.post("/audit/reviews")
def mark_as_reviewed() -> Answer:
    """Record that a range of the log was examined."""
    who = door.principal(*READERS)
    try:
        with door.desk().writing(who) as context:
            mark_reviewed(context, _place("first"), _place("last"), form_text("note"))
    except ServiceError as error:
        return log_page(Refusal(error, request.form.to_dict(), "review")), error.status
    flash("Recorded: you reviewed these entries.")
    return door.see("console.audit_log")


def _place(name: str) -> int:
    text = form_text(name).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise InvalidRequest(errors=[FieldError(f"/{name}", "A whole number is required.")])
    return int(text)
