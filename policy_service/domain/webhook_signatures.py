"""Signatures of webhooks in the form of Standard Webhooks 1.0, version `v1`: HMAC-SHA256.

What is signed is `{webhook-id}.{webhook-timestamp}.{body}`; the header `webhook-signature` holds
one or more `v1,{base64}` apart by spaces, one for each secret while a secret is being changed.
A secret is shown as `whsec_` and the base64 of 24 to 64 random bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

TOLERANCE_SECONDS = 300
"""How far a webhook's time may lie from ours, either way."""
PREFIX = "whsec_"
_VERSION = "v1,"
_SHORTEST, _LONGEST = 24, 64
_ID = re.compile(r"[!-\-/-~]{1,200}", re.ASCII)
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_MOST_SIGNATURES = 8


class SignatureRefused(Exception):
    """The webhook is not shown to be from who holds the secret, now. Callers say no more."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A webhook as it came or as it goes: two headers and the body, byte for byte."""

    id: str
    timestamp: str
    body: bytes

    @property
    def content(self) -> bytes:
        """What the signature is made over. No id holds a point, so it is read in one way only."""
        return b".".join((self.id.encode(), self.timestamp.encode(), self.body))


def new_secret() -> str:
    """A fresh secret, as it is shown once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """The key that a shown secret stands for. ValueError where it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"allowed is {PREFIX} and the base64 of 24 to 64 bytes") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"allowed is {PREFIX} and the base64 of 24 to 64 bytes")
    return key


def signature(secret: str, signed: Signed) -> str:
    """One `v1,…`."""
    made = hmac.new(secret_bytes(secret), signed.content, hashlib.sha256).digest()
    return _VERSION + base64.b64encode(made).decode()


def signature_header(secrets_in_use: Iterable[str], signed: Signed) -> str:
    """The header `webhook-signature`: one for each secret that is in use."""
    return " ".join(signature(secret, signed) for secret in secrets_in_use)


def verify(secrets_in_use: Iterable[str], signed: Signed, header: str, now: float) -> None:
    """SignatureRefused unless one signature is by a secret in use and the time is about now.

    Every secret is tried on every signature, whatever is found, so that time tells nothing.
    """
    if not _ID.fullmatch(signed.id) or not _TIME.fullmatch(signed.timestamp):
        raise SignatureRefused
    given = header.split(" ")[:_MOST_SIGNATURES]
    expected = [signature(secret, signed) for secret in secrets_in_use]
    matches = [_same(one, other) for one in given for other in expected]
    is_timely = abs(now - int(signed.timestamp)) <= TOLERANCE_SECONDS
    if not any(matches) or not is_timely:
        raise SignatureRefused


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())
