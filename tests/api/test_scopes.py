"""Every route and every scope, one by one: a route that is not listed here fails the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from policy_service.domain.principals import Scope
from tests.api.test_openapi import FILE, operations
from tests.cast import Caller, World, empty_world, populate

DECISIONS = {Scope.DECISION_BRIEF, Scope.DECISION_FULL}
READ, WRITE = {Scope.REGISTRY_READ}, {Scope.REGISTRY_WRITE}
PREVIEW = {Scope.PREVIEW_OWN}
EVENTS, IDENTITY, AUDIT = {Scope.EVENTS_WRITE}, {Scope.IDENTITY_WRITE}, {Scope.AUDIT_READ}
PACKS = {Scope.PACKS_PROPOSE}

MATRIX: dict[str, set[Scope]] = {
    "POST /v1/checks": DECISIONS,
    "POST /v1/checks/batch": DECISIONS,
    "GET /v1/checks/changes": DECISIONS,
    "POST /v1/checks/{check_id}/feedback": DECISIONS,
    "GET /v1/checks/{check_id}": DECISIONS,
    "GET /v1/checks/{check_id}/replay": AUDIT,
    "GET /v1/checks/{check_id}/timeline": DECISIONS,
    "GET /v1/duties": DECISIONS,
    "GET /v1/duties/{duty_id}": DECISIONS,
    "POST /v1/duties/{duty_id}/proof": {Scope.DUTIES_WRITE},
    "POST /v1/duties/{duty_id}/not-applicable": {Scope.DUTIES_WRITE},
    "POST /v1/reconciliations": DECISIONS,
    "GET /v1/reconciliations/{reconciliation_id}": DECISIONS,
    "POST /v1/screenings": DECISIONS,
    "GET /v1/screenings/{screening_id}": DECISIONS,
    "GET /v1/clients/{client_id}/flags": DECISIONS,
    "GET /v1/audit/checkpoint": AUDIT,
    "GET /v1/audit/consistency": AUDIT,
    "GET /v1/audit/entries": AUDIT,
    "GET /v1/audit/entries.csv": AUDIT,
    "GET /v1/audit/entries.jsonl": AUDIT,
    "GET /v1/audit/tail": AUDIT,
    "POST /v1/audit/receipts": AUDIT | DECISIONS,
    "GET /v1/audit/keys": AUDIT | DECISIONS,
    "POST /v1/audit/bundles": {Scope.AUDIT_RELEASE},
    "POST /v1/audit/exports": {Scope.AUDIT_RELEASE},
    "GET /v1/audit/exports/{release_id}": {Scope.AUDIT_RELEASE},
    "GET /v1/releases": {Scope.RELEASES_READ},
    "GET /v1/releases.csv": {Scope.RELEASES_READ},
    "GET /v1/audit/entries/{entry_id}": AUDIT,
    "GET /v1/audit/entries/{entry_id}/proof": AUDIT,
    "GET /v1/packs": {Scope.PACKS_READ, Scope.PACKS_PROPOSE},
    "POST /v1/packs": PACKS,
    "GET /v1/packs/{digest}": {Scope.PACKS_READ, Scope.PACKS_PROPOSE},
    "GET /v1/packs/{digest}/comparison": PACKS,
    "POST /v1/packs/{digest}/activation": PACKS,
    "POST /v1/packs/{digest}/replays": PACKS,
    "GET /v1/packs/{digest}/replays/{replay_id}": PACKS,
    "GET /v1/accounts/{account_id}": READ,
    "PUT /v1/accounts/{account_id}": WRITE,
    "GET /v1/accounts/{account_id}/connections": READ,
    "POST /v1/accounts/{account_id}/withdrawal": WRITE,
    "GET /v1/clients": READ,
    "POST /v1/clients": WRITE,
    "GET /v1/clients/{client_id}": READ,
    "PUT /v1/clients/{client_id}": WRITE,
    "GET /v1/clients/{client_id}/accounts": READ,
    "POST /v1/clients/{client_id}/accounts": WRITE,
    "POST /v1/clients/{client_id}/merge": WRITE,
    "POST /v1/clients/{client_id}/split": WRITE,
    "GET /v1/clinicians": READ,
    "POST /v1/clinicians": WRITE,
    "GET /v1/clinicians/{clinician_id}": READ,
    "PUT /v1/clinicians/{clinician_id}": WRITE,
    "GET /v1/clinicians/{clinician_id}/accounts": READ,
    "POST /v1/clinicians/{clinician_id}/accounts": WRITE,
    "GET /v1/clinicians/{clinician_id}/attestations": READ,
    "POST /v1/clinicians/{clinician_id}/attestations": WRITE,
    "POST /v1/clinicians/{clinician_id}/attestations/{attestation_id}/withdrawal": WRITE,
    "POST /v1/clinicians/{clinician_id}/deactivation": WRITE,
    "GET /v1/clinicians/{clinician_id}/disclosures": READ,
    "POST /v1/clinicians/{clinician_id}/disclosures": WRITE,
    "PUT /v1/clinicians/{clinician_id}/disclosures/{tie_id}": WRITE,
    "POST /v1/clinicians/{clinician_id}/disclosures/{tie_id}/withdrawal": WRITE,
    "GET /v1/clinicians/{clinician_id}/licences": READ,
    "POST /v1/clinicians/{clinician_id}/licences": WRITE,
    "POST /v1/clinicians/{clinician_id}/licences/{licence_id}/lapse": WRITE,
    "POST /v1/clinicians/{clinician_id}/licences/{licence_id}/withdrawal": WRITE,
    "GET /v1/clinicians/{clinician_id}/memberships": READ,
    "POST /v1/clinicians/{clinician_id}/memberships": WRITE,
    "POST /v1/clinicians/{clinician_id}/memberships/{membership_id}/end": WRITE,
    "POST /v1/clinicians/{clinician_id}/memberships/{membership_id}/withdrawal": WRITE,
    "POST /v1/connections": WRITE,
    "PUT /v1/connections/{connection_id}": WRITE,
    "POST /v1/connections/{connection_id}/withdrawal": WRITE,
    "POST /v1/episodes": WRITE,
    "GET /v1/episodes/{episode_id}": READ,
    "PUT /v1/episodes/{episode_id}": WRITE,
    "POST /v1/episodes/{episode_id}/withdrawal": WRITE,
    "GET /v1/events": READ,
    "POST /v1/events": EVENTS,
    "PUT /v1/events/{event_id}": EVENTS,
    "POST /v1/events/{event_id}/withdrawal": EVENTS,
    "POST /v1/identity-verdicts": IDENTITY,
    "POST /v1/imports/roster": WRITE,
    "GET /v1/imports/roster-drops": WRITE,
    "POST /v1/imports/roster-drops": WRITE,
    "GET /v1/imports/roster-drops/{drop_id}": WRITE,
    "POST /v1/imports/roster-drops/{drop_id}/applying": WRITE,
    "POST /v1/imports/roster-drops/{drop_id}/discard": WRITE,
    "POST /v1/ties": IDENTITY,
    "PUT /v1/ties/{tie_id}": IDENTITY,
    "POST /v1/ties/{tie_id}/withdrawal": IDENTITY,
    "GET /v1/clinicians/{clinician_id}/attestations/{attestation_id}": READ,
    "GET /v1/clinicians/{clinician_id}/disclosures/{tie_id}": READ,
    "GET /v1/clinicians/{clinician_id}/licences/{licence_id}": READ,
    "GET /v1/clinicians/{clinician_id}/memberships/{membership_id}": READ,
    "GET /v1/connections/{connection_id}": READ,
    "GET /v1/identity-verdicts/{verdict_id}": IDENTITY,
    "GET /v1/ties/{tie_id}": IDENTITY,
    "POST /v1/previews": PREVIEW,
    "GET /v1/previews": PREVIEW,
    "GET /v1/previews/{preview_id}": PREVIEW,
    "POST /v1/previews/{preview_id}/share": PREVIEW,
}
_ERASURES = (
    "GET /v1/clients/{client_id}/erasure",
    "POST /v1/erasures",
    "GET /v1/erasures/{erasure_id}",
    "POST /v1/legal-holds",
    "POST /v1/legal-holds/{hold_id}/lifting",
)
MATRIX |= {route: {Scope.ERASURES_ASK} for route in _ERASURES}
_IMPORTS = "/v1/clinicians/{clinician_id}/contact-imports"
MATRIX |= {
    f"POST {_IMPORTS}": {Scope.CONTACTS_WRITE},
    f"GET {_IMPORTS}": {Scope.CONTACTS_WRITE},
    f"GET {_IMPORTS}/{{import_id}}": {Scope.CONTACTS_WRITE},
    f"POST {_IMPORTS}/{{import_id}}/storing": {Scope.CONTACTS_WRITE},
    f"POST {_IMPORTS}/{{import_id}}/discard": {Scope.CONTACTS_WRITE},
    f"POST {_IMPORTS}/{{import_id}}/undo": {Scope.CONTACTS_WRITE},
}
_WEBHOOKS = (
    "GET /v1/webhook-endpoints",
    "POST /v1/webhook-endpoints",
    "GET /v1/webhook-endpoints/{endpoint_id}",
    "PUT /v1/webhook-endpoints/{endpoint_id}",
    "DELETE /v1/webhook-endpoints/{endpoint_id}",
    "POST /v1/webhook-endpoints/{endpoint_id}/rotation",
    "POST /v1/webhook-endpoints/{endpoint_id}/pause",
    "POST /v1/webhook-endpoints/{endpoint_id}/resumption",
    "POST /v1/webhook-endpoints/{endpoint_id}/ping",
    "GET /v1/webhook-endpoints/{endpoint_id}/deliveries",
    "GET /v1/webhook-deliveries/{delivery_id}",
    "POST /v1/webhook-deliveries/{delivery_id}/replay",
)
MATRIX |= {route: {Scope.WEBHOOKS_MANAGE} for route in _WEBHOOKS}
MATRIX["GET /v1/notices/{notice_id}"] = DECISIONS
DOCUMENT = yaml.safe_load(FILE.read_text(encoding="utf-8"))
OPERATIONS = operations(DOCUMENT)
SPECIAL: dict[str, Any] = {
    "acting_user": {"role": "compliance"},
    "client": {"id": str(uuid4())},
    "clinician": {"id": str(uuid4())},
    "files": {"README.md": "No pack."},
    "listed": [{"key": "k-1", "at": "2021-05-17T09:00:00Z"}],
    "person": {"names": [{"family": "Moss"}]},
    "url": "https://ehr.example/hook",
    "valid_to": "2021",
}
"""Parts whose rules a JSON schema does not say."""


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The cast, once for the module: whatever is asked names ids that do not exist."""
    folder = tmp_path_factory.mktemp("scopes")
    (folder / "world.sqlite3").write_bytes(sqlite_template.read_bytes())
    made = populate(empty_world(f"sqlite:///{folder / 'world.sqlite3'}", folder))
    yield made
    made.desk.database.dispose()


