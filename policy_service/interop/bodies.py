"""Bodies of the EHR standards door: JSON objects that mean one thing only.

FHIR has decimals, so the strict reader of the REST door does not do. Duplicate keys, NaN,
infinities, lone surrogates, NUL characters and deep nesting are refused here, before any reading.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

from flask import request

from policy_service.errors import FieldError, Malformed, TooLarge, UnsupportedMediaType

MAX_DEPTH = 64
"""Lists and objects nested deeper than this are refused rather than risked on a call stack."""
_MOST_DIGITS = 400
_LONGEST_REASON = 300


class _NotReadable(ValueError):
    """The text is no JSON, or means more than one thing."""


def json_object(*media_types: str) -> dict[str, Any]:
    """The body as a JSON object. UnsupportedMediaType, TooLarge or Malformed with the element."""
    if request.mimetype not in media_types:
        raise UnsupportedMediaType.only(*media_types)
    value = _read(whole_body())
    if not isinstance(value, dict):
        raise Malformed("The request body is not a JSON object.")
    _refuse_unreadable(value)
    return value


def whole_body() -> bytes:
    """Werkzeug silently cuts a body of unknown length at the limit; a cut one is too large."""
    raw = request.get_data(cache=True)
    limit = request.max_content_length
    if limit is not None and request.content_length is None and len(raw) >= limit:
        raise TooLarge.over(limit)
    return raw


def _read(raw: bytes) -> Any:
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        said = f"The request body is not JSON in UTF-8: {error}"
        raise Malformed(said[:_LONGEST_REASON]) from error


def _refuse_unreadable(body: dict[str, Any]) -> None:
    for pointer, said in _unreadable(body, "", 1):
        text = said[:_LONGEST_REASON]
        raise Malformed(text, [FieldError(pointer[:_LONGEST_REASON], text)])


def _unreadable(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, str]]:
    """Places that cannot be kept, or that are nested too deep."""
    if isinstance(value, str):
        if "\0" in value or _has_lone_surrogate(value):
            yield pointer, "Text may hold neither NUL characters nor lone surrogates."
        return
    if not isinstance(value, dict | list):
        return
    if depth > MAX_DEPTH:
        yield pointer, f"Nested deeper than {MAX_DEPTH} levels."
        return
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(key, str):
            yield from _unreadable(key, pointer, depth)
        yield from _unreadable(member, f"{pointer}/{key}", depth + 1)


def _has_lone_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _NotReadable(f"the key {twice!r} appears twice in one object")
    return members


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _NotReadable(f"{text[:32]} is out of range")
    return number


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise _NotReadable("a number has too many digits")
    return int(digits)


def _no_constant(text: str) -> NoReturn:
    raise _NotReadable(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_float, parse_int=_integer, parse_constant=_no_constant
)
