"""What the thresholds mean here, and which profiles are likely of one client."""

from __future__ import annotations

from typing import Any

from flask import flash
from werkzeug.wrappers import Response

from policy_service.console import door, match_words
from policy_service.console.door import OFFICERS, READERS, Refusal, blueprint
from policy_service.domain.principals import Role
from policy_service.errors import ServiceError
from policy_service.services.clients import merge_clients
from policy_service.services.duplicates import (
    ask_for_duplicates,
    likely_duplicates,
    require_both_profiles,
)
from policy_service.services.match_reports import ask_for_report, newest_report, waiting_reports

Answer = Response | tuple[str, int]


@blueprint.get("/matching")
def matching_report() -> str:
    """The newest report on the practice's own people: counts, never names."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        made = newest_report(context)
        waiting = waiting_reports(context)
    return door.page(
        "matching.html",
        made_at=made[0] if made else None,
        report=made[1] if made else None,
        waiting=waiting,
        said=match_words,
    )


@blueprint.post("/matching")
def ask_matching_report() -> Response:
    """Ask for a new report; the worker makes it."""
    with door.desk().writing(door.principal(*READERS)) as context:
        ask_for_report(context)
    flash("A report is queued. The worker makes it; open this page again in a while.")
    return door.see("console.matching_report")


@blueprint.get("/identity/duplicates")
def duplicates() -> str:
    """Profiles of clients that are likely of one person."""
    return _duplicates_page(None)


def _duplicates_page(refusal: Refusal | None) -> str:
    who = door.principal(*OFFICERS)
    with door.desk().writing(who) as context:
        found = likely_duplicates(context)
    may_merge = who.has(Role.COMPLIANCE)
    return door.page("duplicates.html", found=found, may_merge=may_merge, refusal=refusal)


@blueprint.post("/identity/duplicates")
def look_for_duplicates() -> Response:
    """Have every client looked up among all others."""
    with door.desk().writing(door.principal(*OFFICERS)) as context:
        ask_for_duplicates(context)
    flash("Every client is looked up by the worker. Open this page again in a while.")
    return door.see("console.duplicates")


@blueprint.post("/identity/<uuid:first>/<uuid:second>/merge")
def merge_profiles(first: Any, second: Any) -> Answer:
    """The second profile stands for the first from now on; a split undoes it."""
    try:
        with door.desk().writing(door.principal(Role.COMPLIANCE)) as context:
            kept, merged = require_both_profiles(context, str(first), str(second))
            merge_clients(context, merged, kept, "Two profiles of one client.")
    except ServiceError as error:
        return _duplicates_page(Refusal(error, {}, "merge")), error.status
    flash("The two profiles are one client from now on. What it touches is checked anew.")
    return door.see("console.duplicates")
