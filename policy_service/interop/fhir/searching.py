"""Search and read of DetectedIssue and AuditEvent: who finds what, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from policy_service.domain.audiences import Audience, audience_of, redact
from policy_service.domain.principals import ActingUser, Principal
from policy_service.interop.fhir.audit_events import Shown, audit_event, ndjson
from policy_service.interop.fhir.detected_issues import detected_issue
from policy_service.services.audit_exports import exported_entries
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.audit_reading import browse
from policy_service.services.audit_streams import LoggedEntry
from policy_service.services.audit_subjects import clients_among
from policy_service.services.context import Context
from policy_service.services.decision_search import DecisionFilter, Findable, findable
from policy_service.services.decisions import answer_of, read_decision
from policy_service.services.desk import Desk
from policy_service.services.packs import wording
from policy_service.vault.errors import KeyNotHeld

FORM = "fhir"
"""How the log calls an export of AuditEvents."""
MOST_EXAMINED = 1000
"""Decisions that are opened for one page of a search."""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Caller:
    """Who searches, and who sits at the EHR."""

    principal: Principal
    acting: ActingUser


@dataclass(frozen=True, slots=True)
class Page:
    """Resources of one page; `next` is what the next page is asked by, None on the last."""

    resources: tuple[dict[str, Any], ...]
    next: str | None


def read_issue(desk: Desk, caller: Caller, base: str, decision_id: str) -> dict[str, Any]:
    """One decision, with the standing of today, for whoever asks now. NotFound, KeyNotHeld."""
    with desk.reading(caller.principal) as context:
        clinician = read_decision(context, decision_id).clinician_id
        audience = audience_of(caller.principal, caller.acting, clinician)
        told = _told(desk, context, Findable(decision_id, audience))
    return detected_issue(base, told)


@dataclass(frozen=True, slots=True)
class IssueSearch:
    """Which decisions; `status` is compared with what the caller sees, never with more."""

    wanted: DecisionFilter
    status: str | None
    count: int


def search_issues(desk: Desk, caller: Caller, base: str, search: IssueSearch) -> Page:
    """The decisions this caller may find, newest first.

    A page ends early when very many were looked at that have another status; `next` goes on there.
    """
    issues: list[dict[str, Any]] = []
    last, examined = None, 0
    with desk.reading(caller.principal) as context:
        for found in findable(context, search.wanted, caller.acting):
            if len(issues) == search.count or examined == MOST_EXAMINED:
                return Page(tuple(issues), last)
            last, examined = found.id, examined + 1
            issue = _issue(desk, context, base, found)
            if issue is not None and search.status in (None, issue["status"]):
                issues.append(issue)
    return Page(tuple(issues), None)


def _issue(desk: Desk, context: Context, base: str, found: Findable) -> dict[str, Any] | None:
    """None for what was erased with its person."""
    try:
        return detected_issue(base, _told(desk, context, found))
    except KeyNotHeld:
        return None


def _told(desk: Desk, context: Context, found: Findable) -> dict[str, Any]:
    recorded = read_decision(context, found.id)
    is_officer = found.audience is Audience.OFFICER
    answer = answer_of(context, recorded, wording(desk, context.principal), is_officer)
    return redact(answer, found.audience)


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Which entries of the log, and which page of them."""

    wanted: EntryFilter
    cursor: str | None
    count: int


def search_events(desk: Desk, principal: Principal, base: str, search: EventSearch) -> Page:
    """Entries as AuditEvents, oldest first. Reading is itself an entry."""
    page = browse(desk, principal, search.wanted, search.cursor, search.count)
    shown = _shown(desk, principal, page.entries)
    return Page(tuple(audit_event(base, one) for one in shown), page.next)


def export_events(
    desk: Desk, principal: Principal, base: str, wanted: EntryFilter
) -> Iterator[bytes]:
    """All that match, one AuditEvent a line. The export is an entry before the first line."""
    entries = exported_entries(desk, principal, wanted, FORM)
    return ndjson(base, _shown(desk, principal, entries))


def _shown(desk: Desk, principal: Principal, entries: Iterable[LoggedEntry]) -> Iterator[Shown]:
    """With the pseudonyms that are clients', looked up for some hundred entries at a time."""
    for chunk in _chunks(entries):
        refs = {ref for entry in chunk for ref in entry.leaf["subject_refs"]}
        with desk.reading(principal) as context:
            clients = clients_among(context, refs)
        yield from (Shown(entry, clients) for entry in chunk)


def _chunks(entries: Iterable[LoggedEntry]) -> Iterator[list[LoggedEntry]]:
    left = iter(entries)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
