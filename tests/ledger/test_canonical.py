"""Canonical JSON equals RFC 8785 on the whole subset, and reading admits one meaning only."""

import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger import canonical
from policy_service.ledger.canonical import (
    MAX_DEPTH,
    MAX_INTEGER,
    canonical_bytes,
    parse_canonical,
    parse_strict,
)
from policy_service.ledger.errors import NotCanonical

ascii_keys = st.text(st.characters(max_codepoint=127))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(ascii_keys, inner), max_leaves=30
)


@given(values)
def test_canonical_bytes_equal_rfc_8785(value):
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(values)
def test_what_is_written_reads_back_equal(value):
    assert parse_canonical(canonical_bytes(value)) == value


@given(st.dictionaries(ascii_keys, scalars, min_size=2))
def test_the_order_of_insertion_never_shows(members):
    backwards = dict(reversed(members.items()))
    assert canonical_bytes(members) == canonical_bytes(backwards)


def test_the_rfc_8785_string_example_comes_out_byte_for_byte():
    value = {"string": '€$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_bytes(value) == expected.encode()


def test_tuples_and_string_enums_are_written_as_lists_and_strings():
    class Word(StrEnum):
        CARE = "care"

    assert canonical_bytes({"a": (Word.CARE, 1)}) == b'{"a":["care",1]}'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, 1.0]}, "at /a/1: float"),
        ({"a": {"é": 1}}, "at /a: object keys must be ASCII"),
        ({1: "x"}, "object keys must be ASCII"),
        ([2**53], "at /0: integers must lie"),
        ([-(2**53)], "at /0: integers must lie"),
        ({"a": "\ud800"}, "at /a: lone surrogates"),
        ({"a": b"bytes"}, "at /a: bytes"),
        ({"a": {1, 2}}, "at /a: set"),
        (float("nan"), "at /: float"),
    ],
)
def test_values_outside_the_subset_are_refused_by_place(value, message):
    with pytest.raises(NotCanonical, match=message):
        canonical_bytes(value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a":1,"b":2,"a":1}', "'a' appears twice"),
        (b'{"x":{"a":1,"\\u0061":1}}', "'a' appears twice"),
        (b"[1.0]", "floats and exponents"),
        (b"[1e3]", "floats and exponents"),
        (b"[NaN]", "floats and exponents"),
        (b"[-Infinity]", "floats and exponents"),
        (b"[9007199254740992]", "integers must lie"),
        (b"[" + b"9" * 5000 + b"]", "integers must lie"),
        (b'["\\ud800"]', "lone surrogates"),
        (b'{"\\u00e9":1}', "ASCII"),
        (b'["\xff"]', "not JSON in UTF-8"),
        (b"\xef\xbb\xbf[]", "not JSON in UTF-8"),
        (b"[1,]", "not JSON"),
        (b"[1] x", "not JSON"),
        (b"", "not JSON"),
        (b'["a\nb"]', "not JSON"),
        (b"[" * 100_000, "not JSON|nested"),
    ],
)
def test_ambiguous_or_foreign_json_is_refused(raw, message):
    with pytest.raises(NotCanonical, match=message):
        parse_strict(raw)


def test_the_standard_reader_would_have_let_a_duplicate_key_pass():
    """Control: why parse_strict exists."""
    assert json.loads(b'{"a":1,"a":2}') == {"a": 2}
    assert parse_strict(b'{"a":1}') == {"a": 1}


@pytest.mark.parametrize(
    "raw", [b'{"b":1,"a":2}', b'{"a": 1}', b'["\\u0041"]', b'["\\/"]', b"[-0]", b"[1]\n"]
)
def test_other_spellings_of_a_value_are_json_but_not_canonical(raw):
    parse_strict(raw)
    with pytest.raises(NotCanonical, match="canonical form"):
        parse_canonical(raw)


def test_nesting_is_allowed_up_to_the_limit_and_refused_beyond():
    def nested(depth):
        value = "x"
        for _ in range(depth):
            value = [value]
        return value

    assert parse_strict(canonical_bytes(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(NotCanonical, match="nested deeper"):
        canonical_bytes(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(("left", "right"), [("é", "e\u0301"), (1, "1"), (True, 1), ([], {})])
def test_values_that_look_alike_have_different_bytes(left, right):
    """NFC is the caller's business: text is hashed as it is given."""
    assert canonical_bytes([left]) != canonical_bytes([right])


class Word(StrEnum):
    CARE = "care"


@dataclass
class Written:
    """What orjson alone would write."""

    a: int = 1


strays = st.sampled_from(
    (
        *(1.5, 2**53, -(2**53), 2**70, b"x", "\ud800", {1}, Word.CARE, Written(), date(2026, 3, 1)),
        *(UUID(int=7), {"é": 1}, {Word.CARE: 1}, {1: "x"}, {None: 1}, (1, (2,)), True),
    )
)
anything = st.recursive(
    scalars | strays,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(ascii_keys, inner),
    max_leaves=20,
)


def judged(value):
    """The bytes, or the refusal, of the path that looks at every part."""
    try:
        canonical._check(value, "", 0)
        return canonical._dumps(value)
    except NotCanonical as refused:
        return str(refused)


def written(value):
    try:
        return canonical_bytes(value)
    except NotCanonical as refused:
        return str(refused)


@given(anything)
def test_the_fast_path_writes_and_refuses_what_the_judged_path_does(value):
    assert written(value) == judged(value)


@pytest.mark.parametrize("wrapped", [list, lambda inner: {"a": inner[0]}, tuple])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
def test_both_paths_stop_at_the_same_depth(wrapped, depth):
    value = "x"
    for _ in range(depth):
        value = wrapped([value])
    assert written(value) == judged(value)
    assert isinstance(written(value), bytes) == (depth <= MAX_DEPTH)


def test_the_law_above_notices_a_fast_path_that_is_let_at_everything(monkeypatch):
    monkeypatch.setattr(canonical, "_is_plain", lambda _value, _depth: True)
    assert written({"a": 1.5}) != judged({"a": 1.5})
    assert written({"é": 1}) != judged({"é": 1})
