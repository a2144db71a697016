"""openapi.yaml is what the schemas say: run `make openapi` when this fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from policy_service.api.openapi import SECURITY
from tests.cast import World

FILE = Path(__file__).parents[2] / "openapi.yaml"
OPEN = {"/v1/openapi.json"}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(sqlite_world: World) -> dict[str, Any]:
    """What the running service says of itself; needs no key."""
    response = sqlite_world.app.test_client().get("/v1/openapi.json")
    assert response.status_code == 200
    return dict(json.loads(response.data))


def _as_openapi(rule: str) -> str:
    return re.sub(r"<(?:[a-z_]+:)?([a-z_]+)>", r"{\1}", rule)


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """ "GET /v1/…" and what the document says of it."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_file_is_what_the_schemas_say(document: dict[str, Any]) -> None:
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert written == document, "run `make openapi` and commit openapi.yaml"


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described_and_nothing_else(
    sqlite_world: World, document: dict[str, Any]
) -> None:
    routed = {
        f"{method} {_as_openapi(rule.rule)}"
        for rule in sqlite_world.app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/v1/") and method not in ("HEAD", "OPTIONS")
    }
    assert set(operations(document)) == routed - {f"GET {path}" for path in OPEN}


def test_every_operation_needs_a_key_and_says_how_it_refuses(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        wanted = {"401", "403", "404", "405", "422", "500", "503"}
        if not name.startswith("GET"):
            wanted |= {"400", "413", "415"}
        assert operation["security"] == [{SECURITY: []}], name
        assert wanted <= operation["responses"].keys(), name
        assert operation["summary"], name


def test_every_refusal_is_a_problem_document(document: dict[str, Any]) -> None:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for name, operation in operations(document).items():
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                named = response["$ref"].removeprefix("#/components/responses/")
                content = document["components"]["responses"][named]["content"]
                assert content == {"application/problem+json": problem}, f"{name} {status}"


def test_what_can_be_retried_says_so(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        named = {parameter.get("name") for parameter in operation.get("parameters", [])}
        reads_json = "application/json" in operation.get("requestBody", {}).get("content", {})
        assert ("Idempotency-Key" in named) == reads_json, name
