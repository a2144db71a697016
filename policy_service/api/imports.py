"""POST /v1/imports/roster: clinicians, clients or episodes as CSV, with a dry run."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from policy_service.api import door
from policy_service.api.schemas.imports import RosterQuerySchema, RosterReportSchema
from policy_service.domain.principals import Scope
from policy_service.importers.roster import RosterKind
from policy_service.services.imports.run import RosterFile, import_roster

CSV_TYPE = "text/csv"
blueprint = Blueprint("imports", __name__, url_prefix="/v1/imports", description="Imports")
READS = {"imports.import_rows": (CSV_TYPE,)}
"""By endpoint: this address reads no JSON."""
_BODY = {"required": True, "content": {CSV_TYPE: {"schema": {"type": "string"}}}}


@blueprint.post("/roster")
@blueprint.arguments(RosterQuerySchema, **door.QUERY)
@blueprint.response(200, RosterReportSchema)
@blueprint.doc(requestBody=_BODY)
def import_rows(query: dict[str, Any]) -> dict[str, Any]:
    """Import a roster, or only say what importing it would do. Refused lines never stop the rest.

    Repeating it changes nothing more: records are known by their external_id.
    """
    caller = door.principal(Scope.REGISTRY_WRITE)
    file = RosterFile(RosterKind(query["kind"]), door.upload(CSV_TYPE))
    return import_roster(door.desk(), caller, file, dry_run=query["dry_run"]).to_json()
