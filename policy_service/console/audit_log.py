"""The audit log: its state, its entries, one entry opened, exports for the practice itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import Response, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from policy_service.audit.reading import head, proof
from policy_service.audit.signing import latest_checkpoint
from policy_service.console import door
from policy_service.console.door import READERS, Refusal, blueprint, query_day
from policy_service.console.rules import rules_named
from policy_service.domain.principals import Principal, Role
from policy_service.errors import LogContradicted, NotReady
from policy_service.ledger.note import Signer
from policy_service.services.audit_entries import actions, list_entries, open_entry
from policy_service.services.audit_exports import ExportText, Form, export
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.context import Context
from policy_service.services.log_state import alarms, log_state
from policy_service.services.logins import logins
from policy_service.services.oversight import newest_checks, newest_reviews, reviewed_until
from policy_service.services.receipts import public_keys
from policy_service.services.verifying import verify_practice
from policy_service.services.witnesses import witness_state

_MEDIA_TYPES = {Form.JSONL: "application/x-ndjson", Form.CSV: "text/csv"}


@blueprint.get("/audit")
def audit_log() -> str | AnyResponse:
    """How the log is doing, and its entries, newest first."""
    try:
        return log_page(None)
    except LogContradicted as error:
        return stopped_page(error)


def stopped_page(error: LogContradicted, *, verify: bool = False) -> AnyResponse:
    """The alarm alone, while nothing can be recorded; `verify` reads the whole log at once."""
    who = door.principal(*READERS)
    verdict = verify_practice(door.desk(), who.practice_id) if verify else None
    page = door.page("audit_stopped.html", error=error, verdict=verdict)
    return make_response(page, error.status)


def log_page(refusal: Refusal | None) -> str:
    """The page of the log, with a form that was refused if there is one."""
    who = door.principal(*READERS)
    asked = request.args if request.method == "GET" else {}
    wanted = entry_filter()
    with door.desk().writing(who) as context:
        values = {
            "found": list_entries(context, wanted, asked.get("after", "")),
            "actions": actions(context),
            "people": actor_names(context),
            **_oversight(context),
        }
    return door.page(
        "audit.html",
        **values,
        asked=typed_filter(),
        refusal=refusal,
        checkpoint=_checkpoint(who),
        keys=public_keys(door.desk(), who),
        may_bundle=who.has(Role.COMPLIANCE),
    )


def _oversight(context: Context) -> dict[str, Any]:
    state = log_state(context)
    witnesses = witness_state(context, door.desk().witnesses)
    return {
        "state": state,
        "witnesses": witnesses,
        "alarms": alarms(context, state, witnesses),
        "checks": newest_checks(context),
        "reviews": newest_reviews(context),
        "reviewed_until": reviewed_until(context),
    }


def entry_filter() -> EntryFilter:
    """The filters in the address of the page; days are inclusive, UTC."""
    first, last = query_day("first_day"), query_day("last_day")
    return EntryFilter(
        action=_asked("action"),
        actor=_asked("actor"),
        subject=_asked("subject"),
        outcome=_asked("outcome"),
        since=datetime.combine(first, time(), UTC) if first else None,
        until=datetime.combine(last, time(), UTC) + timedelta(days=1) if last else None,
    )


def typed_filter() -> dict[str, str]:
    """The filters as they were typed, for the form and for links that keep them."""
    names = ("action", "actor", "subject", "outcome", "first_day", "last_day")
    return {name: text for name in names if (text := _asked(name) or "")}


def _asked(name: str) -> str | None:
    return request.args.get(name, "").strip() or None


def actor_names(context: Context) -> dict[str, str]:
    """Names of accounts by actor reference; other actors are shown as the log calls them."""
    return {f"account:{row.id}": row.name for row in logins(context)}


@blueprint.get("/audit/entries.csv")
def audit_entries_csv() -> Response:
    """What the filters choose, as CSV, for the practice's own use. The export is an entry."""
    return export_file(Form.CSV)


@blueprint.get("/audit/entries.jsonl")
def audit_entries_jsonl() -> Response:
    """The same, one JSON object a line."""
    return export_file(Form.JSONL)


def export_file(form: Form) -> Response:
    """An export by the filters of the page."""
    return as_file(export(door.desk(), door.principal(*READERS), entry_filter(), form))


def as_file(made: ExportText) -> Response:
    """An export to be saved, streamed."""
    response = Response(made.lines, mimetype=_MEDIA_TYPES[made.form])
    name = f"audit-entries.{made.form.value}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/audit/<uuid:entry_id>")
def audit_entry(entry_id: Any) -> str:
    """One entry: what the tree commits to, and what can be opened of it."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        entry = open_entry(context, str(entry_id))
        opened = [group.value for group in entry.groups if not group.withheld]
        return door.page(
            "entry.html",
            entry=entry,
            people=actor_names(context),
            rules=rules_named(opened),
            may_bundle=who.has(Role.COMPLIANCE),
        )


@blueprint.get("/audit/<uuid:entry_id>/proof")
def entry_proof(entry_id: Any) -> Response:
    """The entry's `.tlog-proof` under the latest checkpoint, to be checked by anyone."""
    who = door.principal(*READERS)
    checkpoint = _checkpoint(who)
    with door.desk().reading(who) as context:
        size = int(checkpoint.split("\n")[1])
        text = proof(context.session, who.practice_id, str(entry_id), checkpoint, size)
    response = Response(text, mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{entry_id}.tlog-proof"'
    return response


@blueprint.get("/audit/checkpoint")
def checkpoint_note() -> Response:
    """The latest signed checkpoint, to be kept elsewhere."""
    response = Response(_checkpoint(door.principal(*READERS)), mimetype="text/plain")
    response.headers["Content-Disposition"] = 'attachment; filename="checkpoint.txt"'
    return response


def _checkpoint(who: Principal) -> str:
    desk = door.desk()
    with desk.database.read(who.practice_id) as session:
        if head(session, who.practice_id).size == 0:
            raise NotReady("The log has no entry in its tree yet.")
    return latest_checkpoint(desk.database, who.practice_id, _signer(who), desk.clock())


def _signer(who: Principal) -> Signer:
    desk = door.desk()
    return desk.log_key(desk.practice(who.practice_id).log_origin)
