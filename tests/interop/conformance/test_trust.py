"""Trusting CDS clients (CDS Hooks 2.0 "Trusting CDS Clients" to "Cross-Origin Resource Sharing").

Every forged token of forged.py is sent to discovery, a service and feedback, signed with either
algorithm, and its mended twin is accepted at the same place.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from policy_service.app import create_desk
from tests.cast import World
from tests.interop.conformance.ehr import SERVICES, Ehr, refused
from tests.interop.conformance.fhir_server import FhirServer
from tests.interop.conformance.forged import FORGERIES, good
from tests.interop.conformance.hooks import body_of, service_id
from tests.interop.conformance.refusing import refuse_key_set
from tests.interop.conformance.registering import Registration, register
from tests.interop.conformance.tokens import es384, key_of

CALLED = f"{SERVICES}/{service_id('patient-view')}"
PLACES: dict[str, Callable[[Ehr, str], TestResponse]] = {
    SERVICES: lambda ehr, token: ehr.get(SERVICES, token),
    CALLED: lambda ehr, token: ehr.post(CALLED, body_of("patient-view", "ben", "nora"), token),
    f"{CALLED}/feedback": lambda ehr, token: ehr.post(
        f"{CALLED}/feedback", {"feedback": []}, token
    ),
}
EACH_PLACE = pytest.mark.parametrize("path", PLACES)
EACH_ALGORITHM = pytest.mark.parametrize("alg", ["ES384", "RS384"])


def sent(ehr: Ehr, path: str, token: str) -> TestResponse:
    """A request to one of the three kinds of address."""
    return PLACES[path](ehr, token)


@EACH_PLACE
def test_every_call_needs_a_token(ehr: Ehr, path: str) -> None:
    answer = sent(ehr, path, "")
    refused(answer, 401, "http.Authorization")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert sent(ehr, path, ehr.token(path)).status_code == 200
    client = ehr.world.app.test_client()
    for scheme in ("Basic", "Digest", "JWT", "Token"):
        headers = {"Authorization": f"{scheme} {ehr.token(path)}"}
        answer = client.open(path, method="GET" if path == SERVICES else "POST", headers=headers)
        refused(answer, 401, "http.Authorization")


@pytest.mark.parametrize("case", FORGERIES)
@EACH_ALGORITHM
def test_a_forged_token_is_refused_and_its_mended_twin_accepted(
    clients: dict[str, Ehr], alg: str, case: str
) -> None:
    ehr, forgery = clients[alg], FORGERIES[case]
    for path in PLACES:
        before = ehr.world.actions()
        refused(sent(ehr, path, forgery.forge(ehr, path)), 401, "http.Authorization")
        assert ehr.world.actions() == before, "nothing is decided for a caller nobody knows"
        twin = sent(ehr, path, forgery.mended(ehr, path))
        assert twin.status_code == 200, twin.text


def test_the_table_of_forgeries_holds_the_cases_of_the_reference_page() -> None:
    assert len(FORGERIES) >= 55
    assert {"none", "HMAC with the public key in PEM", "expired", "no exp", "no iat"} <= set(
        FORGERIES
    )
    assert {"no jti", "no aud", "no kid", "issued in the future"} <= set(FORGERIES)
    assert {"lives too long", "another service", "issuer unknown"} <= set(FORGERIES)
    assert {"key not registered", "key set not registered", "key embedded as jwk"} <= set(FORGERIES)


def _cases(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", names)


@_cases("signature changed", "claim changed after signing", "signature of zeros")
def test_the_signature_is_verified(ehr: Ehr, case: str) -> None:
    refused(sent(ehr, CALLED, FORGERIES[case].forge(ehr, CALLED)), 401, "http.Authorization")


@_cases("no alg", "no kid", "another typ", "another algorithm of the key")
def test_a_missing_header_is_refused(ehr: Ehr, case: str) -> None:
    refused(sent(ehr, CALLED, FORGERIES[case].forge(ehr, CALLED)), 401, "http.Authorization")


@_cases("no iss", "no aud", "no exp", "no iat", "no jti")
def test_a_missing_claim_is_refused(ehr: Ehr, case: str) -> None:
    refused(sent(ehr, CALLED, FORGERIES[case].forge(ehr, CALLED)), 401, "http.Authorization")


@_cases("none", "None", "HMAC with the public key in PEM", "HMAC with the public key as JWK")
def test_unsigned_and_symmetric_tokens_are_refused(ehr: Ehr, case: str) -> None:
    refused(sent(ehr, CALLED, FORGERIES[case].forge(ehr, CALLED)), 401, "http.Authorization")


def test_a_set_with_one_kid_twice_cannot_be_registered(sqlite_world: World) -> None:
    twins = [es384().jwk, es384("another").jwk | {"kid": es384().kid}]
    assert "kid" in refuse_key_set(sqlite_world, twins)


def test_the_audience_is_the_configured_url(ehr: Ehr) -> None:
    right = f"{ehr.base}{CALLED}"
    for audience in (right, [right], ["https://other.example.org", right]):
        assert sent(ehr, CALLED, ehr.token(CALLED, aud=audience)).status_code == 200
    spoofed = "https://spoofed.example.org"
    client = ehr.world.app.test_client()
    for audience, status in ((f"{spoofed}{CALLED}", 401), (right, 200)):
        headers = {
            "Authorization": f"Bearer {ehr.token(CALLED, aud=audience)}",
            "X-Forwarded-Host": "spoofed.example.org",
        }
        body = body_of("patient-view", "ben", "nora")
        answer = client.post(CALLED, json=body, headers=headers, base_url=spoofed)
        assert answer.status_code == status, answer.text


@EACH_ALGORITHM
def test_both_algorithms_are_accepted(clients: dict[str, Ehr], alg: str) -> None:
    """Also with claims that some EHRs add: Epic's sub and nbf."""
    ehr = clients[alg]
    issued = int(ehr.world.clock().timestamp()) - 300
    for path in PLACES:
        assert sent(ehr, path, good(ehr, path)).status_code == 200
        more = ehr.token(path, sub="client-7", nbf=issued, hook="x", resource={"a": [1]})
        assert sent(ehr, path, more).status_code == 200


