"""What a test or case may be given: values, and every way of knowing less than a value."""

from __future__ import annotations

import pytest

from policy_service.domain.facts import OneOf, Unknown, Why
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.faults import PackFault
from policy_service.policy.grammar import read_facts
from policy_service.policy.strict_yaml import read_yaml


def test_other_than_is_one_of_all_the_other_words() -> None:
    given = read_facts(read_yaml("tie_via: {other_than: [self], why: contradicted}", "x"))
    others = frozenset(VOCABULARY["tie_via"].values) - {"self"}
    assert given == {"tie_via": OneOf(others, Why.CONTRADICTED)}


def test_a_fact_may_be_unknown_for_a_reason() -> None:
    given = read_facts(read_yaml("event_on: {unknown: not_recorded}", "x"))
    assert given == {"event_on": Unknown(Why.NOT_RECORDED)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'loan_recorded: {other_than: ["no", "yes"], why: declined}',
            "no value of 'loan_recorded'",
        ),
        ("tie: {other_than: [freind], why: declined}", "did you mean 'friend'"),
        ("tie: {other_than: [friend]}", "'why' is missing"),
        ("tie: {other_than: [friend], why: forgot}", "unknown reason"),
        ("event_on: {other_than: [not_applicable], why: declined}", "no value of 'event_on'"),
        ("gift_total: {other_than: [5], why: declined}", "text is expected"),
        ("tie: {none_of: [friend], why: declined}", "one of one_of, other_than, between"),
    ],
)
def test_what_is_given_wrongly_is_refused(text: str, message: str) -> None:
    with pytest.raises(PackFault, match=message):
        read_facts(read_yaml(text, "x"))
