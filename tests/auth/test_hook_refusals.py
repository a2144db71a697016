"""No forged CDS Hooks token is accepted: every refusal, and that each check is what refuses it.

Each case names the checks that stand before it. The second test takes those checks away and sees
the same token accepted: so the first one fails when a check is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc.jwk import ECKey

from policy_service.auth import jwts, trust
from policy_service.auth.jwks import PublicKey
from tests.auth.test_hook_tokens import PATH, ask, refused
from tests.cast import World
from tests.signing import SigningEhr, key_set, sign, signing_key

HEADER, CLAIMS = "jwts.require_header", "jwts.require_claims"
SIGNATURE = "jwts.verify_signature"
TIMES, LIFE = "jwts.require_times_and_audience", "jwts.require_short_life"
JKU, REPLAY = "trust.is_registered_address", "hook_tokens.use_once"
ISSUER = "hook_tokens.client_of_issuer"


@dataclass(frozen=True)
class Forgery:
    """A token that must be refused, by the checks that stand before it."""

    make: Callable[[SigningEhr], str]
    checks: tuple[str, ...]
    form: dict[str, Any] = field(default_factory=dict)


def _with(**changes: Any) -> Callable[[SigningEhr], str]:
    return lambda ehr: ehr.token(PATH, **changes)


def _header(**changes: Any) -> Callable[[SigningEhr], str]:
    return lambda ehr: ehr.token(PATH, changes)


def _later(claim: str, seconds: int, **more: int) -> Callable[[SigningEhr], str]:
    def make(ehr: SigningEhr) -> str:
        now = int(ehr.world.clock().timestamp())
        return ehr.token(PATH, **{claim: now + seconds, **{k: now + v for k, v in more.items()}})

    return make


def _part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(ehr: SigningEhr) -> str:
    header = {"alg": "none", "kid": ehr.key.kid, "typ": "JWT"}
    return f"{_part(header)}.{_part(ehr.claims(PATH))}."


def _by_public_key(material: Callable[[ECKey], bytes]) -> Callable[[SigningEhr], str]:
    """By hand: a library worth its name refuses to take a public key for a secret."""

    def make(ehr: SigningEhr) -> str:
        assert isinstance(ehr.key, ECKey)
        said = f"{_part({'alg': 'HS256', 'kid': ehr.key.kid})}.{_part(ehr.claims(PATH))}"
        mac = hmac.new(material(ehr.key), said.encode(), hashlib.sha256).digest()
        return f"{said}.{_part(mac)}"

    return make


def _tampered(ehr: SigningEhr) -> str:
    head, _, signature = ehr.token(PATH).split(".")
    return f"{head}.{_part(ehr.claims(PATH, sub='administrator'))}.{signature}"


def _flipped(ehr: SigningEhr) -> str:
    head, body, signature = ehr.token(PATH).split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[7] ^= 1
    return f"{head}.{body}.{_part(bytes(raw))}"


def _other_key(number: int, **header: Any) -> Callable[[SigningEhr], str]:
    def make(ehr: SigningEhr) -> str:
        return sign(ehr.claims(PATH), signing_key("ES384", number), "ES384", **header)

    return make


def _own_jwk(number: int) -> Callable[[SigningEhr], str]:
    def make(ehr: SigningEhr) -> str:
        key = signing_key("ES384", number)
        return sign(ehr.claims(PATH), key, "ES384", kid=ehr.key.kid, jwk=key.as_dict(private=False))

    return make


FORGERIES: dict[str, Forgery] = {
    "alg none": Forgery(_unsigned, (HEADER, SIGNATURE)),
    "HMAC with the public key's PEM": Forgery(
        _by_public_key(lambda key: key.as_pem(private=False)), (HEADER, SIGNATURE)
    ),
    "HMAC with the public key's JWK": Forgery(
        _by_public_key(lambda key: json.dumps(key.as_dict(private=False)).encode()),
        (HEADER, SIGNATURE),
    ),
    "expired": Forgery(_later("exp", -61, iat=-300), (TIMES,)),
    "claims changed": Forgery(_tampered, (SIGNATURE,)),
    "a bit of the signature changed": Forgery(_flipped, (SIGNATURE,)),
    "no exp": Forgery(_with(exp=None), (CLAIMS, LIFE, REPLAY)),
    "no iat": Forgery(_with(iat=None), (CLAIMS, LIFE)),
    "no jti": Forgery(_with(jti=None), (CLAIMS,)),
    "an empty jti": Forgery(_with(jti=""), (CLAIMS,)),
    "no aud": Forgery(_with(aud=None), (CLAIMS, TIMES)),
    "no iss": Forgery(_with(iss=None), (CLAIMS, ISSUER)),
    "no kid": Forgery(_header(kid=None), (HEADER, SIGNATURE)),
    "iat in the future": Forgery(_later("iat", 61), (TIMES,)),
    "an exp before its iat": Forgery(_later("exp", -30, iat=0), (LIFE,)),
    "a token of another type": Forgery(_header(typ="at+jwt"), (HEADER,)),
    "nbf in the future": Forgery(_later("nbf", 61), (TIMES,)),
    "a lifetime over an hour": Forgery(_later("exp", 3601), (LIFE,)),
    "an exp that is no number": Forgery(_with(exp="tomorrow"), (TIMES, LIFE, REPLAY)),
    "an exp that is true": Forgery(_with(exp=True), (TIMES, LIFE, REPLAY)),
    "another audience": Forgery(_with(aud="https://other.example/cds-services"), (TIMES,)),
    "other audiences": Forgery(_with(aud=["https://other.example", "x"]), (TIMES,)),
    "an audience that begins like ours": Forgery(
        _with(aud="http://127.0.0.1:8000.evil.example/cds-services"), (TIMES,)
    ),
    "an audience that is no text": Forgery(_with(aud={"url": "x"}), (TIMES,)),
    "an unknown issuer": Forgery(_with(iss="https://stranger.example"), (ISSUER,)),
    "an issuer in other letters": Forgery(_with(iss="https://EHR.example.org/fhir"), (ISSUER,)),
    "a tenant that is not mapped": Forgery(_with(tenant="elsewhere"), (ISSUER,)),
    "no tenant where one is mapped": Forgery(
        _with(tenant=None), (ISSUER,), {"tenant": "elm-street"}
    ),
    "a key that is not registered": Forgery(_other_key(2), (SIGNATURE,)),
    "another key by a registered name": Forgery(_other_key(2, kid="es384-1"), (SIGNATURE,)),
    "a jku that is not registered": Forgery(_header(jku="https://evil.example/jwks"), (JKU,)),
    "a jku that begins like the registered one": Forgery(
        _header(jku="https://keys.example/jwks.json?"),
        (JKU,),
        {"jwks_url": "https://keys.example/jwks.json"},
    ),
    "a stranger's key in the header": Forgery(_own_jwk(2), (HEADER, SIGNATURE)),
    "a key in the header": Forgery(_own_jwk(1), (HEADER,)),
    "a certificate in the header": Forgery(_header(x5c=["MIIB"]), (HEADER,)),
    "a certificate's address": Forgery(_header(x5u="https://evil.example/c"), (HEADER,)),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_token_is_refused(sqlite_world: World, case: str) -> None:
    forgery = FORGERIES[case]
    ehr = SigningEhr.registered(sqlite_world, **forgery.form)
    token = forgery.make(ehr)
    assert refused(sqlite_world, token)
    assert refused(sqlite_world, token), "not even the second time"


@pytest.mark.parametrize("case", FORGERIES)
def test_without_its_checks_the_same_token_would_pass(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    forgery = FORGERIES[case]
    ehr = SigningEhr.registered(sqlite_world, **forgery.form)
    for check in forgery.checks:
        monkeypatch.setattr(f"policy_service.auth.{check}", _absent(check, ehr))
    assert ask(sqlite_world, forgery.make(ehr)).id == ehr.client_id


def _absent(check: str, ehr: SigningEhr) -> Callable[..., Any]:
    """The check taken away: what it would let through if it were not there."""
    found = trust.client_by_id(ehr.world.desk, ehr.client_id)
    assert found is not None
    if check == SIGNATURE:
        return lambda _token, _keys: found.keys[0]
    if check == ISSUER:
        return lambda *_: found
    return lambda *_: True


def test_what_is_not_proven_is_refused_in_one_text(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    unproven = (
        "an unknown issuer",
        "a tenant that is not mapped",
        "a key that is not registered",
        "another key by a registered name",
        "claims changed",
        "a jku that is not registered",
    )
    said = {refused(sqlite_world, FORGERIES[case].make(ehr)) for case in unproven}
    assert said == {jwts.UNPROVEN}


def test_every_token_of_the_right_form_costs_one_verification(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time it takes would tell which issuers and keys are registered."""
    ehr = SigningEhr.registered(sqlite_world)
    asked: list[object] = []
    really = jwts.jws.validate_compact

    def counting(signed: Any, key: Any, **more: Any) -> bool:
        asked.append(key)
        return really(signed, key, **more)

    monkeypatch.setattr(jwts.jws, "validate_compact", counting)
    unproven = ("an unknown issuer", "a key that is not registered", "a jku that is not registered")
    for case in (*unproven, "claims changed", "expired"):
        asked.clear()
        assert refused(sqlite_world, FORGERIES[case].make(ehr))
        assert len(asked) == 1, case


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_decoy_lets_nobody_in(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where it would verify the token."""
    token = jwts.read_token(sign({"iss": "x"}, signing_key(algorithm), algorithm), ("iss",))
    monkeypatch.setattr(jwts, "decoy", lambda _algorithm: signing_key(algorithm))
    with pytest.raises(jwts.TokenRefused):
        jwts.verify_signature(token, ())


def test_a_token_that_is_no_token_is_refused(sqlite_world: World) -> None:
    SigningEhr.registered(sqlite_world)
    for text in ("", "x", "a.b.c", "..", f"{_part({'alg': 'ES384'})}.{_part([])}.x", "ä.b.c"):
        assert refused(sqlite_world, text)
    assert "longer" in refused(sqlite_world, "x" * 20_000)


def test_a_key_of_the_other_type_never_verifies() -> None:
    """An RSA key named like the EC key is not what ES384 asks for."""
    keys = [_public("ES384"), PublicKey("es384-1", "RS384", signing_key("RS384"))]
    token = jwts.read_token(sign({"iss": "x"}, signing_key("ES384"), "ES384"), ("iss",))
    assert jwts.verify_signature(token, keys) == keys[0]
    with pytest.raises(jwts.TokenRefused):
        jwts.verify_signature(token, keys[1:])


def test_of_two_keys_of_one_name_neither_is_used() -> None:
    keys = [_public("ES384"), _public("ES384")]
    token = jwts.read_token(sign({"iss": "x"}, signing_key("ES384"), "ES384"), ("iss",))
    with pytest.raises(jwts.TokenRefused):
        jwts.verify_signature(token, keys)


def _public(algorithm: str) -> PublicKey:
    return trust.stored_key(key_set(signing_key(algorithm)))
