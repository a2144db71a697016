"""Ask ahead: a clinician's own previews, and the little that officers see of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from policy_service.console import door, preview_words
from policy_service.console.door import READERS, Refusal, blueprint, form_text
from policy_service.console.preview_drawing import draw
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.care import CareSpell
from policy_service.domain.dates import PartialDate
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import ActingUser, Role
from policy_service.errors import FieldError, InvalidRequest, ServiceError
from policy_service.policy.preview_words import render_preview
from policy_service.services.case_queue import names_of
from policy_service.services.context import Context
from policy_service.services.own_care import own_clients
from policy_service.services.own_page import own_clinician
from policy_service.services.packs import packs_named
from policy_service.services.preview_reading import (
    count_previews,
    open_own_preview,
    open_shared_preview,
    own_previews,
    share_preview,
    shared_previews,
)
from policy_service.services.previews import PreviewDoor, PreviewRequest, Render, run_preview
from policy_service.services.stored_responses import Response

Answer = AnyResponse | tuple[str, int]
NOBODY = "nobody"
"""Chosen in place of a client: the question is hypothetical."""
_FIELDS = {"/client/id": "/client", "/contemplated/on": "/on", "/acting_user": "/client"}
_AT_THE_CONSOLE = ActingUser()


@blueprint.get("/ask-ahead")
def ask_ahead() -> str:
    """The form, and what was asked before."""
    return ask_page(None)


def ask_page(refusal: Refusal | None) -> str:
    """The form, as it was typed where it was refused."""
    who = door.principal(Role.CLINICIAN)
    with door.desk().reading(who) as context:
        clinician_id = own_clinician(context)
        return door.page(
            "ask_ahead.html",
            clients=own_clients(context, clinician_id),
            asked=own_previews(context, clinician_id, _AT_THE_CONSOLE, _render()),
            kinds=list(Contemplated),
            nobody=NOBODY,
            today=context.today.isoformat(),
            pw=preview_words,
            refusal=refusal,
        )


@blueprint.post("/ask-ahead")
def take_question() -> Answer:
    """Ask, record, and show the answer."""
    who = door.principal(Role.CLINICIAN)
    made: list[str] = []

    def respond(_body: dict[str, Any], preview_id: str) -> Response:
        made.append(preview_id)
        return Response(201, b"")

    try:
        with door.desk().reading(who) as context:
            asked = _request(own_clinician(context))
        run_preview(door.desk(), who, asked, PreviewDoor(_render(), respond))
    except InvalidRequest as error:
        return ask_page(Refusal(_on_the_form(error), request.form.to_dict(), "ask")), error.status
    return door.see("console.own_preview", preview_id=made[-1])


def _request(clinician_id: str) -> PreviewRequest:
    client = form_text("client")
    if not client:
        said = "Choose a person, or ask about nobody in particular."
        raise InvalidRequest(errors=[FieldError("/client", said)])
    return PreviewRequest(
        clinician_id=clinician_id,
        kind=_kind(form_text("kind")),
        on=door.form_day("on"),
        client_id=None if client == NOBODY else client,
        stated=_stated() if client == NOBODY else None,
    )


def _kind(word: str) -> Contemplated:
    try:
        return Contemplated(word)
    except ValueError:
        error = FieldError("/kind", "Choose what you think about.", tuple(Contemplated))
        raise InvalidRequest(errors=[error]) from None


def _stated() -> CareSpell:
    """A care that is imagined; what is left empty is not known."""
    status = form_text("client_status")
    if status not in preview_words.STATUSES:
        said = "Choose whether the imagined person is in your care."
        raise InvalidRequest(errors=[FieldError("/client_status", said)])
    if status == "current":
        return CareSpell(began_on=None, is_open=True)
    ended, contact = _partial("ended_on"), _partial("last_contact_on")
    reason = form_text("termination_reason")
    return CareSpell(
        began_on=None,
        is_open=False,
        last_contact_on=contact,
        relationship_ended_on=ended,
        terminated_on=ended,
        termination_reason=reason if reason in preview_words.REASONS else None,
    )


def _partial(name: str) -> PartialDate | None:
    text = form_text(name).strip()
    try:
        when = PartialDate(text) if text else None
    except ValueError:
        said = "A date such as 2024, 2024-05 or 2024-05-31 is required."
        raise InvalidRequest(errors=[FieldError(f"/{name}", said)]) from None
    if when is not None and when.first > date.fromisoformat(_today()):
        raise InvalidRequest(errors=[FieldError(f"/{name}", "This day has not come yet.")])
    return when


def _today() -> str:
    return door.desk().clock().date().isoformat()


def _on_the_form(error: ServiceError) -> InvalidRequest:
    """The same refusal, pointing at the fields of the form."""
    return InvalidRequest(
        errors=[
            FieldError(_FIELDS.get(one.pointer, one.pointer), one.detail, one.allowed)
            for one in error.errors
        ]
    )


@blueprint.get("/ask-ahead/<uuid:preview_id>")
def own_preview(preview_id: Any) -> str:
    """An answer, for the clinician who asked."""
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        answer = open_own_preview(context, str(preview_id), _AT_THE_CONSOLE, _render())
        return _page(context, answer, is_own=True)


@blueprint.post("/ask-ahead/<uuid:preview_id>/share")
def take_share(preview_id: Any) -> Answer:
    """Let officers read it."""
    with door.desk().writing(door.principal(Role.CLINICIAN)) as context:
        share_preview(context, str(preview_id), _AT_THE_CONSOLE, _render())
    flash("Shared. Compliance officers can read this answer now.")
    return door.see("console.own_preview", preview_id=preview_id)


@blueprint.get("/previews")
def previews_made() -> str:
    """How many, by clinician and month, and what clinicians shared."""
    with door.desk().writing(door.principal(*READERS)) as context:
        counts = count_previews(context, _AT_THE_CONSOLE)
        shared = shared_previews(context, _AT_THE_CONSOLE, _render())
        named = {one.clinician_id for one in counts} | {one.clinician_id for one in shared}
        names = names_of(context, ClinicianRow, named)
        return door.page(
            "previews_made.html", counts=counts, shared=shared, names=names, pw=preview_words
        )


@blueprint.get("/previews/<uuid:preview_id>")
def shared_preview(preview_id: Any) -> str:
    """An answer that its clinician shared. The reading is logged."""
    with door.desk().writing(door.principal(*READERS)) as context:
        answer = open_shared_preview(context, str(preview_id), _AT_THE_CONSOLE, _render())
        return _page(context, answer, is_own=False)


def _page(context: Context, answer: PreviewAnswer, *, is_own: bool) -> str:
    body = answer.full
    today = date.fromisoformat(body["as_of"])
    client = body["client_id"]
    names = names_of(context, ClientRow, {client}) if client else {}
    clinicians = names_of(context, ClinicianRow, {answer.clinician_id})
    return door.page(
        "preview.html",
        answer=answer,
        a=body,
        client=names.get(client, "erased") if client else None,
        clinician=clinicians[answer.clinician_id],
        drawing=draw(body["codes"], "periods", today),
        later=draw(body["codes"], "after_care", today),
        silent=[code for code in body["codes"] if _is_silent(code)],
        pw=preview_words,
        is_own=is_own,
        back=url_for("console.ask_ahead" if is_own else "console.previews_made"),
    )


def _is_silent(code: dict[str, Any]) -> bool:
    """A code that says nothing of the tie, ever, and of nothing that it closes."""
    periods = (*code["periods"], *code["after_care"])
    spoke = any(p["could_become"] != "no_finding" for p in periods)
    return not spoke and code["closes"] == "no_rule_matched"


def _render() -> Render:
    desk, who = door.desk(), door.principal()
    return lambda body: render_preview(packs_named(desk, who, body), body)
