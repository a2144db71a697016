"""openid-client (npm) and Authlib (PyPI), unmodified, as SMART backend services.

Each gets its token from a live server with ES384 and with RS384, and reads with it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import JWKRegistry

from tests.foreign.conftest import Run
from tests.foreign.live import Live, serving
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.registering import register_backend
from tests.interop.conformance.tokens import key_of

pytestmark = pytest.mark.foreign
SCOPE = "system/DetectedIssue.rs"
EACH_ALGORITHM = pytest.mark.parametrize("alg", ["ES384", "RS384"])


@pytest.fixture(scope="module")
def live(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server for all tests of the module."""
    with serving(sqlite_template, tmp_path_factory.mktemp("live")) as started:
        yield started


@pytest.fixture
def backend(live: Live, alg: str) -> Backend:
    """A client registered with one key, by configuration alone."""
    return register_backend(live.world, f"a client with {alg}", key_of(alg, "live"))


def told_by_openid(run: Run, live: Live, backend: Backend, scope: str = SCOPE) -> dict[str, Any]:
    """What openid-client got, and what the token opened."""
    key = live.key_file(backend.key)
    done = run(live.url, backend.client_id, key, scope, "/fhir/DetectedIssue")
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == ("token" in told), done.stderr
    return told


@EACH_ALGORITHM
def test_openid_client_gets_a_token_and_reads_with_it(
    openid_client: Run, live: Live, backend: Backend, alg: str
) -> None:
    told = told_by_openid(openid_client, live, backend)
    assert told["token"] == {"token_type": "bearer", "expires_in": 300, "scope": SCOPE}
    assert (told["status"], told["type"]) == (200, "application/fhir+json")


@EACH_ALGORITHM
def test_openid_client_gets_nothing_with_a_key_that_is_not_registered(
    openid_client: Run, live: Live, backend: Backend, alg: str
) -> None:
    """Control: the same client, with another key of the same name, or a scope it does not hold."""
    stranger = Backend(live.world, backend.client_id, key_of(alg, "stranger"))
    assert told_by_openid(openid_client, live, stranger)["error"] == "invalid_client"
    refused = told_by_openid(openid_client, live, backend, "system/Observation.rs")
    assert refused["error"] == "invalid_scope"


def session_of(live: Live, backend: Backend, **claims: int) -> OAuth2Session:
    """Authlib as a SMART client; its assertions live an hour unless it is told otherwise."""
    url = f"{live.url}/token"
    key = JWKRegistry.import_key(backend.key.private_jwk)
    headers = {"kid": backend.key.kid}
    method = PrivateKeyJWT(url, claims=claims or None, headers=headers, alg=backend.key.alg)
    return OAuth2Session(
        backend.client_id, key, token_endpoint=url, token_endpoint_auth_method=method, scope=SCOPE
    )


@EACH_ALGORITHM
def test_authlib_gets_a_token_and_reads_with_it(live: Live, backend: Backend, alg: str) -> None:
    with session_of(live, backend, exp=int(time.time()) + 240) as session:
        token = session.fetch_token(grant_type="client_credentials")
        assert (token["expires_in"], token["scope"]) == (300, SCOPE)
        answer = session.get(f"{live.url}/fhir/DetectedIssue", timeout=30)
        assert (answer.status_code, answer.json()["resourceType"]) == (200, "Bundle")
        assert session.get(f"{live.url}/fhir/AuditEvent", timeout=30).status_code == 403


@EACH_ALGORITHM
def test_authlibs_own_hour_is_more_than_smart_allows(
    live: Live, backend: Backend, alg: str
) -> None:
    """Its default lifetime is refused with words that say why."""
    with session_of(live, backend) as session:
        answer = session.fetch_token
        with pytest.raises(Exception, match=r"invalid_client.*5 minutes ahead"):
            answer(grant_type="client_credentials")
