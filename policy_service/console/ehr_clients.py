"""EHR clients: registered, their keys rotated, withdrawn. For officers and administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import current_app, flash, request
from werkzeug.wrappers import Response

from policy_service.auth.client_forms import ClientForm
from policy_service.auth.registration import (
    issuers_in_use,
    keys_in_use,
    register_client,
    rotate_keys,
    withdraw_client,
    withdraw_key,
)
from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.domain.principals import Role, Scope
from policy_service.errors import Conflict, FieldError, InvalidRequest
from policy_service.services.ehr_clients import ehr_client, ehr_clients
from policy_service.settings import Settings

Answer = Response | tuple[str, int]
KEEPERS = (Role.COMPLIANCE, Role.ADMIN)
_USUAL_OVERLAP = "7"


@blueprint.get("/ehr-clients", endpoint="ehr_clients")
def clients() -> str:
    """All EHR clients, and the form for a new one."""
    return _list(None)


def _list(refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(*KEEPERS)) as context:
        held = request.form.getlist("scopes") if refusal else [Scope.DECISION_BRIEF.value]
        return door.page(
            "ehr_clients.html",
            refusal=refusal,
            rows=ehr_clients(context),
            scopes=[scope.value for scope in Scope],
            held=held,
            addresses=_addresses(),
        )


def _addresses() -> list[tuple[str, str]]:
    """What whoever sets up the EHR must be told of us."""
    settings: Settings = current_app.extensions["policy_service_settings"]
    base = settings.public_base_url
    return [
        ("CDS Hooks discovery", f"{base}/cds-services"),
        ("FHIR base", f"{base}/fhir"),
        ("Token endpoint (SMART Backend Services)", f"{base}/token"),
        ("SMART configuration", f"{base}/.well-known/smart-configuration"),
        ("Audience of signed tokens", base),
    ]


@blueprint.post("/ehr-clients", endpoint="register_ehr_client")
def register() -> Answer:
    """Register a client; its page then shows the id it asks for tokens with."""
    who = door.principal(*KEEPERS)
    try:
        with door.desk().writing(who) as context:
            client_id = register_client(context, door.desk().outbound, _form())
    except (InvalidRequest, Conflict) as error:
        return _list(Refusal(error, request.form, "ehr_client")), error.status
    flash("The EHR client is registered.")
    return door.see("console.ehr_client", client_id=client_id)


def _form() -> ClientForm:
    return ClientForm(
        name=form_text("name"),
        scopes=_scopes(),
        issuer=form_text("issuer").strip(),
        tenant=form_text("tenant").strip(),
        jwks=form_text("jwks"),
        jwks_url=form_text("jwks_url").strip(),
        origins=tuple(form_text("origins").split()),
    )


def _scopes() -> frozenset[Scope]:
    allowed = tuple(scope.value for scope in Scope)
    words = request.form.getlist("scopes")
    if not set(words) <= set(allowed):
        raise InvalidRequest(errors=[FieldError("/scopes", "Another word is required.", allowed)])
    return frozenset(Scope(word) for word in words)


@blueprint.get("/ehr-clients/<uuid:client_id>", endpoint="ehr_client")
def client(client_id: Any) -> str:
    """One client: how it proves itself, and what it may do."""
    return _one(str(client_id), None)


def _one(client_id: str, refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(*KEEPERS)) as context:
        return door.page(
            "ehr_client.html",
            refusal=refusal,
            row=ehr_client(context, client_id),
            issuers=issuers_in_use(context, client_id),
            keys=keys_in_use(context, client_id),
            overlap=_USUAL_OVERLAP,
            addresses=_addresses(),
            now=context.now,
        )


@blueprint.post("/ehr-clients/<uuid:client_id>/keys", endpoint="rotate_ehr_keys")
def rotate(client_id: Any) -> Answer:
    """Bring in new keys; those before stay good for the overlap."""
    who = door.principal(*KEEPERS)
    try:
        with door.desk().writing(who) as context:
            rotate_keys(context, str(client_id), form_text("jwks"), _overlap())
    except InvalidRequest as error:
        return _one(str(client_id), Refusal(error, request.form, "keys")), error.status
    flash("The new keys are good from now on.")
    return door.see("console.ehr_client", client_id=client_id)


def _overlap() -> timedelta:
    text = form_text("overlap_days").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        said = "A whole number of days is required."
        raise InvalidRequest(errors=[FieldError("/overlap_days", said)])
    return timedelta(days=int(text))


@blueprint.post(
    "/ehr-clients/<uuid:client_id>/keys/<uuid:key_id>/withdraw", endpoint="withdraw_ehr_key"
)
def end_key(client_id: Any, key_id: Any) -> Answer:
    """End one key now."""
    with door.desk().writing(door.principal(*KEEPERS)) as context:
        withdraw_key(context, str(client_id), str(key_id))
    flash("The key is withdrawn; the access tokens got by it have ended.")
    return door.see("console.ehr_client", client_id=client_id)


@blueprint.post("/ehr-clients/<uuid:client_id>/withdraw", endpoint="withdraw_ehr_client")
def end_client(client_id: Any) -> Answer:
    """End a client and every credential of it."""
    with door.desk().writing(door.principal(*KEEPERS)) as context:
        withdraw_client(context, str(client_id))
    flash("The EHR client is withdrawn.")
    return door.see("console.ehr_clients")
