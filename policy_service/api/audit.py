"""GET /v1/audit/…: the log's entries, proofs and checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.csv_lines import csv_lines
from policy_service.api.schemas.audit import (
    CheckpointQuerySchema,
    ConsistencyQuerySchema,
    ConsistencySchema,
    EntryFilterSchema,
    EntryPageQuerySchema,
    EntryPageSchema,
    EntrySchema,
)
from policy_service.domain.principals import Scope
from policy_service.services import audit_reading
from policy_service.services.audit_reading import LARGEST_PAGE, EntryFilter, LoggedEntry

blueprint = Blueprint("audit", __name__, url_prefix="/v1/audit", description="The audit log")
COLUMNS = ("action", "at", "actor_ref", "subject_refs", "outcome", "packs", "semantics", "model")
_TEXT = {"type": "string"}


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
    entries = audit_reading.export(door.desk(), caller, EntryFilter(**query))
    sent = Response(_csv(entries), mimetype="text/csv")
    sent.headers["Content-Disposition"] = 'attachment; filename="audit-entries.csv"'
    return sent


def _csv(entries: Iterable[LoggedEntry]) -> Iterator[str]:
    yield from csv_lines([("index", "id", *COLUMNS, "leaf_hash")])
    yield from csv_lines(
        (
            entry.index,
            entry.leaf["id"],
            *(_cell(entry.leaf[name]) for name in COLUMNS),
            entry.leaf_hash.hex(),
        )
        for entry in entries
    )


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


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
