"""GET /v1/audit/…: the log's entries, proofs and checkpoints."""

from __future__ import annotations

from dataclasses import asdict
from io import BytesIO
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.audit import (
    CheckpointQuerySchema,
    ConsistencyQuerySchema,
    ConsistencySchema,
    EntryFilterSchema,
    EntryPageQuerySchema,
    EntryPageSchema,
    EntrySchema,
    KeysSchema,
    ReconciliationSchema,
    TailQuerySchema,
)
from policy_service.audit.receipts import Judged, Judgement, receipt_lines
from policy_service.domain.principals import Scope
from policy_service.errors import Conflict
from policy_service.services import audit_reading, receipts
from policy_service.services.audit_exports import ExportText, Form, export, jsonl
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.audit_reading import LARGEST_PAGE
from policy_service.services.audit_tail import LARGEST_TAIL, tail

blueprint = Blueprint("audit", __name__, url_prefix="/v1/audit", description="The audit log")
JSONL = "application/x-ndjson"
READS = {"audit.check_receipts": (JSONL,)}
"""By endpoint: this address reads no JSON document, but one a line."""
_TEXT = {"type": "string"}
_MEDIA_TYPES = {Form.JSONL: JSONL, Form.CSV: "text/csv"}
_VERDICTS = {0: "ok", 1: "alarm", 2: "cannot_tell"}
_AFTER_HEADER = {
    "Audit-After": {
        "description": "The index to go on after; keep it once you have dealt with the entries.",
        "schema": {"type": "integer"},
    }
}


@blueprint.get("/entries")
@blueprint.arguments(EntryPageQuerySchema, **door.QUERY)
@blueprint.response(200, EntryPageSchema)
def list_entries(query: dict[str, Any]) -> dict[str, Any]:
    """Entries by filter, oldest first, page by page. Reading is itself an entry."""
    caller = door.principal(Scope.AUDIT_READ)
    cursor, limit = query.pop("cursor", None), query.pop("limit", LARGEST_PAGE)
    page = audit_reading.browse(door.desk(), caller, EntryFilter(**query), cursor, limit)
    entries = [entry.to_json() for entry in page.entries]
    return {"entries": entries, "size": page.size, "next": page.next}


@blueprint.get("/entries.csv")
@blueprint.arguments(EntryFilterSchema, **door.QUERY)
@blueprint.response(200, _TEXT, content_type="text/csv")
def export_entries(query: dict[str, Any]) -> Response:
    """The same without pages, as CSV (RFC 4180). The export is itself an entry."""
    caller = door.principal(Scope.AUDIT_READ)
    return send_export(export(door.desk(), caller, EntryFilter(**query), Form.CSV))


@blueprint.get("/entries.jsonl")
@blueprint.arguments(EntryFilterSchema, **door.QUERY)
@blueprint.response(200, _TEXT, content_type=JSONL)
def export_entries_as_jsonl(query: dict[str, Any]) -> Response:
    """The same, one JSON object a line. The export is itself an entry."""
    caller = door.principal(Scope.AUDIT_READ)
    return send_export(export(door.desk(), caller, EntryFilter(**query), Form.JSONL))


def send_export(made: ExportText) -> Response:
    """Stream an export as a file: no more than a thousand entries are held at a time."""
    sent = Response(made.lines, mimetype=_MEDIA_TYPES[made.form])
    name = f"audit-entries.{made.form.value}"
    sent.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return sent


@blueprint.get("/tail")
@blueprint.arguments(TailQuerySchema, **door.QUERY)
@blueprint.response(200, _TEXT, content_type=JSONL, headers=_AFTER_HEADER)
@blueprint.alt_response(409, response=Conflict.__name__)
def follow_log(query: dict[str, Any]) -> Response:
    """What follows entry `after`, one JSON object a line; go on with the header `Audit-After`.

    Entries without a place in the tree are not given yet. 409 when the log is shorter than what you
    have seen.
    """
    caller = door.principal(Scope.AUDIT_READ)
    after, limit = query.pop("after", -1), query.pop("limit", LARGEST_TAIL)
    page = tail(door.desk(), caller, EntryFilter(**query), after, limit)
    sent = Response("".join(jsonl(page.entries)), mimetype=JSONL)
    sent.headers["Audit-After"] = str(page.after)
    return sent


