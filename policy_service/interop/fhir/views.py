"""The addresses of /fhir. Credentials, CORS and OperationOutcomes are the interop door's."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, request

from policy_service.domain.principals import ActingRole, ActingUser, Scope
from policy_service.errors import FieldError, InvalidRequest, NotFound, UnsupportedMediaType
from policy_service.interop import door
from policy_service.interop.bodies import json_object
from policy_service.interop.fhir.definitions import (
    AUDIT_EVENT_SEARCH,
    CHECK_BOUNDARY,
    DETECTED_ISSUE_SEARCH,
    capability_statement,
    definition,
)
from policy_service.interop.fhir.detected_issues import STATUSES
from policy_service.interop.fhir.elements import Reference
from policy_service.interop.fhir.naming import acting_user
from policy_service.interop.fhir.operations import Call, check_boundary
from policy_service.interop.fhir.parameters import Named, read_parameters
from policy_service.interop.fhir.queries import JSON_FORMATS, NDJSON_FORMATS, Query
from policy_service.interop.fhir.searching import (
    Caller,
    EventSearch,
    IssueSearch,
    Page,
    export_events,
    read_issue,
    search_events,
    search_issues,
)
from policy_service.interop.outcomes import issue
from policy_service.ledger.canonical import canonical_bytes
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.decision_search import DecisionFilter
from policy_service.services.stored_responses import IdempotencyKey
from policy_service.vault.blind import keyed_digest
from policy_service.vault.keys import Purpose

FHIR_JSON = "application/fhir+json"
NDJSON = "application/fhir+ndjson"
NOTHING_FOUND = (
    "Nothing was found that this reader may see. That does not say that there is no conflict: ask "
    "with $check-boundary."
)
_BODIES = (FHIR_JSON, "application/json")
_FORM = "application/x-www-form-urlencoded"
_LONGEST_KEY = 150
_DECISIONS = (Scope.DECISION_FULL, Scope.DECISION_BRIEF)

blueprint = Blueprint("fhir", __name__, url_prefix="/fhir")


def _base() -> str:
    return door.settings().public_base_url


def _fhir(resource: dict[str, Any]) -> Response:
    return Response(orjson.dumps(resource), mimetype=FHIR_JSON)


@blueprint.get("/metadata")
@door.public
def metadata() -> Response:
    """What stands here; needs no credential."""
    return _fhir(capability_statement(_base()))


@blueprint.get("/<any(CodeSystem, ConceptMap, OperationDefinition):kind>/<name>")
@door.public
def get_definition(kind: str, name: str) -> Response:
    """One of our definitions; needs no credential."""
    found = definition(_base(), kind, name)
    if found is None:
        raise NotFound
    return _fhir(found)


@blueprint.post(f"/${CHECK_BOUNDARY}")
def run_operation() -> Response:
    """Is there a boundary conflict between these clinicians and this client?"""
    principal = door.principal(*_DECISIONS)
    door.require_interaction("DetectedIssue", "c")
    asked = read_parameters(json_object(*_BODIES))
    desk = door.desk()
    today = desk.clock().date()
    call = Call(principal, asked, today, _base(), _idempotency())
    return _fhir(check_boundary(desk, call))


def _idempotency() -> IdempotencyKey | None:
    """The Idempotency-Key header with a keyed digest of the body."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
        said = f"1 to {_LONGEST_KEY} printable ASCII characters are allowed."
        raise InvalidRequest(errors=[FieldError("/header/Idempotency-Key", said)])
    practice = door.desk().practice(door.principal().practice_id)
    body = canonical_bytes([request.path, request.get_data(as_text=True)]).decode()
    return IdempotencyKey(key, keyed_digest(practice.keys.purpose(Purpose.BODY_DIGEST), body))


@blueprint.get("/DetectedIssue/<uuid:issue_id>")
def get_issue(issue_id: Any) -> Response:
    """A recorded decision, with the standing of today, for whoever asks now."""
    principal = door.principal(*_DECISIONS)
    door.require_interaction("DetectedIssue", "r")
    query = Query.read(request.args, ("acting-role", "acting-practitioner"))
    caller = Caller(principal, _acting(query))
    return _fhir(read_issue(door.desk(), caller, _base(), str(issue_id)))


