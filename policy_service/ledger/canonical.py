"""Canonical JSON: the one byte form of a value that leaves, openings and packs are hashed in.

The subset is chosen so that sorted compact `json.dumps` equals RFC 8785 (tested against an
independent implementation): ASCII keys, for which sorting by UTF-16 unit and by code point agree;
integers within +-(2**53 - 1), which ECMAScript prints digit by digit; no floats at all.

On the subset orjson writes the same bytes, an order of magnitude faster; it is let at nothing
else, because it would write floats, dates and dataclasses too.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn, TypeAlias, TypeVar

import orjson

from policy_service.ledger.errors import NotCanonical

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

Member = TypeVar("Member")

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8785 section 3.2.2.3, RFC 7493)."""

MAX_DEPTH = 64
"""Lists and objects nested deeper than this are refused rather than risked on a call stack."""

_MAX_DIGITS = len(str(MAX_INTEGER)) + 1
_SCALARS = frozenset({str, int, bool, type(None)})
_FAST = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_bytes(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`; `NotCanonical` with a JSON pointer if it has none."""
    try:
        if _is_plain(value, MAX_DEPTH):
            return orjson.dumps(value, option=_FAST)
    except TypeError:  # a key that is no string, too large an integer, a lone surrogate
        pass
    _check(value, "", 0)
    return _dumps(value)


def _is_plain(value: object, depth: int) -> bool:
    """Of the subset, but for what orjson refuses; False is no verdict: `_check` then judges.

    `depth`: how many levels of lists and objects are allowed from here on.
    """
    members: Collection[object]
    if type(value) is dict:
        if not "".join(value).isascii():
            return False
        members = value.values()
    elif type(value) is list or type(value) is tuple:
        members = value
    else:
        return type(value) in _SCALARS
    if _SCALARS.issuperset(map(type, members)):
        return depth > 0
    return depth > 1 and all(
        _is_plain(member, depth - 1) for member in members if type(member) not in _SCALARS
    )


def parse_strict(raw: bytes) -> Json:
    """Read JSON that means one thing only.

    Refuses duplicate keys, floats, exponents, NaN, invalid UTF-8, a byte order mark, lone
    surrogates and everything else outside the subset. Spaces and key order are free here; use
    `parse_canonical` where the bytes themselves are hashed.
    """
    value = _loads(raw)
    _check(value, "", 0)
    return value


def parse_object(raw: bytes) -> dict[str, Json]:
    """`parse_strict` of an object; `NotCanonical` for a list or a single value."""
    value = parse_strict(raw)
    if not isinstance(value, dict):
        raise NotCanonical("the text is JSON but no object")
    return value


def parse_canonical(raw: bytes) -> Json:
    """Read JSON that is already in canonical form: parsing and writing give `raw` back."""
    value = parse_strict(raw)
    if _dumps(value) != raw:
        raise NotCanonical("the text is JSON but not in canonical form (RFC 8785)")
    return value


def _dumps(value: Json) -> bytes:
    return _ENCODER.encode(value).encode("utf-8")


def _loads(raw: bytes) -> Json:
    try:
        value: Json = _DECODER.decode(raw.decode("utf-8"))
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON in UTF-8: {error}") from error
    return value


def _check(value: object, pointer: str, depth: int) -> None:
    match value:
        case str():
            _check_text(value, pointer)
        case None | bool():
            return
        case int():
            _check_integer(value, pointer)
        case dict():
            _check_depth(depth, pointer)
            for key, member in value.items():
                _check_key(key, pointer)
                _check(member, f"{pointer}/{key}", depth + 1)
        case list() | tuple():
            _check_depth(depth, pointer)
            for position, item in enumerate(value):
                _check(item, f"{pointer}/{position}", depth + 1)
        case _:
            _refuse(
                pointer,
                f"{type(value).__name__} has no canonical form; "
                "allowed are null, booleans, integers, strings, lists and objects",
            )


def has_lone_surrogate(text: str) -> bool:
    """Whether a character stands there that UTF-8 cannot write."""
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _check_text(text: str, pointer: str) -> None:
    if has_lone_surrogate(text):
        _refuse(pointer, "lone surrogates cannot be written as UTF-8")


def _check_integer(number: int, pointer: str) -> None:
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        _refuse(pointer, f"integers must lie within +-{MAX_INTEGER}")


def _check_key(key: object, pointer: str) -> None:
    if not isinstance(key, str) or not key.isascii():
        _refuse(pointer, f"object keys must be ASCII strings, got {key!r}")


def _check_depth(depth: int, pointer: str) -> None:
    if depth >= MAX_DEPTH:
        _refuse(pointer[:64], f"nested deeper than {MAX_DEPTH} levels")


def distinct_members(pairs: list[tuple[str, Member]]) -> dict[str, Member]:
    """The members of an object that is being read; NotCanonical if a key stands there twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotCanonical(f"the key {twice!r} appears twice in one object")
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise NotCanonical(f"integers must lie within +-{MAX_INTEGER}")
    return int(digits)


def _no_float(text: str) -> NoReturn:
    raise NotCanonical(f"{text[:32]} is not an integer; floats and exponents are refused")


def _refuse(pointer: str, reason: str) -> NoReturn:
    raise NotCanonical(f"at {pointer or '/'}: {reason}")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_DECODER = json.JSONDecoder(
    object_pairs_hook=distinct_members,
    parse_float=_no_float,
    parse_int=_integer,
    parse_constant=_no_float,
)
