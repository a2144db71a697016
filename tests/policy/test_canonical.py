"""Canonical JSON of packs."""

from __future__ import annotations

import pytest

from policy_service.policy.canonical import canonical_json, digest


def test_keys_are_sorted_and_text_is_not_escaped() -> None:
    assert (
        canonical_json({"b": [1, None, True], "a": "§ é"})
        == '{"a":"§ é","b":[1,null,true]}'.encode()
    )


def test_the_order_of_keys_does_not_change_the_digest() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [1.5, {"é": 1}, {1: 2}, (1,), {"a": {1.0}}])
def test_what_would_not_be_canonical_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"ASCII|no place"):
        canonical_json(value)