@blueprint.post("/receipts")
@blueprint.response(200, ReconciliationSchema)
@blueprint.doc(requestBody={"required": True, "content": {JSONL: {"schema": _TEXT}}})
def check_receipts() -> dict[str, Any]:
    """Compare the receipts you kept, one a line, with the log: is every decision still there?

    Names each line that does not match. `alarm`: an acknowledged decision is gone or altered.
    """
    caller = door.principal(*receipts.SCOPES)
    lines = receipt_lines(BytesIO(door.upload(JSONL)))
    found = receipts.reconcile_receipts(door.desk(), caller, lines)
    return {
        "verdict": _VERDICTS[found.exit_code],
        "counts": {judgement.value: found.counts.get(judgement, 0) for judgement in Judgement},
        "lines": [_line(one) for one in found.named],
        "left_out": found.left_out,
    }


@blueprint.get("/keys")
@blueprint.response(200, KeysSchema)
def get_keys() -> dict[str, Any]:
    """The public keys to check checkpoints, proofs and receipts with: pin them, once.

    Ask again by another way (the practice's officer reads them on the audit page) before you trust
    keys that changed.
    """
    caller = door.principal(*receipts.SCOPES)
    found = receipts.public_keys(door.desk(), caller)
    return {"log": found.log, "receipts": list(found.receipts)}


def _line(one: Judged) -> dict[str, Any]:
    return {
        "line": one.line,
        "judgement": one.judgement.value,
        "id": one.entry_id,
        "detail": one.detail,
    }


@blueprint.get("/entries/<uuid:entry_id>")
@blueprint.response(200, EntrySchema)
def get_entry(entry_id: Any) -> dict[str, Any]:
    """One entry: its leaf and its place. Openings are never given here."""
    caller = door.principal(Scope.AUDIT_READ)
    return audit_reading.read_entry(door.desk(), caller, str(entry_id)).to_json()


@blueprint.get("/entries/<uuid:entry_id>/proof")
@blueprint.response(200, _TEXT, content_type="text/plain")
def get_proof(entry_id: Any) -> Response:
    """That the entry is in the log: a C2SP `.tlog-proof` file under the newest checkpoint."""
    caller = door.principal(Scope.AUDIT_READ)
    text = audit_reading.entry_proof(door.desk(), caller, str(entry_id))
    return Response(text, mimetype="text/plain")


@blueprint.get("/checkpoint")
@blueprint.arguments(CheckpointQuerySchema, **door.QUERY)
@blueprint.response(200, _TEXT, content_type="text/plain")
def get_checkpoint(query: dict[str, Any]) -> Response:
    """The signed head of the log: a C2SP checkpoint. With `cosigned` the newest that a witness has
    cosigned, with the cosignatures; 404 while there is none."""
    caller = door.principal(Scope.AUDIT_READ)
    wanted = query.get("cosigned", False)
    find = audit_reading.cosigned_checkpoint if wanted else audit_reading.checkpoint
    return Response(find(door.desk(), caller), mimetype="text/plain")


@blueprint.get("/consistency")
@blueprint.arguments(ConsistencyQuerySchema, **door.QUERY)
@blueprint.response(200, ConsistencySchema)
def get_consistency(query: dict[str, Any]) -> dict[str, Any]:
    """That the log only grew between two sizes."""
    caller = door.principal(Scope.AUDIT_READ)
    found = audit_reading.consistency(door.desk(), caller, query["from_"], query.get("to"))
    said = asdict(found)
    return {
        "from_": said["old_size"],
        "to": said["new_size"],
        "proof": list(said["path"]),
        "checkpoint": said["checkpoint"],
    }
