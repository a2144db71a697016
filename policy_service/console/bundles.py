"""The form for an evidence bundle; its answer is the zip, to be saved and handed over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Response as FlaskResponse
from flask import request

from policy_service.audit.reading import head
from policy_service.console import door
from policy_service.console.audit_log import entry_filter, typed_filter
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.domain.principals import Role
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.errors import FieldError, InvalidRequest, ServiceError
from policy_service.services.bundle_choice import Choice, Chosen, Matching, OfCase, Range
from policy_service.services.evidence_bundles import Bundle, BundleForm, make_bundle

Answer = FlaskResponse | tuple[str, int]
GROUPS: Mapping[str, str] = {
    "care": "Care: status, dates, purpose",
    "events": "Boundary events, gifts, loans",
    "accounts": "Social-media connections",
    "no_tie": "That no tie was stated, and when",
    "tie": "Each tie: kind, degree, state",
    "identity": "How the person was recognised",
    "request": "The question that was asked",
    "decision": "The decision with its findings",
    "shadow": "What shadow packs would have said",
}
"""The groups of a decision's entry, as a form says them."""
_HOW_MUCH = ("all", "some", "none")
_PLACE = re.compile(r"[0-9]{1,15}", re.ASCII)
_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)


@blueprint.get("/audit/bundles/new")
def new_bundle() -> str:
    """Which entries, what of them, for whom and what for: asked before anything leaves."""
    door.principal(Role.COMPLIANCE)
    return _form(None)


@blueprint.post("/audit/bundles/new")
def make_new_bundle() -> Answer:
    """The bundle as a file. Its making is an entry; to somebody outside it is a release as well."""
    who = door.principal(Role.COMPLIANCE)
    try:
        return bundle_file(make_bundle(door.desk(), who, _asked_for()))
    except ServiceError as error:
        return _form(Refusal(error, request.form.to_dict(), "bundle")), error.status


def bundle_file(made: Bundle) -> FlaskResponse:
    """A bundle to be saved."""
    response = FlaskResponse(made.content, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{made.file_name}"'
    return response


def _form(refusal: Refusal | None) -> str:
    who = door.principal(Role.COMPLIANCE)
    with door.desk().reading(who) as context:
        size = head(context.session, context.practice_id).size
    ticked = set(request.form.getlist("open")) if refusal else set(GROUPS)
    return door.page(
        "bundle_new.html",
        refusal=refusal,
        groups=GROUPS,
        ticked=ticked,
        how_much=form_text("how_much") or "all",
        kinds=list(RecipientKind),
        chosen=_chosen(),
        query=_query(),
        size=size,
    )


def _query() -> dict[str, str]:
    """What the address of the form chose, to be kept when it is sent."""
    picked = {name: request.args[name] for name in ("case", "entry") if request.args.get(name)}
    return picked or typed_filter()


def _chosen() -> str:
    """`case`, `entry` or `filters`; empty where a range is asked for."""
    query = _query()
    return next((name for name in ("case", "entry") if name in query), "filters" if query else "")


def _asked_for() -> BundleForm:
    return BundleForm(
        choice=_choice(),
        purpose=form_text("purpose"),
        groups=_groups(),
        recipient=_recipient(),
        previous=form_text("previous").replace("\r\n", "\n").lstrip() or None,
    )


def _choice() -> Choice:
    query = _query()
    for name in ("case", "entry"):
        if name in query and not _ID.fullmatch(query[name]):
            raise InvalidRequest(errors=[FieldError(f"/{name}", "This is no id.")])
    match _chosen():
        case "case":
            return OfCase(query["case"])
        case "entry":
            return Chosen((query["entry"],))
        case "filters":
            return Matching(entry_filter())
        case _:
            return Range(_place("first"), _place("last"))


def _place(name: str) -> int:
    text = form_text(name).strip()
    if not _PLACE.fullmatch(text):
        raise InvalidRequest(errors=[FieldError(f"/{name}", "A whole number is required.")])
    return int(text)


def _groups() -> frozenset[str] | None:
    how_much = form_text("how_much")
    if how_much not in _HOW_MUCH:
        raise InvalidRequest(errors=[FieldError("/how_much", "Choose what is opened.")])
    if how_much == "all":
        return None
    return frozenset(request.form.getlist("open") if how_much == "some" else ())


def _recipient() -> Recipient | None:
    kind, name = form_text("kind"), form_text("recipient/name").strip()
    if not kind and not name:
        return None
    if kind not in list(RecipientKind):
        raise InvalidRequest(errors=[FieldError("/kind", "Choose who receives.")])
    return Recipient(RecipientKind(kind), name, form_text("recipient/address").strip())
