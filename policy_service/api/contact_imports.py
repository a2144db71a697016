"""/v1/clinicians/{id}/contact-imports: upload an export, see what it would change, store, undo.

For an EHR that signs clinicians in. Answers hold numbers and refused lines, and no name: whom a
file names is known to whoever sent it, and shown again to the clinician alone, in the console.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, request
from flask_smorest import Blueprint

from policy_service.api import changes, door, shapes
from policy_service.api.schemas.contact_imports import (
    ContactImportListSchema,
    ContactImportSchema,
    StoringSchema,
    UploadQuerySchema,
)
from policy_service.database.tables.contacts import ContactImportRow
from policy_service.domain.principals import Scope
from policy_service.errors import UnsupportedMediaType
from policy_service.ledger.leaf import format_at
from policy_service.services import stored_responses
from policy_service.services.context import Context
from policy_service.services.imports.contact_decisions import (
    discard_import,
    store_import,
    undo_import,
)
from policy_service.services.imports.contact_previews import imports_of, open_import
from policy_service.services.imports.contact_uploads import Upload, keep_upload, prepare_upload
from policy_service.services.parties import clinician_row
from policy_service.settings import Settings

BYTES_TYPE = "application/octet-stream"
READS = {"contact_imports.upload": (BYTES_TYPE,)}
"""By endpoint: this address reads no JSON."""
blueprint = Blueprint(
    "contact_imports",
    __name__,
    url_prefix="/v1/clinicians/<uuid:clinician_id>/contact-imports",
    description="Contacts that clinicians import",
)
_BODY = {
    "required": True,
    "content": {BYTES_TYPE: {"schema": {"type": "string", "format": "binary"}}},
}
_COUNTS = ("contacts", "refused", "new", "changed", "known", "missing")


@blueprint.post("")
@blueprint.arguments(UploadQuerySchema, **door.QUERY)
@blueprint.response(201, ContactImportListSchema)
@blueprint.doc(requestBody=_BODY)
def upload(query: dict[str, Any], clinician_id: UUID) -> Response:
    """Read an export and say what storing it would change. One import for each platform in it.

    Nothing is stored yet: confirm each within a day, or it is destroyed.
    """
    caller, desk = door.principal(Scope.CONTACTS_WRITE), door.desk()
    if request.mimetype != BYTES_TYPE:
        raise UnsupportedMediaType.only(BYTES_TYPE)
    raw = _body()
    said = [request.full_path, hashlib.sha256(raw).hexdigest()]
    asked = Upload(str(clinician_id), query["name"], BytesIO(raw), query.get("account_id"))
    prepared = prepare_upload(desk, caller, asked)

    def change(context: Context) -> stored_responses.Response:
        made = keep_upload(context, prepared)
        items = [_shown(context, str(clinician_id), import_id) for import_id in made]
        return stored_responses.Response(201, orjson.dumps({"items": items}))

    return changes.once(caller, change, said)


def _body() -> bytes:
    settings: Settings = current_app.extensions["policy_service_settings"]
    request.max_content_length = settings.max_upload_bytes
    return request.get_data(cache=False)


@blueprint.get("")
@blueprint.response(200, ContactImportListSchema)
def list_imports(clinician_id: UUID) -> dict[str, Any]:
    """The clinician's imports, the newest first, without refused lines."""
    with door.desk().reading(door.principal(Scope.CONTACTS_WRITE)) as context:
        clinician_row(context, str(clinician_id))
        rows = imports_of(context, str(clinician_id))
        return {"items": [_line(row) for row in rows]}


@blueprint.get("/<uuid:import_id>")
@blueprint.response(200, ContactImportSchema)
def read(clinician_id: UUID, import_id: UUID) -> dict[str, Any]:
    """An import: how far it is, and the refused lines as long as it waits."""
    with door.desk().reading(door.principal(Scope.CONTACTS_WRITE)) as context:
        return _shown(context, str(clinician_id), str(import_id))


@blueprint.post("/<uuid:import_id>/storing")
@blueprint.arguments(StoringSchema)
@blueprint.response(202, ContactImportSchema)
def store(asked: dict[str, Any], clinician_id: UUID, import_id: UUID) -> Response:
    """Store what the preview showed, in the background."""

    def step(context: Context, clinician: str, one: str) -> None:
        store_import(context, clinician, one, with_missing=asked.get("with_missing"))

    return _decided(step, clinician_id, import_id, 202)


@blueprint.post("/<uuid:import_id>/discard")
@blueprint.response(200, ContactImportSchema)
def discard(clinician_id: UUID, import_id: UUID) -> Response:
    """Store nothing of it; what was read of the file is destroyed."""
    return _decided(discard_import, clinician_id, import_id, 200)


@blueprint.post("/<uuid:import_id>/undo")
@blueprint.response(202, ContactImportSchema)
def undo(clinician_id: UUID, import_id: UUID) -> Response:
    """Take the newest import of a source back, in the background."""
    return _decided(undo_import, clinician_id, import_id, 202)


def _decided(
    step: Callable[[Context, str, str], None], clinician_id: UUID, import_id: UUID, status: int
) -> Response:
    def change(context: Context) -> stored_responses.Response:
        step(context, str(clinician_id), str(import_id))
        body = _shown(context, str(clinician_id), str(import_id))
        return stored_responses.Response(status, orjson.dumps(body))

    return changes.once(door.principal(Scope.CONTACTS_WRITE), change)


def _shown(context: Context, clinician_id: str, import_id: str) -> dict[str, Any]:
    opened = open_import(context, clinician_id, import_id)
    lines = [shapes.named(line, "member", "line", "field", "detail") for line in opened.refused]
    return _line(opened.row) | {"refused_lines": lines}


def _line(row: ContactImportRow) -> dict[str, Any]:
    return shapes.columns(row, "id", "source", "account_id", "state", *_COUNTS) | {
        "at": format_at(row.at),
        "expires_at": format_at(row.expires_at),
        "parts": row.batches,
        "parts_done": row.done,
        "refused_lines": [],
    }
