"""The audit log: entries, one entry with its proof, and whether the log verifies."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from policy_service.audit.log import Owned
from policy_service.audit.reading import head, latest_checkpoint, proof
from policy_service.audit.verification import Verdict, verify_log
from policy_service.console import door
from policy_service.console.door import READERS, blueprint, query_day
from policy_service.console.rules import rules_named
from policy_service.domain.principals import Principal
from policy_service.errors import NotReady
from policy_service.ledger.note import Signer
from policy_service.services.audit_entries import (
    EntryFilter,
    actions,
    list_entries,
    open_entry,
    waiting,
)
from policy_service.services.context import Context
from policy_service.services.logins import logins

_STATES = {0: "verified", 1: "tampered", 2: "cannot tell"}


@blueprint.get("/audit")
def audit_log() -> str:
    """Entries, newest first."""
    return _log_page(None)


@blueprint.post("/audit/verify")
def verify_now() -> str:
    """Read the whole log and check it; the answer is a page, for it changes nothing."""
    who = door.principal(*READERS)
    keys = door.desk().log_verifiers(door.desk().practice(who.practice_id).log_origin)
    verdict = verify_log(door.desk().database, who.practice_id, _signer(who), keys)
    with door.desk().writing(who) as context:
        _log_verification(context, verdict)
    return _log_page(verdict)


def _log_verification(context: Context, verdict: Verdict) -> None:
    context.log("audit.verified", {"verdict": Owned({"exit_code": verdict.exit_code})})


def _log_page(verdict: Verdict | None) -> str:
    who = door.principal(*READERS)
    wanted = _filter()
    with door.desk().writing(who) as context:
        found = list_entries(context, wanted)
        values = {
            "found": found,
            "wanted": wanted,
            "actions": actions(context),
            "waiting": waiting(context),
            "people": actor_names(context),
        }
    return door.page(
        "audit.html",
        **values,
        verdict=verdict,
        verdict_word=_STATES[verdict.exit_code] if verdict else "",
        checkpoint=_checkpoint(who),
    )


def _filter() -> EntryFilter:
    given = request.args
    return EntryFilter(
        action=given.get("action", "").strip(),
        actor=given.get("actor", "").strip(),
        subject=given.get("subject", "").strip(),
        outcome=given.get("outcome", "").strip(),
        first_day=query_day("first_day"),
        last_day=query_day("last_day"),
        after=given.get("after", ""),
    )


def actor_names(context: Context) -> dict[str, str]:
    """Names of accounts by actor reference; other actors are shown as the log calls them."""
    return {f"account:{row.id}": row.name for row in logins(context)}


@blueprint.get("/audit/<uuid:entry_id>")
def audit_entry(entry_id: Any) -> str:
    """One entry: what the tree commits to, and what can be opened of it."""
    who = door.principal(*READERS)
    with door.desk().writing(who) as context:
        entry = open_entry(context, str(entry_id))
        opened = [group.value for group in entry.groups if not group.withheld]
        return door.page(
            "entry.html", entry=entry, people=actor_names(context), rules=rules_named(opened)
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
    return door.desk().log_key(door.desk().practice(who.practice_id).log_origin)
