"""Canonical JSON of a pack, and its digest.

Packs hold ASCII keys, strings, integers, booleans and null, never floats; for such values sorted
compact `json.dumps` is RFC 8785 byte for byte (§3.2.2 and §3.2.3; key order by UTF-16 code units
equals order by code points while keys are ASCII).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> bytes:
    """RFC 8785 bytes of a value; ValueError on floats and on keys that are not ASCII text."""
    _refuse_what_would_not_be_canonical(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def digest(value: Any) -> str:
    """Lower-case hexadecimal SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _refuse_what_would_not_be_canonical(value: Any) -> None:
    if isinstance(value, str):  # nearly all there is
        return
    match value:
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise ValueError(f"key {key!r} is not ASCII text")
                _refuse_what_would_not_be_canonical(item)
        case list():
            for item in value:
                _refuse_what_would_not_be_canonical(item)
        case None | bool() | int():
            return
        case _:
            raise ValueError(f"{type(value).__name__} has no place in canonical JSON here")
