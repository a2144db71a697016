"""The EHR doors as an OpenAPI document: what Schemathesis makes its cases from.

`openapi.yaml` is the REST door's. CDS Hooks, FHIR and OAuth have documents of their own that
nobody would read twice in another form, so this one exists for the tests alone. It is loose on
purpose: most of what it allows is wrong, and must be refused by name.
"""

from __future__ import annotations

from typing import Any

from policy_service.interop.cds.discovery import SERVICES

Json = dict[str, Any]
TEXT: Json = {"type": "string", "maxLength": 80}
ANYTHING: Json = {"type": "object", "additionalProperties": True}
RESOURCE: Json = {
    "type": "object",
    "properties": {
        "resourceType": {
            "enum": ["Patient", "RelatedPerson", "Bundle", "OperationOutcome", "Flag"]
        },
        "id": TEXT,
        "entry": {"type": "array", "maxItems": 3, "items": ANYTHING},
        "name": {"type": "array", "maxItems": 2, "items": ANYTHING},
        "birthDate": TEXT,
    },
    "required": ["resourceType"],
}
HOOK_CALL: Json = {
    "type": "object",
    "properties": {
        "hook": {"enum": [service.hook for service in SERVICES.values()]},
        "hookInstance": {"type": "string", "format": "uuid"},
        "fhirServer": {"type": "string", "format": "uri"},
        "fhirAuthorization": ANYTHING,
        "context": {
            "type": "object",
            "properties": {
                "userId": TEXT,
                "patientId": TEXT,
                "encounterId": TEXT,
                "performer": TEXT,
                "appointments": RESOURCE,
                "draftOrders": RESOURCE,
                "dispatchedOrders": {"type": "array", "maxItems": 3, "items": TEXT},
                "fulfillmentTasks": {"type": "array", "maxItems": 3, "items": ANYTHING},
            },
            "required": ["patientId"],
        },
        "prefetch": {"type": "object", "additionalProperties": RESOURCE, "maxProperties": 4},
        "extension": ANYTHING,
    },
    "required": ["hook", "hookInstance", "context"],
}
FEEDBACK: Json = {
    "type": "object",
    "properties": {"feedback": {"type": "array", "maxItems": 4, "items": ANYTHING}},
    "required": ["feedback"],
}
PARAMETERS: Json = {
    "type": "object",
    "properties": {
        "resourceType": {"const": "Parameters"},
        "parameter": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"enum": ["client", "patient", "practitioner", "clinician", "purpose"]},
                    "valueString": TEXT,
                    "valueCode": TEXT,
                    "valueReference": ANYTHING,
                    "resource": RESOURCE,
                },
                "required": ["name"],
            },
        },
    },
    "required": ["resourceType", "parameter"],
}
EVENT: Json = {
    "type": "object",
    "properties": {"type": TEXT, "id": TEXT, "resource_id": TEXT, "data": ANYTHING},
}
ASKED = ("grant_type", "scope", "client_assertion_type", "client_assertion", "client_id")
TOKEN_REQUEST: Json = {"type": "object", "properties": dict.fromkeys(ASKED, TEXT)}
SEARCH = (
    "_id",
    "_count",
    "_format",
    "_sort",
    "patient",
    "date",
    "status",
    "agent",
    "entity",
    "page",
)
SEARCH_FORM: Json = {"type": "object", "properties": dict.fromkeys(SEARCH, TEXT)}


def _at(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _asked(name: str) -> Json:
    return {"name": name, "in": "query", "schema": TEXT}


def _body(media_type: str, schema: Json) -> Json:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _operation(*parameters: Json, body: Json | None = None) -> Json:
    said: Json = {"parameters": list(parameters), "responses": {"default": {"description": "any"}}}
    return said if body is None else said | {"requestBody": body}


SERVICE = _at("service", {"enum": [*SERVICES, "boundary-nothing"]})
ID = _at("id", {"type": "string", "format": "uuid"})
FORM = "application/x-www-form-urlencoded"
SEARCHED = [_asked(name) for name in SEARCH]
DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "the EHR doors", "version": "1"},
    "paths": {
        "/cds-services": {"get": _operation()},
        "/cds-services/{service}": {
            "post": _operation(SERVICE, body=_body("application/json", HOOK_CALL))
        },
        "/cds-services/{service}/feedback": {
            "post": _operation(SERVICE, body=_body("application/json", FEEDBACK))
        },
        "/token": {"post": _operation(body=_body(FORM, TOKEN_REQUEST))},
        "/.well-known/smart-configuration": {"get": _operation()},
        "/.well-known/oauth-authorization-server": {"get": _operation()},
        "/fhir/.well-known/smart-configuration": {"get": _operation()},
        "/fhir/metadata": {"get": _operation(_asked("_format"))},
        "/fhir/{kind}/{name}": {
            "get": _operation(
                _at("kind", {"enum": ["CodeSystem", "ConceptMap", "OperationDefinition"]}),
                _at("name", TEXT | {"minLength": 1}),
            )
        },
        "/fhir/$check-boundary": {
            "post": _operation(body=_body("application/fhir+json", PARAMETERS))
        },
        "/fhir/DetectedIssue": {"get": _operation(*SEARCHED)},
        "/fhir/DetectedIssue/_search": {"post": _operation(body=_body(FORM, SEARCH_FORM))},
        "/fhir/DetectedIssue/{id}": {"get": _operation(ID)},
        "/fhir/AuditEvent": {"get": _operation(*SEARCHED)},
        "/fhir/AuditEvent/_search": {"post": _operation(body=_body(FORM, SEARCH_FORM))},
        "/webhooks/in/{id}": {"post": _operation(ID, body=_body("application/json", EVENT))},
    },
}
