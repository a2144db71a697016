"""Rosters dropped over REST: look at what a file would change, then apply or discard it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.imports import CSV_TYPE
from policy_service.api.schemas.roster_drops import (
    ConfirmSchema,
    DropPageQuerySchema,
    DropPageSchema,
    DropQuerySchema,
    DropSchema,
)
from policy_service.domain.principals import Scope
from policy_service.importers.roster import RosterKind
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.imports.roster_drops import (
    Drop,
    DropSource,
    confirm_drop,
    discard_drop,
    list_drops,
    open_drop,
    take_drop,
)
from policy_service.services.imports.run import RosterFile
from policy_service.services.once import change_once

blueprint = Blueprint(
    "roster_drops", __name__, url_prefix="/v1/imports/roster-drops", description="Rosters dropped"
)
READS = {"roster_drops.drop": (CSV_TYPE,)}
"""By endpoint: this address reads no JSON."""
_BODY = {"required": True, "content": {CSV_TYPE: {"schema": {"type": "string"}}}}


@blueprint.post("")
@blueprint.arguments(DropQuerySchema, **door.QUERY)
@blueprint.response(201, DropSchema)
@blueprint.alt_response(200, schema=DropSchema)
@blueprint.doc(requestBody=_BODY)
def drop(query: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """What would this roster change? Nothing is changed yet. 200 for a file dropped before."""
    caller = door.principal(Scope.REGISTRY_WRITE)
    file = RosterFile(RosterKind(query["kind"]), door.upload(CSV_TYPE))
    drop_id, is_new = take_drop(door.desk(), caller, file, DropSource.REST)
    with door.desk().reading(caller) as context:
        return _whole(open_drop(context, drop_id)), 201 if is_new else 200


@blueprint.get("")
@blueprint.arguments(DropPageQuerySchema, **door.QUERY)
@blueprint.response(200, DropPageSchema)
def all_drops(query: dict[str, Any]) -> dict[str, Any]:
    """Files that were dropped, the newest first."""
    caller = door.principal(Scope.REGISTRY_WRITE)
    with door.desk().reading(caller) as context:
        drops, follow = list_drops(context, query.get("cursor"), query["limit"])
        return {"drops": [_line(one) for one in drops], "next_cursor": follow}


@blueprint.get("/<uuid:drop_id>")
@blueprint.response(200, DropSchema)
def one_drop(drop_id: Any) -> dict[str, Any]:
    """One file: what it would change, or what came of it."""
    caller = door.principal(Scope.REGISTRY_WRITE)
    with door.desk().reading(caller) as context:
        return _whole(open_drop(context, str(drop_id)))


@blueprint.post("/<uuid:drop_id>/applying")
@blueprint.arguments(ConfirmSchema)
@blueprint.response(202, DropSchema)
def apply(asked: dict[str, Any], drop_id: Any) -> Response:
    """Have it applied; read it again to see how far it is."""
    return _decided(
        str(drop_id), lambda context, one: confirm_drop(context, one, asked.get("confirm"))
    )


@blueprint.post("/<uuid:drop_id>/discard")
@blueprint.response(202, DropSchema)
def discard(drop_id: Any) -> Response:
    """Nothing of it is applied, and the file is destroyed."""
    return _decided(str(drop_id), discard_drop)


def _decided(drop_id: str, step: Any) -> Response:
    caller = door.principal(Scope.REGISTRY_WRITE)

    def change(context: Context) -> stored_responses.Response:
        step(context, drop_id)
        body = orjson.dumps(_whole(open_drop(context, drop_id)))
        return stored_responses.Response(202, body)

    return door.send(change_once(door.desk(), caller, door.idempotency_key(caller), change))


def _line(drop: Drop) -> dict[str, Any]:
    row = drop.row
    return {
        "id": row.id,
        "kind": row.kind,
        "file": row.digest,
        "source": row.source,
        "state": row.state,
        "held": row.held,
        "at": format_at(row.at),
        "expires_at": format_at(row.expires_at),
        "counts": drop.counts,
    }


def _whole(drop: Drop) -> dict[str, Any]:
    return {**_line(drop), **drop.preview}
