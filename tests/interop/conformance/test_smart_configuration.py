"""The SMART configuration (SMART App Launch 2.2 "Conformance", "Backend Services")."""

from __future__ import annotations

import pytest

from tests.interop.conformance.backend import Backend

WELL_KNOWN = "/.well-known/smart-configuration"


@pytest.mark.parametrize("base", ["", "/fhir"])
def test_the_configuration_is_below_each_base_url(backend: Backend, base: str) -> None:
    answer = backend.anonymous().get(f"{base}{WELL_KNOWN}")
    assert answer.status_code == 200
    assert answer.json["token_endpoint"] == backend.token_url


@pytest.mark.parametrize("accept", [None, "application/json", "text/html", "application/fhir+xml"])
def test_the_configuration_is_json_whatever_is_accepted(
    backend: Backend, accept: str | None
) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = backend.anonymous().get(WELL_KNOWN, headers=headers)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


def test_the_configuration_has_every_required_field(backend: Backend) -> None:
    found = backend.anonymous().get(WELL_KNOWN).json
    assert found["token_endpoint"] == f"{backend.base}/token"
    assert found["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    algorithms = found["token_endpoint_auth_signing_alg_values_supported"]
    assert set(algorithms) == {"RS384", "ES384"}
    assert found["grant_types_supported"] == ["client_credentials"]
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(found["capabilities"])
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["scopes_supported"]


def test_every_listed_scope_is_granted(backend: Backend) -> None:
    for scope in backend.anonymous().get(WELL_KNOWN).json["scopes_supported"]:
        answer = backend.ask(scope=scope)
        assert answer.status_code == 200, (scope, answer.text)
        assert answer.json["scope"], scope
