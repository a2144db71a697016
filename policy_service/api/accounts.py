"""/v1/clinicians/{id}/accounts, /v1/clients/{id}/accounts, /v1/accounts, /v1/connections."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.accounts import (
    AccountFormSchema,
    AccountKindSchema,
    AccountListSchema,
    AccountSchema,
    ConnectionFormSchema,
    ConnectionListSchema,
    ConnectionSchema,
    ConnectionStateSchema,
)
from policy_service.api.schemas.lists import ReasonSchema, RecordedSchema
from policy_service.database.tables.accounts import ConnectionRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.principals import Scope
from policy_service.services import accounts, stored_responses
from policy_service.services.accounts import AccountForm, ConnectionForm
from policy_service.services.context import Context
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.revisions import current

blueprint = Blueprint("accounts", __name__, url_prefix="/v1", description="Accounts")
_ACCOUNT = ("id", "platform", "handle", "kind")
_CONNECTION = ("id", "revision", "account_id", "direction", "state", "initiator", "since")


@blueprint.post("/clinicians/<uuid:clinician_id>/accounts")
@blueprint.arguments(AccountFormSchema)
@blueprint.response(201, AccountSchema)
def add_for_clinician(asked: dict[str, Any], clinician_id: UUID) -> Response:
    """The clinician has this account."""

    def change(context: Context) -> stored_responses.Response:
        return _add(context, clinician_row(context, str(clinician_id)).person_id, asked)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/clinicians/<uuid:clinician_id>/accounts")
@blueprint.response(200, AccountListSchema)
def list_for_clinician(clinician_id: UUID) -> dict[str, Any]:
    """The clinician's accounts."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return _list(context, clinician_row(context, str(clinician_id)).person_id)


@blueprint.post("/clients/<uuid:client_id>/accounts")
@blueprint.arguments(AccountFormSchema)
@blueprint.response(201, AccountSchema)
def add_for_client(asked: dict[str, Any], client_id: UUID) -> Response:
    """The client has this account."""

    def change(context: Context) -> stored_responses.Response:
        return _add(context, client_row(context, str(client_id)).person_id, asked)

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/clients/<uuid:client_id>/accounts")
@blueprint.response(200, AccountListSchema)
def list_for_client(client_id: UUID) -> dict[str, Any]:
    """The client's accounts."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return _list(context, client_row(context, str(client_id)).person_id)


@blueprint.get("/accounts/<uuid:account_id>")
@blueprint.response(200, AccountSchema)
def read(account_id: UUID) -> dict[str, Any]:
    """An account."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        return shapes.columns(accounts.read_account(context, str(account_id)), *_ACCOUNT)


@blueprint.put("/accounts/<uuid:account_id>")
@blueprint.arguments(AccountKindSchema)
@blueprint.response(200, AccountSchema)
def classify(asked: dict[str, Any], account_id: UUID) -> Response:
    """Say what the account is for."""

    def change(context: Context) -> stored_responses.Response:
        accounts.classify_account(context, str(account_id), AccountKind(asked["kind"]))
        return changes.changed(_account(context, str(account_id)))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/accounts/<uuid:account_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw(asked: dict[str, Any], account_id: UUID) -> Response:
    """The account is not this person's."""

    def change(context: Context) -> stored_responses.Response:
        accounts.withdraw_account(context, str(account_id), asked["reason"])
        return changes.recorded(context, str(account_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/accounts/<uuid:account_id>/connections")
@blueprint.response(200, ConnectionListSchema)
def list_connections(account_id: UUID) -> dict[str, Any]:
    """The account's connections."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        account = accounts.read_account(context, str(account_id))
        rows = accounts.connections_of(context, account.id)
        return {"items": [shapes.columns(row, *_CONNECTION) for row in rows]}


@blueprint.post("/connections")
@blueprint.arguments(ConnectionFormSchema)
@blueprint.response(201, ConnectionSchema)
def connect(asked: dict[str, Any]) -> Response:
    """An account is connected to a handle. The answer never tells whose handle it is."""
    words = {"direction": Direction(asked["direction"]), "state": ConnectionState(asked["state"])}

    def change(context: Context) -> stored_responses.Response:
        made = accounts.connect(context, ConnectionForm(**asked | words))
        row = current(context, ConnectionRow, made)
        return changes.made(f"/v1/connections/{made}", shapes.columns(row, *_CONNECTION))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.get("/connections/<uuid:connection_id>")
@blueprint.response(200, ConnectionSchema)
def read_connection(connection_id: UUID) -> dict[str, Any]:
    """A connection as it stands."""
    with door.desk().reading(door.principal(Scope.REGISTRY_READ)) as context:
        row = current(context, ConnectionRow, str(connection_id))
        return shapes.columns(row, *_CONNECTION)


@blueprint.put("/connections/<uuid:connection_id>")
@blueprint.arguments(ConnectionStateSchema)
@blueprint.response(200, ConnectionSchema)
def change_connection(asked: dict[str, Any], connection_id: UUID) -> Response:
    """The request was accepted or declined, or the connection was removed."""

    def change(context: Context) -> stored_responses.Response:
        state = ConnectionState(asked["state"])
        accounts.change_connection(context, str(connection_id), state)
        row = current(context, ConnectionRow, str(connection_id))
        return changes.changed(shapes.columns(row, *_CONNECTION))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


@blueprint.post("/connections/<uuid:connection_id>/withdrawal")
@blueprint.arguments(ReasonSchema)
@blueprint.response(200, RecordedSchema)
def withdraw_connection(asked: dict[str, Any], connection_id: UUID) -> Response:
    """The connection never was."""

    def change(context: Context) -> stored_responses.Response:
        accounts.withdraw_connection(context, str(connection_id), asked["reason"])
        return changes.recorded(context, str(connection_id))

    return changes.once(door.principal(Scope.REGISTRY_WRITE), change)


def _add(context: Context, person_id: str, asked: dict[str, Any]) -> stored_responses.Response:
    kind = AccountKind(asked["kind"]) if "kind" in asked else None
    form = AccountForm(asked["platform"], asked["handle"], kind)
    made = accounts.add_account(context, person_id, form)
    return changes.made(f"/v1/accounts/{made}", _account(context, made))


def _account(context: Context, account_id: str) -> dict[str, Any]:
    return shapes.columns(accounts.read_account(context, account_id), *_ACCOUNT)


def _list(context: Context, person_id: str) -> dict[str, Any]:
    found = accounts.accounts_of(context, person_id)
    return {"items": [shapes.columns(account, *_ACCOUNT) for account in found]}