@blueprint.get("/DetectedIssue")
@blueprint.post("/DetectedIssue/_search")
def list_issues() -> Response:
    """The decisions the caller may find, newest first, page by page."""
    principal = door.principal(*_DECISIONS)
    door.require_interaction("DetectedIssue", "s")
    query = _query(DETECTED_ISSUE_SEARCH)
    query.format(JSON_FORMATS)
    identified = query.span("identified")
    wanted = DecisionFilter(
        client=query.reference("patient", "Patient"),
        since=identified.since,
        until=identified.until,
        after=query.text("_after"),
    )
    search = IssueSearch(wanted, query.word("status", STATUSES), query.count())
    page = search_issues(door.desk(), Caller(principal, _acting(query)), _base(), search)
    return _searchset(query, "DetectedIssue", page, "_after", NOTHING_FOUND)


def _acting(query: Query) -> ActingUser:
    """Who sits at the EHR, as it says; left out, the answer is the one for anyone."""
    role = ActingRole(query.word("acting-role", tuple(ActingRole)) or ActingRole.UNKNOWN)
    ref = query.reference("acting-practitioner", "Practitioner")
    named = Named(Reference(f"Practitioner/{ref}"), "/query/acting-practitioner") if ref else None
    with door.desk().reading(door.principal()) as context:
        return acting_user(context, role, named)


@blueprint.get("/AuditEvent")
@blueprint.post("/AuditEvent/_search")
def list_events() -> Response:
    """Entries of the audit log, oldest first: a Bundle page by page, or all of them as NDJSON."""
    principal = door.principal(Scope.AUDIT_READ)
    door.require_interaction("AuditEvent", "s")
    query = _query(AUDIT_EVENT_SEARCH)
    wanted = _entry_filter(query)
    if _wants_ndjson(query):
        lines = export_events(door.desk(), principal, _base(), wanted)
        return Response(lines, mimetype=NDJSON)
    search = EventSearch(wanted, query.text("_cursor"), query.count())
    page = search_events(door.desk(), principal, _base(), search)
    return _searchset(query, "AuditEvent", page, "_cursor")


def _entry_filter(query: Query) -> EntryFilter:
    recorded = query.span("date")
    subject = query.pseudonym("entity"), query.reference("patient", "Patient")
    if all(subject):
        said = "Give either entity or patient, not both."
        raise InvalidRequest(errors=[FieldError("/query/patient", said)])
    return EntryFilter(
        actor=query.pseudonym("agent"),
        action=query.pseudonym("subtype"),
        subject=subject[0] or subject[1],
        since=recorded.since,
        until=recorded.until,
    )


def _wants_ndjson(query: Query) -> bool:
    """By `_format`, which goes before the Accept header (R4, 3.1.0.1.11)."""
    asked = query.format((*JSON_FORMATS, *NDJSON_FORMATS))
    if asked is not None:
        return asked in NDJSON_FORMATS
    best = request.accept_mimetypes.best_match([FHIR_JSON, *NDJSON_FORMATS[:2]])
    return best in NDJSON_FORMATS


def _query(searches: tuple[tuple[str, str, str], ...]) -> Query:
    """Parameters of the address and, for `_search`, of the form as well."""
    if request.method == "POST" and request.mimetype not in (_FORM, ""):
        raise UnsupportedMediaType.only(_FORM)
    return Query.read(request.values, [name for name, _, _ in searches])


def _searchset(
    query: Query, kind: str, page: Page, cursor: str, if_empty: str | None = None
) -> Response:
    """A searchset Bundle with its own address and that of the next page.

    `if_empty`: what an empty page does not mean, as the search's own outcome (R4, 3.1.1.4.18).
    """
    links = [{"relation": "self", "url": _link(kind, query.again())}]
    if page.next is not None:
        links.append({"relation": "next", "url": _link(kind, query.again(**{cursor: page.next}))})
    entries = [
        {
            "fullUrl": f"{_base()}/fhir/{kind}/{one['id']}",
            "resource": one,
            "search": {"mode": "match"},
        }
        for one in page.resources
    ]
    if not entries and if_empty is not None:
        said = {
            "resourceType": "OperationOutcome",
            "issue": [issue("information", "not-found", if_empty)],
        }
        entries = [{"resource": said, "search": {"mode": "outcome"}}]
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return _fhir({**bundle, "entry": entries} if entries else bundle)


def _link(kind: str, query: str) -> str:
    return f"{_base()}/fhir/{kind}?{query}" if query else f"{_base()}/fhir/{kind}"