@pytest.fixture(scope="module")
def callers(world: World) -> dict[Scope, Caller]:
    """One caller a scope."""
    return {scope: world.http(scope) for scope in Scope}


def minimal(schema: dict[str, Any], name: str = "") -> Any:
    """The least that the schema allows."""
    if name in SPECIAL:
        return SPECIAL[name]
    if "$ref" in schema:
        return minimal(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
    match kind:
        case "object":
            wanted = {*schema.get("required", ()), *(SPECIAL.keys() & schema["properties"].keys())}
            return {part: minimal(schema["properties"][part], part) for part in sorted(wanted)}
        case "array":
            return [minimal(schema["items"])]
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(uuid4())
    if schema.get("format") == "date-time":
        return "2021-05-17T09:30:00Z"
    return "2021-05-17" if schema.get("format") == "date" else "US-TX"


def _send(caller: Caller, name: str) -> Any:
    method, path = name.split(" ")
    operation = OPERATIONS[name]
    query = {
        parameter["name"]: minimal(parameter["schema"], parameter["name"])
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and parameter.get("required")
    }
    content = operation.get("requestBody", {}).get("content", {})
    more: dict[str, Any] = {"query_string": query}
    if "application/json" in content:
        more["json"] = minimal(content["application/json"]["schema"])
    elif content:
        more |= {"data": b"x", "content_type": next(iter(content))}
    address = re.sub(r"\{[a-z_]+\}", lambda _: str(uuid4()), path)
    return caller.client.open(address, method=method, headers=caller.headers, **more)


def test_every_route_is_in_the_matrix_and_nothing_else() -> None:
    assert MATRIX.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_route_is_for_its_scopes_alone(callers: dict[Scope, Caller], name: str) -> None:
    for scope, caller in callers.items():
        response = _send(caller, name)
        refused = response.status_code == 403
        assert response.status_code not in (401, 405, 415, 500, 503), response.text
        assert refused == (scope not in MATRIX[name]), f"{scope}: {response.text}"
        if refused:
            assert "scope" in response.json["detail"]
