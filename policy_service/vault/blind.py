"""Keyed digests: equal texts meet, and without the key nobody can try out names.

Every function takes a purpose key, so digests made for one purpose or practice never match those
of another.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from policy_service.vault.keys import PurposeKey

PSEUDONYM_CHARS = 22
_BIGINT_BYTES = 8


def keyed_digest(secret: PurposeKey, text: str) -> bytes:
    """HMAC-SHA256 of `text` in UTF-8: 32 bytes. Normalise first; spelling is not forgiven here."""
    return hmac.new(secret.secret, text.encode(), hashlib.sha256).digest()


def match_key(secret: PurposeKey, text: str) -> int:
    """The first 8 bytes of `keyed_digest` as a signed 64-bit integer: fits a BIGINT column."""
    return int.from_bytes(keyed_digest(secret, text)[:_BIGINT_BYTES], "big", signed=True)


class MatchKeys:
    """`match_key` under one key, made ready: a record has dozens of texts.

    HMAC by its definition (RFC 2104), from the two hashes that have read the padded key: a third of
    what copying an `hmac` object costs.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: PurposeKey) -> None:
        block = secret.secret.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def __call__(self, text: str) -> int:
        """As `match_key`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode())
        outer.update(inner.digest())
        return int.from_bytes(outer.digest()[:_BIGINT_BYTES], "big", signed=True)


def pseudonym(secret: PurposeKey, text: str) -> str:
    """A name-free reference, 22 characters of base64url (128 bits), the same for the same text."""
    return base64.urlsafe_b64encode(keyed_digest(secret, text)[:16]).rstrip(b"=").decode("ascii")


def keyed_mac(secret: PurposeKey, parts: Sequence[bytes]) -> bytes:
    """HMAC-SHA256 over several parts, each behind its length: none can shift."""
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.new(secret.secret, framed, hashlib.sha256).digest()


def same_digest(left: bytes, right: bytes) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left, right)