@EACH_PLACE
def test_a_token_is_taken_once(ehr: Ehr, path: str) -> None:
    """By this worker, by another one over the same database, and after a restart."""
    token = ehr.token(path)
    assert sent(ehr, path, token).status_code == 200
    for _ in range(2):
        refused(sent(ehr, path, token), 401, "http.Authorization")
    desk = create_desk(ehr.world.settings, ehr.world.clock)
    other = World(ehr.world.settings, desk, ehr.world.clock, ehr.world.practice_id, None)
    elsewhere = Ehr(other, ehr.issuer, ehr.key, ehr.tenant)
    refused(sent(elsewhere, path, token), 401, "http.Authorization")
    assert sent(elsewhere, path, elsewhere.token(path)).status_code == 200
    desk.database.dispose()


def test_a_token_that_was_refused_is_not_spent(ehr: Ehr) -> None:
    """A forger who knows a jti cannot use it up for its owner."""
    jti = "known-to-the-forger"
    forged = es384("a stranger").sign(ehr.header(), ehr.claims(CALLED, jti=jti))
    refused(sent(ehr, CALLED, forged), 401, "http.Authorization")
    assert sent(ehr, CALLED, ehr.token(CALLED, jti=jti)).status_code == 200


def test_issuer_and_tenant_lead_to_one_practice(sqlite_world: World) -> None:
    issuer = "https://shared.example.org"
    north = register(sqlite_world, issuer, es384("north"), Registration(tenant="north"))
    south = register(sqlite_world, issuer, es384("south"), Registration(tenant="south"))
    for ehr in (north, south):
        assert ehr.get(SERVICES).status_code == 200
    crossed = Ehr(sqlite_world, issuer, north.key, "south")
    for stranger in (crossed, Ehr(sqlite_world, issuer, north.key, "west"),
                     Ehr(sqlite_world, issuer, north.key)):  # fmt: skip
        refused(stranger.get(SERVICES), 401, "http.Authorization")


def test_a_key_set_address_that_is_not_listed_is_never_asked(
    ehr: Ehr, stranger_server: FhirServer
) -> None:
    address = f"{stranger_server.url}/jwks"
    token = ehr.key.sign(ehr.header(jku=address), ehr.claims(CALLED))
    refused(sent(ehr, CALLED, token), 401, "http.Authorization")
    assert stranger_server.asked == []


@EACH_PLACE
def test_preflight_is_free_and_for_listed_origins(ehr: Ehr, path: str) -> None:
    client = ehr.world.app.test_client()
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    listed = client.options(path, headers=asked | {"Origin": "https://ehr.example.org"})
    assert listed.status_code in (200, 204)
    assert listed.headers["Access-Control-Allow-Origin"] == "https://ehr.example.org"
    allowed = listed.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type", "accept"} <= set(allowed.replace(" ", "").split(","))
    other = client.options(path, headers=asked | {"Origin": "https://stranger.example.org"})
    assert other.status_code in (200, 204)
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Access-Control-Allow-Credentials" not in listed.headers


def test_headers_that_a_library_adds_pass_the_preflight_of_a_listed_origin(ehr: Ehr) -> None:
    """Medplum's client sends X-Medplum; what is no header name is not echoed."""
    client = ehr.world.app.test_client()
    asked = "authorization,x-medplum,content-type,bad name,evil\x01"
    headers = {"Origin": "https://ehr.example.org", "Access-Control-Request-Headers": asked}
    allowed = client.options(CALLED, headers=headers).headers["Access-Control-Allow-Headers"]
    assert allowed == "Authorization, Content-Type, Accept, x-medplum"
    stranger = headers | {"Origin": "https://stranger.example.org"}
    answer = client.options(CALLED, headers=stranger)
    assert "Access-Control-Allow-Headers" not in answer.headers


def test_the_keys_of_one_client_open_nothing_of_another(sqlite_world: World) -> None:
    first = register(sqlite_world, "https://first.example.org", key_of("ES384", "first"))
    second = register(sqlite_world, "https://second.example.org", key_of("ES384", "second"))
    mixed = Ehr(sqlite_world, first.issuer, second.key)
    refused(mixed.get(SERVICES), 401, "http.Authorization")
    assert first.get(SERVICES).status_code == second.get(SERVICES).status_code == 200
