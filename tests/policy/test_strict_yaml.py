"""YAML without its traps."""

from __future__ import annotations

import pytest

from policy_service.policy.faults import PackFault
from policy_service.policy.strict_yaml import MAX_CHARACTERS, read_yaml


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a: 1", {"a": 1}),
        ("a: 2024-02-29", {"a": "2024-02-29"}),
        ("a: 1.0.0", {"a": "1.0.0"}),
        ('a: "yes"', {"a": "yes"}),
        ("a: [true, false, null]", {"a": [True, False, None]}),
        ("a: A.5.a", {"a": "A.5.a"}),
        ('a: "0123"', {"a": "0123"}),
    ],
)
def test_plain_text_means_what_it_says(text: str, plain: object) -> None:
    assert read_yaml(text, "f.yaml").plain() == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: yes", "quote it"),
        ("a: NO", "quote it"),
        ("on: 1", "quote it"),
        ("a: ~", "quote it"),
        ("a:", "quote it"),
        ("a: True", "quote it"),
        ("a: 1.5", "reads as a number"),
        ("a: 1e3", "reads as a number"),
        ("a: 0x10", "reads as a number"),
        ("a: 0123", "reads as a number"),
        ("a: 12:30", "reads as a number"),
        ("a: 1_000", "reads as a number"),
        ("a: .inf", "reads as a number"),
        ("a: 1\na: 2", "duplicate key 'a'"),
        ("a: &x 1\nb: *x", "anchors and aliases"),
        ("<<: {a: 1}", "merge keys"),
        ("a: !!str 1", "tag"),
        ("a: [", "not YAML"),
        ("a: 1\n---\nb: 2", "more than one document"),
        ("", "is empty"),
        ("1: a", "a key must be text"),
        ("[" * 30 + "]" * 30, "nested deeper"),
        ("[" + "1," * 500 + "]", "more than 400"),
        ("a: " + "x" * MAX_CHARACTERS, "larger than"),
    ],
)
def test_a_trap_is_refused(text: str, message: str) -> None:
    with pytest.raises(PackFault, match=message) as caught:
        read_yaml(text, "f.yaml")
    assert caught.value.file == "f.yaml"


def test_deep_nesting_ends_in_a_fault_and_not_in_a_crash() -> None:
    with pytest.raises(PackFault):
        read_yaml("[" * 50_000, "f.yaml")
