"""Webhooks, for administrators: whom we tell, and how it went; who tells us, and what arrived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text, form_version
from policy_service.domain.notices import TOLD, Detail
from policy_service.domain.principals import Role
from policy_service.errors import ServiceError
from policy_service.services.context import Context
from policy_service.services.webhooks import delivery_lists as lists
from policy_service.services.webhooks import endpoints as told
from policy_service.services.webhooks.sources import Reads, sources

Answer = Response | str | tuple[str, int]


@blueprint.get("/webhooks")
def webhooks() -> str:
    """Endpoints and sources."""
    with door.desk().reading(door.principal(Role.ADMIN)) as context:
        return door.page(
            "webhooks.html", endpoints=told.endpoints(context), sources=sources(context)
        )


@blueprint.get("/webhooks/endpoints/new")
def new_webhook_endpoint() -> str:
    """The form that adds one."""
    return new_page("endpoint", None)


def new_page(what: str, refusal: Refusal | None) -> str:
    """The form for an endpoint or a source; with a refusal, as it was typed."""
    door.principal(Role.ADMIN)
    typed = request.form.getlist("kinds")
    return door.page("webhook_new.html", what=what, refusal=refusal, typed_kinds=typed, **choices())


def choices() -> dict[str, Any]:
    """What the forms offer."""
    return {
        "kinds": [kind.value for kind in TOLD],
        "details": [word.value for word in Detail],
        "ways": [word.value for word in Reads],
    }


@blueprint.post("/webhooks/endpoints")
def add_webhook_endpoint() -> Answer:
    """Add one and show its secret, this once."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            made, secret = told.add_endpoint(context, door.desk().outbound, _form())
    except ServiceError as error:
        refusal = Refusal(error, request.form.to_dict(), "endpoint")
        return new_page("endpoint", refusal), error.status
    return secret_page(secret, "console.webhook_endpoint", endpoint_id=made), 201


def secret_page(secret: str, onwards: str, **where: str) -> str:
    """The secret, which no page shows again."""
    return door.page("webhook_secret.html", secret=secret, onwards=onwards, where=where)


def _form() -> told.EndpointForm:
    kinds = tuple(request.form.getlist("kinds"))
    detail = form_text("tells") or Detail.BRIEF.value
    if detail == Detail.BRIEF:
        kinds = ()  # the boxes are for full endpoints
    return told.EndpointForm(form_text("name"), form_text("url").strip(), detail, kinds)


@blueprint.get("/webhooks/endpoints/<uuid:endpoint_id>")
def webhook_endpoint(endpoint_id: Any) -> str:
    """One endpoint with its deliveries."""
    return _endpoint_page(str(endpoint_id), None)


def _endpoint_page(endpoint_id: str, refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(Role.ADMIN)) as context:
        after = request.args.get("after")
        page, follow = lists.deliveries(context, endpoint_id, after)
        return door.page(
            "webhook_endpoint.html",
            endpoint=told.endpoint(context, endpoint_id),
            deliveries=page,
            next=follow,
            now=context.now,
            refusal=refusal,
            typed_kinds=request.form.getlist("kinds"),
            **choices(),
        )


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>")
def change_webhook_endpoint(endpoint_id: Any) -> Answer:
    """Name, address, and what it is told."""
    who = door.principal(Role.ADMIN)
    try:
        with door.desk().writing(who) as context:
            at = (str(endpoint_id), form_version())
            told.change_endpoint(context, door.desk().outbound, *at, _form())
    except ServiceError as error:
        refusal = Refusal(error, request.form.to_dict(), "endpoint")
        return _endpoint_page(str(endpoint_id), refusal), error.status
    flash("The endpoint is changed.")
    return door.see("console.webhook_endpoint", endpoint_id=endpoint_id)


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/secret")
def rotate_webhook_secret(endpoint_id: Any) -> Answer:
    """A new secret, shown this once."""
    with door.desk().writing(door.principal(Role.ADMIN)) as context:
        secret = told.rotate_secret(context, str(endpoint_id))
    return secret_page(secret, "console.webhook_endpoint", endpoint_id=str(endpoint_id)), 201


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/ping")
def ping_webhook(endpoint_id: Any) -> Answer:
    """Send a test."""
    said = "The test is on its way. Look at the deliveries in a moment."
    return _step(str(endpoint_id), lists.ping, said)


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/pause")
def pause_webhook(endpoint_id: Any) -> Answer:
    """Send nothing for now."""
    said = "The endpoint is paused. What happens is held for it."
    return _step(str(endpoint_id), told.pause_by_hand, said)


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/resume")
def resume_webhook(endpoint_id: Any) -> Answer:
    """Send again, what was held first."""
    return _step(str(endpoint_id), lists.resume, "The endpoint is told again.")


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/replay")
def replay_dead_webhooks(endpoint_id: Any) -> Answer:
    """Send everything that was given up."""
    return _step(str(endpoint_id), lists.replay_dead, "What was given up is sent again.")


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/deliveries/<uuid:delivery_id>")
def replay_webhook(endpoint_id: Any, delivery_id: Any) -> Answer:
    """Send one again."""

    def again(context: Context, _endpoint_id: str) -> None:
        lists.replay(context, str(delivery_id))

    return _step(str(endpoint_id), again, "It is sent again.")


@blueprint.post("/webhooks/endpoints/<uuid:endpoint_id>/remove")
def remove_webhook(endpoint_id: Any) -> Answer:
    """Tell it nothing any more."""
    with door.desk().writing(door.principal(Role.ADMIN)) as context:
        told.remove_endpoint(context, str(endpoint_id))
    flash("The endpoint is removed; its address and secrets are destroyed.")
    return door.see("console.webhooks")


def _step(endpoint_id: str, step: Callable[[Context, str], object], said: str) -> Answer:
    try:
        with door.desk().writing(door.principal(Role.ADMIN)) as context:
            step(context, endpoint_id)
    except ServiceError as error:
        if error.status == 404:
            raise
        refusal = Refusal(error, {}, "step")
        return _endpoint_page(endpoint_id, refusal), error.status
    flash(said)
    return door.see("console.webhook_endpoint", endpoint_id=endpoint_id)
