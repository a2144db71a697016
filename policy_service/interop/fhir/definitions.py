"""CapabilityStatement and OperationDefinition: what stands at /fhir, for machines.

Public, and of no practice: they hold nothing that a stranger may not read.
"""

from __future__ import annotations

from typing import Any

from policy_service.domain.principals import ActingRole
from policy_service.domain.vocabulary import PURPOSES
from policy_service.interop.fhir.code_systems import (
    CONCEPT_MAPS,
    PUBLISHED_ON,
    VERSION,
    VOCABULARIES,
    code_system,
)

FHIR_VERSION = "4.0.1"
CHECK_BOUNDARY = "check-boundary"
_SMART = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
MOST_PRACTITIONERS = 20
"""In one call: each is a check of its own."""
ASKED_PURPOSES = tuple(purpose for purpose in PURPOSES if purpose != "event")
"""An event is reported through /v1, never asked about."""

Search = tuple[str, str, str]
"""Name, type and meaning of a search parameter."""
DETECTED_ISSUE_SEARCH: tuple[Search, ...] = (
    ("patient", "reference", "The client: the id this service gave, or the EHR's own"),
    ("identified", "date", "When it was decided"),
    ("status", "token", "preliminary while it is in review, amended once the practice decided"),
    ("acting-role", "token", f"Who reads: {', '.join(ActingRole)}; left out, nobody may learn"),
    ("acting-practitioner", "reference", "Which clinician reads, where acting-role is clinician"),
)
AUDIT_EVENT_SEARCH: tuple[Search, ...] = (
    ("date", "date", "When it was recorded"),
    ("subtype", "token", "The action as the log has it, such as check.decided"),
    ("agent", "token", "The actor's pseudonym"),
    ("entity", "token", "The pseudonym of a person the entry names"),
    ("patient", "reference", "A client by id, for callers who may read the registry"),
)


def capability_statement(base: str) -> dict[str, Any]:
    """GET /fhir/metadata. `base` is the service's public address."""
    return {
        "resourceType": "CapabilityStatement",
        "id": "policy-service",
        "url": f"{base}/fhir/metadata",
        "version": VERSION,
        "name": "PolicyService",
        "title": "Boundary checks for psychotherapy practices",
        "status": "active",
        "experimental": False,
        "date": PUBLISHED_ON,
        "publisher": "policy_service",
        "kind": "instance",
        "software": {"name": "policy_service", "version": VERSION},
        "implementation": {"description": "policy_service", "url": f"{base}/fhir"},
        "fhirVersion": FHIR_VERSION,
        "format": ["application/fhir+json", "json"],
        "rest": [_rest(base)],
    }


def _rest(base: str) -> dict[str, Any]:
    return {
        "mode": "server",
        "security": _security(base),
        "resource": [
            _resource("DetectedIssue", ("read", "search-type"), DETECTED_ISSUE_SEARCH),
            _resource("AuditEvent", ("search-type",), AUDIT_EVENT_SEARCH),
            *(_resource(kind, ("read",)) for kind in ("CodeSystem", "ConceptMap")),
            _resource("OperationDefinition", ("read",)),
        ],
        "operation": [{"name": CHECK_BOUNDARY, "definition": _operation_url(base)}],
    }


def _security(base: str) -> dict[str, Any]:
    """SMART Backend Services: the token endpoint, and that browsers may call registered ones."""
    token = {"url": "token", "valueUri": f"{base}/token"}
    service = {"system": _SMART, "code": "SMART-on-FHIR", "display": "SMART-on-FHIR"}
    return {
        "extension": [{"url": _OAUTH, "extension": [token]}],
        "cors": True,
        "service": [{"coding": [service]}],
        "description": "A SMART Backend Services access token, or an API key of this service.",
    }


def _resource(
    kind: str, interactions: tuple[str, ...], searches: tuple[Search, ...] = ()
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": interaction} for interaction in interactions],
    }
    if searches:
        made["searchParam"] = [
            {"name": name, "type": of, "documentation": meaning} for name, of, meaning in searches
        ]
    return made


def _operation_url(base: str) -> str:
    return f"{base}/fhir/OperationDefinition/{CHECK_BOUNDARY}"


def operation_definition(base: str) -> dict[str, Any]:
    """GET /fhir/OperationDefinition/check-boundary."""
    return {
        "resourceType": "OperationDefinition",
        "id": CHECK_BOUNDARY,
        "url": _operation_url(base),
        "version": VERSION,
        "name": "CheckBoundary",
        "title": "Is there a boundary conflict between these clinicians and this client?",
        "status": "active",
        "kind": "operation",
        "experimental": False,
        "date": PUBLISHED_ON,
        "publisher": "policy_service",
        "description": "One check for each practitioner; every one is decided and recorded.",
        "affectsState": True,
        "code": CHECK_BOUNDARY,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": list(_PARAMETERS),
    }


def _parameter(name: str, cardinality: tuple[int, str], kind: str, meaning: str) -> dict[str, Any]:
    lowest, highest = cardinality
    use = "out" if name == "return" else "in"
    made = {"name": name, "use": use, "min": lowest, "max": highest}
    return {**made, "documentation": meaning, "type": kind}


_PARAMETERS = (
    _parameter("purpose", (1, "1"), "code", f"Why it is asked: {', '.join(ASKED_PURPOSES)}."),
    _parameter(
        "patient",
        (1, "1"),
        "Any",
        "The Patient resource as known today, or a Reference with the id this service gave.",
    ),
    _parameter(
        "practitioner",
        (0, str(MOST_PRACTITIONERS)),
        "Reference",
        "A clinician who would treat, by the EHR's id, an identifier, or the id given here.",
    ),
    _parameter("appointment", (0, "1"), "Appointment", "Its practitioners are checked as well."),
    _parameter(
        "relatedPerson", (0, "*"), "RelatedPerson", "People the client names, such as family."
    ),
    _parameter("actingRole", (0, "1"), "code", "Who reads the answer; left out, nobody may learn."),
    _parameter("actingPractitioner", (0, "1"), "Reference", "Which clinician reads the answer."),
    _parameter("locationOfService", (0, "1"), "code", "Where the client is: US-TX, or unknown."),
    _parameter("return", (1, "1"), "Bundle", "DetectedIssues, and one OperationOutcome."),
)


def definition(base: str, kind: str, name: str) -> dict[str, Any] | None:
    """A definition by type and id; None where there is no such."""
    if kind == "CodeSystem":
        return code_system(base, VOCABULARIES[name]) if name in VOCABULARIES else None
    if kind == "ConceptMap":
        return CONCEPT_MAPS[name](base) if name in CONCEPT_MAPS else None
    return operation_definition(base) if name == CHECK_BOUNDARY else None
