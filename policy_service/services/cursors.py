"""Paging cursors: opaque, bound to the practice and to the question they were given for.

A cursor says after which leaf to go on and how large the log was when the listing began. Pages of
one listing end at that size, so that reading (which is itself an entry) never chases its own tail.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass

from policy_service.errors import FieldError, InvalidRequest
from policy_service.ledger.encoding import base64url, from_base64url
from policy_service.vault.blind import keyed_mac
from policy_service.vault.keys import PurposeKey

_FORM = ">qq"
_BYTES = struct.calcsize(_FORM)
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Go on after leaf `after` (-1: from the start), below leaf `size`."""

    after: int
    size: int


def write_cursor(secret: PurposeKey, place: Place, question: bytes) -> str:
    """A cursor that `read_cursor` accepts for the same question and practice alone."""
    packed = struct.pack(_FORM, place.after, place.size)
    raw = packed + _mac(secret, packed, question)
    return base64url(raw)


def read_cursor(secret: PurposeKey, text: str, question: bytes) -> Place:
    """Inverse of `write_cursor`. InvalidRequest for one that was made up or is another's."""
    try:
        raw = from_base64url(text)
    except ValueError:
        raw = b""
    packed, mac = raw[:_BYTES], raw[_BYTES:]
    if len(packed) != _BYTES or not hmac.compare_digest(mac, _mac(secret, packed, question)):
        refusal = "Give the cursor of the last page unchanged, with the same filters."
        raise InvalidRequest(errors=[FieldError("/query/cursor", refusal)])
    return Place(*struct.unpack(_FORM, packed))


def _mac(secret: PurposeKey, packed: bytes, question: bytes) -> bytes:
    return keyed_mac(secret, [packed, question])[:_MAC_BYTES]
