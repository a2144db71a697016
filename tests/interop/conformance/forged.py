"""Tokens that must never be accepted, each beside its mended twin that must be.

The cases of the reference page on interoperability, and the ones that attacks on JWT libraries are
made of (RFC 8725). A case gets an EHR and the path it calls; what it gives back is sent as Bearer.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.interop.conformance.ehr import SERVICES, Ehr, changed
from tests.interop.conformance.tokens import b64, es384, hmac_signed, rs384, unsigned_part

Forge = Callable[[Ehr, str], str]
HOUR = 3600
SPEC_EXAMPLE = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVo"
    "ci5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6"
    "Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAs"
    "ImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50"
    "IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUB"
    "O8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
"""The text's own example: rightly signed, long expired."""


@dataclass(frozen=True)
class Forgery:
    """One way to make a token that is not to be believed, and the same made well."""

    forge: Forge
    mended: Forge


def good(ehr: Ehr, path: str) -> str:
    """What every forgery is a spoilt copy of."""
    return ehr.token(path)


def claims(**changes: Any) -> Forge:
    """Rightly signed, with these claims changed; a change to None takes one away."""
    return lambda ehr, path: ehr.token(path, **changes)


def at(**offsets: int) -> Forge:
    """Rightly signed, with these times changed: seconds from now."""

    def forge(ehr: Ehr, path: str) -> str:
        now = int(ehr.world.clock().timestamp())
        return ehr.token(path, **{name: now + offset for name, offset in offsets.items()})

    return forge


def header(**changes: Any) -> Forge:
    """Rightly signed, with these members of the header changed."""
    return lambda ehr, path: ehr.key.sign(ehr.header(**changes), ehr.claims(path))


def audience(make: Callable[[Ehr, str], Any]) -> Forge:
    """Rightly signed, for another audience."""
    return lambda ehr, path: ehr.token(path, aud=make(ehr, path))


def _parts(ehr: Ehr, path: str) -> list[str]:
    return ehr.token(path).split(".")


def _unsigned(spelled: str) -> Forge:
    def forge(ehr: Ehr, path: str) -> str:
        return unsigned_part(ehr.header(alg=spelled), ehr.claims(path)) + "."

    return forge


def _signature_kept(ehr: Ehr, path: str) -> str:
    """`none`, with a signature that was good for another header."""
    signature = _parts(ehr, path)[2]
    return f"{unsigned_part(ehr.header(alg='none'), ehr.claims(path))}.{signature}"


def _by_hmac(secret: Callable[[Ehr], bytes]) -> Forge:
    def forge(ehr: Ehr, path: str) -> str:
        return hmac_signed(ehr.header(alg="HS384"), ehr.claims(path), secret(ehr))

    return forge


def _jwk_bytes(ehr: Ehr) -> bytes:
    return json.dumps(ehr.key.jwk).encode()


def _changed_payload(ehr: Ehr, path: str) -> str:
    """One claim changed after signing."""
    head, _, signature = _parts(ehr, path)
    return f"{head}.{b64(json.dumps(ehr.claims(path, sub='somebody')).encode())}.{signature}"


