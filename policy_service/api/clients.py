"""/v1/clients: register, read, correct, merge, split."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.clients import (
    ClientFormSchema,
    ClientPageSchema,
    ClientSchema,
    MergeSchema,
)
from policy_service.api.schemas.clinicians import PersonFormSchema
from policy_service.api.schemas.lists import PageQuerySchema, ReasonSchema
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Scope
from policy_service.services import stored_responses
from policy_service.services.clients import (
    correct_client,
    merge_clients,
    register_client,
    split_client,
)
from policy_service.services.context import Context
from policy_service.services.paging import Window, page_of
from policy_service.services.parties import client_row

blueprint = Blueprint("clients", __name__, url_prefix="/v1/clients", description="Clients")


@blueprint.post("")
@blueprint.arguments(ClientFormSchema)
@blueprint.response(201, ClientSchema)
def register(asked: dict[str, Any]) -> Response:
    """Register a client."""

    def change(context: Context) -> stored_responses.Response:
        made = register_client(context, asked["person"], asked.get("external_id"))
        shown = shapes.client(context, client_row(context, made))
        return changes.made(f"/v1/clients/{made}", shown)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("")
@blueprint.arguments(PageQuerySchema, **door.QUERY)
@blueprint.response(200, ClientPageSchema)
def list_clients(query: dict[str, Any]) -> dict[str, Any]:
    """Clients, a page at a time."""
    window = Window(query.get("cursor"), query["limit"], query.get("external_id"))
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        page = page_of(context, ClientRow, window)
    return {"items": [shapes.client_line(row) for row in page.rows], "next_cursor": page.next}


@blueprint.get("/<uuid:client_id>")
@blueprint.response(200, ClientSchema)
def read(client_id: UUID) -> dict[str, Any]:
    """A client; a merged profile stays readable."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return shapes.client(context, client_row(context, str(client_id)))


@blueprint.put("/<uuid:client_id>")
@blueprint.arguments(PersonFormSchema)
@blueprint.response(200, ClientSchema)
def correct(asked: dict[str, Any], client_id: UUID) -> Response:
    """Put a corrected record in place."""

    def change(context: Context) -> stored_responses.Response:
        correct_client(context, str(client_id), asked["person"])
        return _shown(context, str(client_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/<uuid:client_id>/merge")
@blueprint.arguments(MergeSchema)
@blueprint.response(200, ClientSchema)
def merge(asked: dict[str, Any], client_id: UUID) -> Response:
    """This client is a duplicate: it stands for the other from now on."""

    def change(context: Context) -> stored_responses.Response:
        merge_clients(context, str(client_id), asked["into"], asked["reason"])
        return _shown(context, str(client_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/<uuid:client_id>/split")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, ClientSchema)
def split(asked: dict[str, Any], client_id: UUID) -> Response:
    """Undo the merge: two clients again."""

    def change(context: Context) -> stored_responses.Response:
        split_client(context, str(client_id), asked["reason"])
        return _shown(context, str(client_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


def _shown(context: Context, client_id: str) -> stored_responses.Response:
    context.session.expire_all()  # versions are raised by statement
    return changes.changed(shapes.client(context, client_row(context, client_id)))
