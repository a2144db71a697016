"""Releases: what was given to somebody outside, by client; and the form to export for them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Response as FlaskResponse
from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.audit_log import (
    actor_names,
    as_file,
    entry_filter,
    typed_filter,
)
from policy_service.console.door import OFFICERS, READERS, Refusal, blueprint, form_text, query_day
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.errors import FieldError, InvalidRequest, ServiceError
from policy_service.services.audit_exports import ExportOrder, Form, fetch_export, order_export
from policy_service.services.audit_streams import place_pending
from policy_service.services.releases import ReleaseFilter, accounting_file, list_releases

Answer = Response | tuple[str, int]


@blueprint.get("/releases")
def releases() -> str:
    """What was released, the newest first: of one client, or at all."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        lines, follow = list_releases(context, _filter())
        people = actor_names(context)
    return door.page(
        "releases.html",
        lines=lines,
        next=follow,
        people=people,
        asked=_typed(),
        may_release=who.has(*OFFICERS),
    )


def _filter() -> ReleaseFilter:
    first, last = query_day("first_day"), query_day("last_day")
    return ReleaseFilter(
        subject=request.args.get("subject", "").strip() or None,
        since=datetime.combine(first, time(), UTC) if first else None,
        until=datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None,
        after=request.args.get("after") or None,
    )


def _typed() -> dict[str, str]:
    names = ("subject", "first_day", "last_day")
    return {name: text for name in names if (text := request.args.get(name, "").strip())}


@blueprint.get("/releases.csv")
def accounting() -> FlaskResponse:
    """The accounting of disclosures as a file, for the client who asked for it."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        text = accounting_file(context, _filter())
    response = FlaskResponse(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="accounting-of-disclosures.csv"'
    return response


@blueprint.get("/releases/new")
def new_release() -> str:
    """To whom, and what for: asked before anything leaves the practice."""
    door.principal(*OFFICERS)
    return _release_form(None)


def _release_form(refusal: Refusal | None) -> str:
    return door.page(
        "release_new.html",
        refusal=refusal,
        kinds=list(RecipientKind),
        asked=typed_filter(),
    )


@blueprint.post("/releases/new")
def make_release() -> Answer:
    """Record the release, then offer the file."""
    who = door.principal(*OFFICERS)
    place_pending(door.desk(), who)
    try:
        with door.desk().writing(who) as context:
            release_id = order_export(context, _order())
    except ServiceError as error:
        return _release_form(Refusal(error, request.form.to_dict(), "release")), error.status
    flash("The release is recorded. Save the file, and send it to the recipient.")
    return door.see("console.releases", made=release_id)


def _order() -> ExportOrder:
    kind, form = form_text("kind"), form_text("format")
    if kind not in list(RecipientKind):
        raise InvalidRequest(errors=[FieldError("/kind", "Choose who receives.")])
    if form not in list(Form):
        raise InvalidRequest(errors=[FieldError("/format", "Choose a format.")])
    recipient = Recipient(
        RecipientKind(kind), form_text("recipient/name"), form_text("recipient/address").strip()
    )
    return ExportOrder(entry_filter(), Form(form), recipient, form_text("purpose"))


@blueprint.get("/releases/<uuid:release_id>/entries")
def released_entries(release_id: Any) -> FlaskResponse:
    """What was released, the same whenever it is fetched. Fetching it is an entry."""
    return as_file(fetch_export(door.desk(), door.principal(*OFFICERS), str(release_id)))
