"""Duties for officers: what is due, for whom, and what was done."""

from __future__ import annotations

from flask import request

from policy_service.console import door
from policy_service.console.door import READERS, blueprint
from policy_service.database.tables.registry import ClinicianRow
from policy_service.services.case_queue import names_of
from policy_service.services.duties import list_duties


@blueprint.get("/duties")
def duties() -> str:
    """Duties by due date; those that are done on request."""
    who = door.principal(*READERS)
    done = request.args.get("state") == "done"
    with door.desk().writing(who) as context:
        rows = list_duties(context, done=done)
        names = names_of(context, ClinicianRow, {r.clinician_id for r in rows if r.clinician_id})
        return door.page(
            "duties.html", rows=rows, names=names, done=done, today=context.today.isoformat()
        )
