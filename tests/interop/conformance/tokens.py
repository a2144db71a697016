"""JSON Web Tokens as an EHR makes them, and as a forger does.

Written from RFC 7515 and 7518 over `cryptography` alone, so that no library of the service signs
what the service then verifies, and so that every malformed token can be made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

P384_BYTES = 48


def b64(raw: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _whole(number: int, length: int | None = None) -> str:
    return b64(number.to_bytes(length or (number.bit_length() + 7) // 8, "big"))


def unsigned_part(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """What is signed: both parts in compact JSON."""
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(b64(part) for part in parts)


@dataclass(frozen=True)
class SigningKey:
    """A private key with the name and the algorithm it is registered under."""

    kid: str
    alg: str
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def jwk(self) -> dict[str, Any]:
        """The public key (RFC 7518 section 6)."""
        common = {"kid": self.kid, "alg": self.alg, "use": "sig"}
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return common | {"kty": "RSA", "n": _whole(numbers.n), "e": _whole(numbers.e)}
        point = public.public_numbers()
        x, y = (_whole(side, P384_BYTES) for side in (point.x, point.y))
        return common | {"kty": "EC", "crv": "P-384", "x": x, "y": y}

    @property
    def private_jwk(self) -> dict[str, Any]:
        """The whole key, as a client keeps it."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            secret = self.private.private_numbers().private_value
            return self.jwk | {"d": _whole(secret, P384_BYTES)}
        numbers = self.private.private_numbers()
        names = {"d": numbers.d, "p": numbers.p, "q": numbers.q}
        names |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return self.jwk | {name: _whole(number) for name, number in names.items()}

    @property
    def public_pem(self) -> bytes:
        """The public key in PEM: what a forger takes for an HMAC secret."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """The token in compact form, signed by this key whatever the header says."""
        part = unsigned_part(header, claims)
        return f"{part}.{b64(self.signature(part.encode()))}"

    def signature(self, message: bytes) -> bytes:
        """SHA-384 with PKCS#1 v1.5 or ECDSA, in the form JWS wants (RFC 7518 section 3)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA384())
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA384())))
        return r.to_bytes(P384_BYTES, "big") + s.to_bytes(P384_BYTES, "big")


def hmac_signed(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    """HS384 with any secret."""
    part = unsigned_part(header, claims)
    return f"{part}.{b64(hmac.new(secret, part.encode(), hashlib.sha384).digest())}"


@cache
def es384(kid: str = "elm-es384") -> SigningKey:
    """A P-384 key of this process; the same for the same name."""
    return SigningKey(kid, "ES384", ec.generate_private_key(ec.SECP384R1()))


@cache
def rs384(kid: str = "elm-rs384") -> SigningKey:
    """An RSA key of this process; the same for the same name."""
    return SigningKey(kid, "RS384", rsa.generate_private_key(65537, 2048))


def key_of(alg: str, name: str = "elm") -> SigningKey:
    """The key of this process for an algorithm."""
    return {"ES384": es384, "RS384": rs384}[alg](f"{name}-{alg.lower()}")
