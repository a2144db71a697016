"""Entries of the audit log as FHIR AuditEvents that claim, and keep, a profile of IHE BALP.

An event says what the leaf says and no more: pseudonyms, action, time, outcome, and the place in
the tree by which the entry can be proved (`entity` of type `log-entry`). Who asked from which
network address is not in the log, so `network` of the client gives a data-absent-reason instead of
an invented one. The parameters of a query are committed to and sealed: what is coded in
`entity.query` is the name of what was asked.

A leaf names people by pseudonym and does not say which of them is the client. Whoever may ask that
(`services.audit_subjects`) gets the patient profiles; for all others the same entry claims the
profile without a patient.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from policy_service.interop.fhir.audit_patterns import (
    PROFILES,
    Coded,
    Kind,
    Pattern,
    pattern_of,
)
from policy_service.interop.fhir.code_systems import (
    AUDIT_ACTION,
    AUDIT_ENTITY,
    LOG_ENTRY,
    NAMED,
    coding,
    system,
    words,
)
from policy_service.services.audit_streams import LoggedEntry

_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_PERSON = Coded(_ENTITY_TYPE, "1", "Person")
_SYSTEM_OBJECT = Coded(_ENTITY_TYPE, "2", "System Object")
_PATIENT = Coded(_OBJECT_ROLE, "1", "Patient")
_RESOURCE = Coded(_OBJECT_ROLE, "4", "Domain Resource")
_QUERY = Coded(_OBJECT_ROLE, "24", "Query")
_SERVER_TYPE = Coded(
    "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"
)
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_URI = "5"
_SUCCESS = "0"
DECIDED = "check.decided"


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, and which of its pseudonyms the caller may know to be clients'."""

    entry: LoggedEntry
    clients: frozenset[str] = frozenset()


def ndjson(base: str, shown: Iterable[Shown]) -> Iterator[bytes]:
    """One AuditEvent a line; no more than one is held."""
    for one in shown:
        yield orjson.dumps(audit_event(base, one), option=orjson.OPT_APPEND_NEWLINE)


def audit_event(base: str, shown: Shown) -> dict[str, Any]:
    """The AuditEvent of an entry; `base` is the service's public address."""
    leaf = shown.entry.leaf
    pattern = pattern_of(leaf["action"], leaf["actor_ref"])
    patient = _patient(shown)
    profile = pattern.patient_profile if patient else pattern.profile
    return {
        "resourceType": "AuditEvent",
        "id": leaf["id"],
        **({"meta": {"profile": [f"{PROFILES}{profile}"]}} if profile else {}),
        "type": _coding(pattern.type),
        "subtype": list(_subtypes(base, pattern, leaf["action"])),
        "action": pattern.action,
        "recorded": leaf["at"],
        "outcome": _SUCCESS,
        "agent": list(_agents(base, pattern, leaf["actor_ref"])),
        "source": {
            "observer": _server(base),
            "type": [_coding(_SERVER_TYPE)],
        },
        "entity": list(_entities(base, pattern, shown, patient)),
    }


def _patient(shown: Shown) -> str:
    """The one pseudonym that is a client's; "" where there is none, or more than one."""
    found = [ref for ref in shown.entry.leaf["subject_refs"] if ref in shown.clients]
    return found[0] if len(found) == 1 else ""


def _subtypes(base: str, pattern: Pattern, action: str) -> Iterator[dict[str, str]]:
    if pattern.subtype is not None:
        yield _coding(pattern.subtype)
    yield {"system": system(base, AUDIT_ACTION), "code": action, "display": words(action)}


def _agents(base: str, pattern: Pattern, actor: str | None) -> Iterator[dict[str, Any]]:
    """Client and server, and the person where one acted through the console."""
    is_person = (actor or "").startswith("account:")
    client = {"display": "The console"} if is_person else _actor(base, actor)
    yield {
        "type": _concept(pattern.client),
        "who": client,
        "requestor": not is_person,
        "network": {"extension": [{"url": _ABSENT, "valueCode": "unknown"}]},
    }
    yield {
        "type": _concept(pattern.server),
        "who": _server(base),
        "requestor": False,
        "network": {"address": base, "type": _URI},
    }
    if is_person:
        yield {"type": _concept(pattern.user), "who": _actor(base, actor), "requestor": True}


def _actor(base: str, actor: str | None) -> dict[str, Any]:
    if actor is None:
        return {"display": "The service itself"}
    return {"identifier": {"system": f"{base}/fhir/actor", "value": actor}}


def _server(base: str) -> dict[str, Any]:
    return {"identifier": {"system": "urn:ietf:rfc:3986", "value": base}, "display": "This service"}


def _entities(base: str, pattern: Pattern, shown: Shown, patient: str) -> Iterator[dict[str, Any]]:
    leaf = shown.entry.leaf
    if patient:
        what = {"type": "Patient", **_pseudonym(base, patient)}
        yield {"what": what, "type": _coding(_PERSON), "role": _coding(_PATIENT)}
    yield _asked(leaf["action"]) if pattern.kind is Kind.QUERY else _written(base, leaf)
    for ref in leaf["subject_refs"]:
        if ref != patient:
            # Not "Person": that type is BALP's slice for the patient.
            yield {"what": _pseudonym(base, ref), "type": coding(base, AUDIT_ENTITY, NAMED)}
    yield _log_entry(base, shown.entry)


def _pseudonym(base: str, ref: str) -> dict[str, Any]:
    return {"identifier": {"system": f"{base}/fhir/pseudonym", "value": ref}}


def _asked(action: str) -> dict[str, Any]:
    return {
        "type": _coding(_SYSTEM_OBJECT),
        "role": _coding(_QUERY),
        "description": "The parameters are committed to in the log and sealed.",
        "query": b64encode(action.encode()).decode(),
    }


def _written(base: str, leaf: dict[str, Any]) -> dict[str, Any]:
    """What was written or read: a decision is a DetectedIssue here, the rest has no resource."""
    if leaf["action"] == DECIDED:
        what: dict[str, Any] = {"reference": f"DetectedIssue/{leaf['id']}", "type": "DetectedIssue"}
    else:
        what = {
            "identifier": {"system": f"{base}/fhir/audit-entry", "value": leaf["id"]},
            "display": words(leaf["action"]),
        }
    return {"what": what, "type": _coding(_SYSTEM_OBJECT), "role": _coding(_RESOURCE)}


def _log_entry(base: str, entry: LoggedEntry) -> dict[str, Any]:
    """The place in the tree and the leaf hash: what an inclusion proof is checked against."""
    leaf = entry.leaf
    told = {
        "index": str(entry.index),
        "leaf_hash": entry.leaf_hash.hex(),
        "outcome": leaf["outcome"],
        "packs": " ".join(leaf["packs"]),
        "model": leaf["model"],
    }
    value = f"{leaf['practice']}/{entry.index}"
    return {
        "what": {"identifier": {"system": f"{base}/fhir/log-index", "value": value}},
        "type": coding(base, AUDIT_ENTITY, LOG_ENTRY),
        "detail": [{"type": name, "valueString": said} for name, said in told.items() if said],
    }


def _coding(coded: Coded) -> dict[str, str]:
    return coded._asdict()


def _concept(coded: Coded) -> dict[str, Any]:
    return {"coding": [coded._asdict()]}
