"""Strict base64: each byte string has exactly one accepted text, so texts can be compared."""

import base64
import binascii

_URLSAFE = bytes.maketrans(b"+/", b"-_")


def base64url(raw: bytes) -> str:
    """RFC 4648 section 5 without padding, as openings, digests and receipts are written."""
    return binascii.b2a_base64(raw, newline=False).translate(_URLSAFE, b"=\n").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Inverse of `base64url`; ValueError on padding, foreign characters or stray trailing bits."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not unpadded base64url") from error
    if base64url(raw) != text:
        raise ValueError("not unpadded base64url in its only form")
    return raw


def base64std(raw: bytes) -> str:
    """RFC 4648 section 4 with padding, as C2SP notes and proofs are written."""
    return base64.b64encode(raw).decode("ascii")


def from_base64std(text: str) -> bytes:
    """Inverse of `base64std`; ValueError on anything `base64std` would not write."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not padded base64") from error
    if base64std(raw) != text:
        raise ValueError("not padded base64 in its only form")
    return raw
