"""Exports for somebody outside, and the accounting of disclosures (45 CFR 164.528)."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.audit import JSONL, send_export
from policy_service.api.schemas.releases import (
    AccountingFileQuerySchema,
    AccountingQuerySchema,
    AccountingSchema,
    ExportOrderSchema,
    ExportSchema,
)
from policy_service.domain.principals import Scope
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.services import stored_responses
from policy_service.services.audit_exports import (
    ExportOrder,
    Form,
    fetch_export,
    order_export,
)
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.audit_streams import place_pending
from policy_service.services.context import Context
from policy_service.services.once import change_once
from policy_service.services.releases import (
    LARGEST_PAGE,
    ReleaseFilter,
    accounting_file,
    list_releases,
)

blueprint = Blueprint(
    "releases", __name__, url_prefix="/v1", description="What was given to somebody outside"
)
_TEXT = {"type": "string"}


@blueprint.post("/audit/exports")
@blueprint.arguments(ExportOrderSchema)
@blueprint.response(201, ExportSchema)
def order(asked: dict[str, Any]) -> Response:
    """Record that entries of the log are given to somebody, and what for; then fetch them."""
    caller = door.principal(Scope.AUDIT_RELEASE)
    given = asked["recipient"]
    wanted = ExportOrder(
        EntryFilter(**asked.get("entries", {})),
        Form(asked["format"]),
        Recipient(RecipientKind(given["kind"]), given["name"], given.get("address", "")),
        asked["purpose"],
    )
    place_pending(door.desk(), caller)

    def record(context: Context) -> stored_responses.Response:
        release_id = order_export(context, wanted)
        body = orjson.dumps({"id": release_id})
        return stored_responses.Response(201, body, f"/v1/audit/exports/{release_id}")

    return door.send(change_once(door.desk(), caller, door.idempotency_key(caller), record))


@blueprint.get("/audit/exports/<uuid:release_id>")
@blueprint.response(200, _TEXT, content_type=JSONL)
@blueprint.alt_response(200, schema=_TEXT, content_type="text/csv")
def fetch(release_id: Any) -> Response:
    """What was released, in the format asked for: the same to the byte whenever fetched."""
    caller = door.principal(Scope.AUDIT_RELEASE)
    return send_export(fetch_export(door.desk(), caller, str(release_id)))


@blueprint.get("/releases")
@blueprint.arguments(AccountingQuerySchema, **door.QUERY)
@blueprint.response(200, AccountingSchema)
def account(query: dict[str, Any]) -> dict[str, Any]:
    """What was released, of one person or at all, the newest first. Reading it is an entry."""
    caller = door.principal(Scope.RELEASES_READ)
    cursor, limit = query.pop("cursor", None), query.pop("limit", LARGEST_PAGE)
    with door.desk().writing(caller) as context:
        lines, follow = list_releases(context, ReleaseFilter(**query, after=cursor), limit)
    return {"releases": [line.to_json() for line in lines], "next": follow}


@blueprint.get("/releases.csv")
@blueprint.arguments(AccountingFileQuerySchema, **door.QUERY)
@blueprint.response(200, _TEXT, content_type="text/csv")
def account_as_csv(query: dict[str, Any]) -> Response:
    """The accounting as a file, to be given to the client who asked for it."""
    caller = door.principal(Scope.RELEASES_READ)
    with door.desk().writing(caller) as context:
        text = accounting_file(context, ReleaseFilter(**query))
    sent = Response(text, mimetype="text/csv")
    sent.headers["Content-Disposition"] = 'attachment; filename="accounting-of-disclosures.csv"'
    return sent
