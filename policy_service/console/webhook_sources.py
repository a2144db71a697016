"""Sources of webhooks, for administrators: who may send us some, and what became of each."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.console.webhooks import Answer, choices, new_page, secret_page
from policy_service.domain.principals import Role
from policy_service.errors import ServiceError
from policy_service.services.webhooks.arrivals import arrivals, replay_arrival
from policy_service.services.webhooks.sources import (
    SourceForm,
    add_source,
    change_source,
    remove_source,
    rotate_source_secret,
    source,
)
from policy_service.settings import Settings


@blueprint.get("/webhooks/sources/new")
def new_webhook_source() -> str:
    """The form that adds one."""
    return new_page("source", None)


@blueprint.post("/webhooks/sources")
def add_webhook_source() -> Answer:
    """Add one and show its secret, this once."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            made, secret = add_source(context, door.desk().outbound, _form())
    except ServiceError as error:
        return new_page("source", Refusal(error, _typed(), "source")), error.status
    return secret_page(secret, "console.webhook_source", source_id=made), 201


def _form() -> SourceForm:
    return SourceForm(
        name=form_text("name"),
        reads=form_text("reads"),
        base_url=form_text("base_url").strip(),
        token=form_text("token").strip(),
        secret=form_text("secret"),
    )


def _typed() -> dict[str, str]:
    """What was typed comes back, but token and secret."""
    hidden = ("token", "secret")
    return {name: text for name, text in request.form.items() if name not in hidden}


@blueprint.get("/webhooks/sources/<uuid:source_id>")
def webhook_source(source_id: Any) -> str:
    """One source with what it sent."""
    return _source_page(str(source_id), None)


def _source_page(source_id: str, refusal: Refusal | None) -> str:
    settings: Settings = current_app.extensions["policy_service_settings"]
    with door.desk().reading(door.principal(Role.ADMIN)) as context:
        found = source(context, source_id)
        page, follow = arrivals(context, source_id, request.args.get("after"))
        return door.page(
            "webhook_source.html",
            source=found,
            address=f"{settings.public_base_url}/webhooks/in/{source_id}",
            arrivals=page,
            next=follow,
            now=context.now,
            refusal=refusal,
            **choices(),
        )


@blueprint.post("/webhooks/sources/<uuid:source_id>")
def change_webhook_source(source_id: Any) -> Answer:
    """Name, address and token; an empty token leaves the one that is there."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            change_source(context, door.desk().outbound, str(source_id), _form())
    except ServiceError as error:
        return _source_page(str(source_id), Refusal(error, _typed(), "source")), error.status
    flash("The source is changed.")
    return door.see("console.webhook_source", source_id=source_id)


@blueprint.post("/webhooks/sources/<uuid:source_id>/secret")
def rotate_webhook_source(source_id: Any) -> Answer:
    """A new secret, the EHR's or ours, shown this once."""
    try:
        with door.desk().writing(door.principal(Role.ADMIN)) as context:
            secret = rotate_source_secret(context, str(source_id), form_text("secret"))
    except ServiceError as error:
        if error.status == 404:
            raise
        return _source_page(str(source_id), Refusal(error, {}, "rotate")), error.status
    return secret_page(secret, "console.webhook_source", source_id=str(source_id)), 201


@blueprint.post("/webhooks/sources/<uuid:source_id>/arrivals/<uuid:arrival_id>")
def replay_webhook_arrival(source_id: Any, arrival_id: Any) -> Answer:
    """Read it back once more."""
    try:
        with door.desk().writing(door.principal(Role.ADMIN)) as context:
            replay_arrival(context, str(arrival_id))
    except ServiceError as error:
        if error.status == 404:
            raise
        return _source_page(str(source_id), Refusal(error, {}, "step")), error.status
    flash("It is read back again.")
    return door.see("console.webhook_source", source_id=source_id)


@blueprint.post("/webhooks/sources/<uuid:source_id>/remove")
def remove_webhook_source(source_id: Any) -> Response:
    """Believe it no more."""
    with door.desk().writing(door.principal(Role.ADMIN)) as context:
        remove_source(context, str(source_id))
    flash("The source is removed; its secrets and its token are destroyed.")
    return door.see("console.webhooks")
