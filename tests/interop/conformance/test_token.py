"""The token endpoint (SMART App Launch 2.2 "Backend Services", "Client … Asymmetric")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import World
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.hooks import Json
from tests.interop.conformance.refusing import refuse_key_set
from tests.interop.conformance.registering import (
    forget_keys,
    register_backend,
    register_key_address,
)
from tests.interop.conformance.tokens import es384, hmac_signed, key_of, rs384, unsigned_part
from tests.services.loopback import Host

BRIEF = frozenset({Scope.DECISION_BRIEF})
EACH_ALGORITHM = pytest.mark.parametrize("alg", ["ES384", "RS384"])


def refused(backend: Backend, error: str, **form: Any) -> None:
    """A request that must end in this error of RFC 6749 section 5.2."""
    answer = backend.ask(**form)
    assert answer.status_code in (400, 401), answer.text
    assert answer.json["error"] == error, answer.json
    assert answer.json["error_description"].isascii()
    assert "access_token" not in answer.json


@EACH_ALGORITHM
def test_both_algorithms_get_a_token(backends: dict[str, Backend], alg: str) -> None:
    """Also without typ: openid-client leaves it out."""
    backend = backends[alg]
    for assertion in (backend.assertion(), backend.assertion(header={"typ": None})):
        answer = backend.ask(client_assertion=assertion)
        assert answer.status_code == 200, answer.text


def test_a_token_answer_has_every_required_field(backend: Backend) -> None:
    answer = backend.ask(scope="system/DetectedIssue.rs system/AuditEvent.rs")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["token_type"] == "bearer"
    assert 0 < answer.json["expires_in"] <= 300
    assert set(answer.json["scope"].split()) == {"system/DetectedIssue.rs", "system/AuditEvent.rs"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "form"),
    [
        ("unsupported_grant_type", {"grant_type": "authorization_code"}),
        ("unsupported_grant_type", {"grant_type": "refresh_token"}),
        ("invalid_client", {"client_assertion_type": None}),
        ("invalid_client", {"client_assertion_type": "urn:example"}),
        ("invalid_client", {"client_assertion": None}),
        ("invalid_client", {"client_assertion": "no token at all"}),
        ("invalid_scope", {"scope": None}),
        ("invalid_scope", {"scope": "everything"}),
    ],
    ids=lambda part: str(part),
)
def test_a_request_that_is_not_whole_is_refused(
    backend: Backend, error: str, form: dict[str, Any]
) -> None:
    refused(backend, error, **form)
    as_json = backend.anonymous().post("/token", json=backend.form())
    assert (as_json.status_code, as_json.json["error"]) == (400, "invalid_request")
    missing = backend.ask(grant_type=None).json["error"]
    assert missing in ("invalid_request", "unsupported_grant_type")
    assert backend.ask().status_code == 200, "control: the whole request is answered"


Forge = Callable[[Backend], str]


def _header(**changes: Any) -> Forge:
    return lambda backend: backend.assertion(header=changes)


def _claims(**changes: Any) -> Forge:
    return lambda backend: backend.assertion(**changes)


def _by_stranger(**more: Any) -> Forge:
    return lambda b: es384("a stranger").sign(b.header(**more), b.claims())


FORGED: dict[str, Forge] = {
    "none": lambda b: unsigned_part(b.header(alg="none"), b.claims()) + ".",
    "HMAC with the public key": lambda b: hmac_signed(
        b.header(alg="HS384"), b.claims(), b.key.public_pem
    ),
    "a stranger's key": _by_stranger(),
    "an embedded key": _by_stranger(jwk=es384("a stranger").jwk),
    "claims of one, signature of another": lambda b: ".".join(
        [*b.assertion().split(".")[:2], b.assertion().split(".")[2]]
    ),
    "no alg": _header(alg=None),
    "no kid": _header(kid=None),
    "another typ": _header(typ="at+jwt"),
    "another kid": _header(kid="nobody"),
    "a kid of another type": lambda b: b.assertion(
        header={"alg": "RS384" if b.key.alg == "ES384" else "ES384"}
    ),
    "a jku not registered": _header(jku="https://stranger.example.org/jwks"),
    "no iss": _claims(iss=None),
    "no sub": _claims(sub=None),
    "no aud": _claims(aud=None),
    "no exp": _claims(exp=None),
    "no jti": _claims(jti=None),
    "another audience": _claims(aud="https://stranger.example.org/token"),
    "expired": lambda b: b.assertion(exp=b.ahead(seconds=-120)),
    "six minutes and more": lambda b: b.assertion(exp=b.ahead(seconds=420)),
    "an hour, as Authlib would": lambda b: b.assertion(exp=b.ahead(hours=1)),
    "not valid yet": lambda b: b.assertion(nbf=b.ahead(seconds=200)),
    "a client nobody knows": _claims(iss="nobody", sub="nobody"),
}


@EACH_ALGORITHM
@pytest.mark.parametrize("case", FORGED)
def test_a_forged_assertion_is_invalid_client(
    backends: dict[str, Backend], alg: str, case: str
) -> None:
    backend = backends[alg]
    refused(backend, "invalid_client", client_assertion=FORGED[case](backend))
    assert backend.ask().status_code == 200, "control: a good assertion is taken"


def test_a_refusal_does_not_tell_who_is_registered(backend: Backend) -> None:
    unknown = backend.ask(client_assertion=FORGED["a client nobody knows"](backend))
    wrong = backend.ask(client_assertion=FORGED["a stranger's key"](backend))
    other_kid = backend.ask(client_assertion=FORGED["another kid"](backend))
    assert unknown.data == wrong.data == other_kid.data


def test_an_assertion_is_taken_once(backend: Backend) -> None:
    assertion = backend.assertion()
    assert backend.ask(client_assertion=assertion).status_code == 200
    refused(backend, "invalid_client", client_assertion=assertion)


@pytest.mark.parametrize("member", ["iss", "sub"])
def test_issuer_and_subject_are_the_client_id(backend: Backend, member: str) -> None:
    refused(backend, "invalid_client", client_assertion=backend.assertion(**{member: "another"}))
    refused(backend, "invalid_client", client_id="another")
    assert backend.ask(client_id=backend.client_id).status_code == 200


@pytest.mark.parametrize("form", ["url", "array", "issuer"])
def test_the_audience_is_the_token_url_or_the_issuer(backend: Backend, form: str) -> None:
    audience: Any = {
        "url": backend.token_url,
        "array": [backend.token_url],
        "issuer": backend.base,
    }[form]
    assert backend.ask(client_assertion=backend.assertion(aud=audience)).status_code == 200
    for other in (f"{backend.token_url}/x", "/token", f"{backend.base}/fhir"):
        refused(backend, "invalid_client", client_assertion=backend.assertion(aud=other))


def test_a_scope_the_client_does_not_hold_is_not_granted(sqlite_world: World) -> None:
    """A client of decisions alone: it gets those, and nothing of the audit log."""
    limited = register_backend(sqlite_world, "limited", es384("limited"), BRIEF)
    refused(limited, "invalid_scope", scope="system/AuditEvent.rs")
    answer = limited.ask(scope="system/DetectedIssue.rs system/AuditEvent.rs")
    assert answer.json["scope"] == "system/DetectedIssue.rs"


def test_an_expired_token_opens_nothing(fresh_backend: Backend) -> None:
    backend = fresh_backend
    token = backend.token()
    assert backend.fhir("DetectedIssue", token).status_code == 200
    backend.world.clock.advance(seconds=301)
    answer = backend.fhir("DetectedIssue", token)
    assert (answer.status_code, answer.json["resourceType"]) == (401, "OperationOutcome")


def test_a_token_opens_only_what_its_scope_covers(backend: Backend) -> None:
    token = backend.token("system/DetectedIssue.rs")
    assert backend.fhir("DetectedIssue", token).status_code == 200
    answer = backend.fhir("AuditEvent", token)
    assert (answer.status_code, answer.json["resourceType"]) == (403, "OperationOutcome")
    both = backend.token("system/DetectedIssue.rs system/AuditEvent.rs")
    assert backend.fhir("AuditEvent", both).status_code == 200
    for bad in ("", "pst_" + "x" * 43, token[:-1]):
        assert backend.fhir("DetectedIssue", bad).status_code == 401


def test_keys_are_registered_as_a_set_or_as_an_address(sqlite_world: World, key_host: Host) -> None:
    remote = register_key_address(sqlite_world, key_host, rs384("by address"), "max-age=300")
    direct = register_backend(sqlite_world, "by set", es384("by set"))
    for client in (direct, remote):
        assert client.ask().status_code == 200
    assert len(key_host.received) == 1


def test_a_changed_key_set_is_an_entry_of_the_log(sqlite_world: World) -> None:
    before = len(sqlite_world.actions())
    backend = register_backend(sqlite_world, "rotating", es384("rotating"))
    assert sqlite_world.actions()[before:] == ["ehr_client.registered"]
    assert backend.ask().status_code == 200
    forget_keys(sqlite_world, backend.client_id)
    assert sqlite_world.actions()[before + 1 :] == ["ehr_client.key_withdrawn"]
    refused(backend, "invalid_client")


def _without(jwk: Json, *members: str, **changes: Any) -> Json:
    return {name: value for name, value in (jwk | changes).items() if name not in members}


EC, RSA = es384("spoilt").jwk, rs384("spoilt").jwk
SPOILT: dict[str, tuple[Json, str]] = {
    "no kty": (_without(EC, "kty"), "key"),
    "no kid": (_without(EC, "kid"), "kid"),
    "empty kid": (_without(EC, kid=""), "kid"),
    "no crv": (_without(EC, "crv"), "key"),
    "another curve": (_without(EC, crv="P-256"), "key"),
    "no x": (_without(EC, "x"), "x"),
    "no y": (_without(EC, "y"), "y"),
    "not on the curve": (_without(EC, x=EC["y"]), "key"),
    "no n": (_without(RSA, "n"), "n"),
    "no e": (_without(RSA, "e"), "e"),
    "a short RSA key": (_without(RSA, n=RSA["n"][:100]), "n"),
    "a private key": (es384("spoilt").private_jwk, "private"),
    "a shared secret": ({"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, "k"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_key_that_is_not_whole_cannot_be_registered(sqlite_world: World, case: str) -> None:
    jwk, named = SPOILT[case]
    assert named in refuse_key_set(sqlite_world, [jwk])


@pytest.mark.parametrize(
    ("cache_control", "fetches"), [("max-age=300", 2), ("no-store", 3), ("max-age=60", 3)]
)
def test_a_key_set_is_kept_no_longer_than_it_may(
    sqlite_world: World, key_host: Host, cache_control: str, fetches: int
) -> None:
    """Asked at 0, 100 and 350 seconds: kept for as long as the client's answer allows."""
    remote = register_key_address(sqlite_world, key_host, key_of("ES384", "cached"), cache_control)
    for seconds in (0, 100, 250):
        sqlite_world.clock.advance(seconds=seconds)
        assert remote.ask().status_code == 200
    assert len(key_host.received) == fetches
