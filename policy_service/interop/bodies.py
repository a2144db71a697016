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

from policy_service.bodies import whole_body
from policy_service.errors import FieldError, Malformed, UnsupportedMediaType
from policy_service.ledger.canonical import distinct_members, has_lone_surrogate

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
        if "\0" in value or has_lone_surrogate(value):
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
    object_pairs_hook=distinct_members,
    parse_float=_float,
    parse_int=_integer,
    parse_constant=_no_constant,
)