def _changed_signature(ehr: Ehr, path: str) -> str:
    head, payload, signature = _parts(ehr, path)
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[len(raw) // 2] ^= 1
    return f"{head}.{payload}.{b64(bytes(raw))}"


def _zero_signature(ehr: Ehr, path: str) -> str:
    """The all-zero ECDSA signature that some verifiers took for any message."""
    head, payload, signature = _parts(ehr, path)
    length = len(base64.urlsafe_b64decode(signature + "=="))
    return f"{head}.{payload}.{b64(bytes(length))}"


def _strangers_key(ehr: Ehr, path: str) -> str:
    """Another key under the registered name."""
    other = (es384 if ehr.key.alg == "ES384" else rs384)("a stranger")
    return other.sign(ehr.header(), ehr.claims(path))


def _embedded(member: str) -> Forge:
    """Signed by a stranger, whose public key the header brings along."""

    def forge(ehr: Ehr, path: str) -> str:
        other = (es384 if ehr.key.alg == "ES384" else rs384)("a stranger")
        brought = other.jwk if member == "jwk" else [b64(other.public_pem)]
        head = ehr.header(kid=other.kid, **{member: brought})
        return other.sign(head, ehr.claims(path))

    return forge


def _twice(ehr: Ehr, path: str) -> str:
    """The issuer stands twice in the claims: readers differ on which one counts."""
    head = b64(json.dumps(ehr.header()).encode())
    whole = json.dumps(ehr.claims(path))
    doubled = whole[:-1] + ', "iss": "https://stranger.example.org"}'
    part = f"{head}.{b64(doubled.encode())}"
    return f"{part}.{b64(ehr.key.signature(part.encode()))}"


def _spec_example(_ehr: Ehr, _path: str) -> str:
    return SPEC_EXAMPLE


def _padded(ehr: Ehr, path: str) -> str:
    return f"{good(ehr, path)}.{b64(b'more')}"


def _whole_json(ehr: Ehr, path: str) -> str:
    """The JSON serialisation instead of the compact one."""
    head, payload, signature = _parts(ehr, path)
    return b64(json.dumps({"protected": head, "payload": payload, "signature": signature}).encode())


def _text_claims(ehr: Ehr, path: str) -> str:
    """Signed, but what is signed is no object."""
    part = f"{b64(json.dumps(ehr.header()).encode())}.{b64(b'[]')}"
    return f"{part}.{b64(ehr.key.signature(part.encode()))}"


def _stripped(member: str) -> Forge:
    def forge(ehr: Ehr, path: str) -> str:
        return ehr.key.sign(changed(ehr.header(), {member: None}), ehr.claims(path))

    return forge


FORGERIES: dict[str, Forgery] = {
    # Nobody signed it.
    "none": Forgery(_unsigned("none"), good),
    "None": Forgery(_unsigned("None"), good),
    "NONE": Forgery(_unsigned("NONE"), good),
    "none with a signature": Forgery(_signature_kept, good),
    "signature stripped": Forgery(lambda e, p: ".".join([*_parts(e, p)[:2], ""]), good),
    "HMAC with the public key in PEM": Forgery(_by_hmac(lambda e: e.key.public_pem), good),
    "HMAC with the public key as JWK": Forgery(_by_hmac(_jwk_bytes), good),
    "HMAC with nothing": Forgery(_by_hmac(lambda _: b""), good),
    "claim changed after signing": Forgery(_changed_payload, good),
    "signature changed": Forgery(_changed_signature, good),
    "signature of zeros": Forgery(_zero_signature, good),
    # Somebody else signed it.
    "key not registered": Forgery(_strangers_key, good),
    "key embedded as jwk": Forgery(_embedded("jwk"), good),
    "key embedded as x5c": Forgery(_embedded("x5c"), good),
    "key id not registered": Forgery(header(kid="nobody"), good),
    "key set not registered": Forgery(header(jku="https://stranger.example.org/jwks"), good),
    "key set on loopback": Forgery(header(jku="http://127.0.0.1:1/jwks"), good),
    "certificate address": Forgery(header(x5u="https://stranger.example.org/cert"), good),
    "issuer unknown": Forgery(claims(iss="https://stranger.example.org"), good),
    "issuer with a slash more": Forgery(lambda e, p: e.token(p, iss=e.issuer + "/"), good),
    "issuer in capitals": Forgery(lambda e, p: e.token(p, iss=e.issuer.upper()), good),
    "tenant unknown": Forgery(claims(tenant="nobody"), good),
    "the text's own example": Forgery(_spec_example, good),
    # A member is missing or is not what it must be.
    "no alg": Forgery(_stripped("alg"), good),
    "no kid": Forgery(_stripped("kid"), good),
    "another typ": Forgery(header(typ="at+jwt"), _stripped("typ")),
    "another algorithm of the key": Forgery(header(alg="ES256"), good),
    "the other algorithm": Forgery(
        lambda e, p: header(alg="RS384" if e.key.alg == "ES384" else "ES384")(e, p), good
    ),
    "critical extension": Forgery(header(crit=["exp"]), good),
    "no iss": Forgery(claims(iss=None), good),
    "no aud": Forgery(claims(aud=None), good),
    "no exp": Forgery(claims(exp=None), good),
    "no iat": Forgery(claims(iat=None), good),
    "no jti": Forgery(claims(jti=None), good),
    "empty jti": Forgery(claims(jti=""), good),
    "jti is a number": Forgery(claims(jti=7), good),
    "iss is an array": Forgery(lambda e, p: e.token(p, iss=[e.issuer]), good),
    "iss stands twice": Forgery(_twice, good),
    "exp is text": Forgery(claims(exp="tomorrow"), good),
    "exp is true": Forgery(claims(exp=True), good),
    "exp is no number": Forgery(claims(exp=float("nan")), good),
    "exp is without end": Forgery(claims(exp=float("inf")), good),
    "iat is no number": Forgery(claims(iat=float("nan")), good),
    "exp is beyond numbers": Forgery(claims(exp=10**30), good),
    "iat is text": Forgery(claims(iat="now"), good),
    "claims are no object": Forgery(_text_claims, good),
    "four parts": Forgery(_padded, good),
    "JSON serialisation": Forgery(_whole_json, good),
    "empty token": Forgery(lambda _e, _p: "..", good),
    # Its time is wrong.
    "expired": Forgery(at(iat=-600, exp=-300), at(iat=-250, exp=50)),
    "lives too long": Forgery(at(iat=0, exp=HOUR + 1), at(iat=0, exp=HOUR)),
    "expires in the far future": Forgery(at(exp=10 * 365 * 24 * HOUR), at(exp=HOUR)),
    "issued in the future": Forgery(at(iat=600, exp=900), at(iat=0, exp=900)),
    "expires before it was issued": Forgery(at(iat=30, exp=-30), at(iat=-30, exp=30)),
    "not valid yet": Forgery(at(nbf=600), at(nbf=-300)),
    # It is for somebody else.
    "another service": Forgery(audience(lambda e, _: f"{e.base}{SERVICES}/else"), good),
    "the path alone": Forgery(audience(lambda _, p: p), good),
    "another host": Forgery(audience(lambda _, p: f"https://spoofed.example.org{p}"), good),
    "the address and more": Forgery(audience(lambda e, p: f"{e.base}{p}/x"), good),
    "nobody": Forgery(claims(aud=[]), audience(lambda e, p: [f"{e.base}{p}"])),
    "an empty audience": Forgery(claims(aud=""), good),
    "an audience that is an object": Forgery(claims(aud={"a": 1}), good),
    "others in an array": Forgery(
        audience(lambda _, p: ["https://other.example.org", f"https://else.example.org{p}"]),
        audience(lambda e, p: ["https://other.example.org", f"{e.base}{p}"]),
    ),
}
"""Name → forgery. Replays and a spoofed Host need more than a token and stand in test_trust."""
