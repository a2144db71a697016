"""Facts as canonical JSON and back."""

from __future__ import annotations

from datetime import date

import pytest

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    Between,
    Fact,
    Facts,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
    Why,
    fact_from_json,
    fact_to_json,
    facts_from_json,
    facts_to_json,
)

SAMPLES: list[Fact] = [
    Known("friend"),
    Known(5000),
    OneOf(frozenset({"none", "ex_partner"}), Why.IDENTITY_UNCONFIRMED),
    Between(1, 3, Why.NOT_RECORDED),
    On(PartialDate("2024-05-01")),
    On(PartialDate("2024"), Why.ASKED_NOT_KNOWN),
    Unknown(Why.DECLINED),
]


@pytest.mark.parametrize("fact", SAMPLES, ids=range(len(SAMPLES)))
def test_a_fact_survives_json(fact: Fact) -> None:
    assert fact_from_json(fact_to_json(fact)) == fact


def test_all_facts_survive_json() -> None:
    base = {f"fact_{number}": fact for number, fact in enumerate(SAMPLES)}
    facts = Facts(date(2026, 1, 2), base, (TieFacts("t1", {"tie": Known("friend")}),))
    assert facts_from_json(facts_to_json(facts)) == facts


@pytest.mark.parametrize(
    "body", [{}, {"value": 1, "why": "declined"}, {"unknown": "x"}, {"on": "2024-99"}, {"a": 1}]
)
def test_any_other_shape_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        fact_from_json(body)


def test_only_what_nobody_stated_is_a_gap() -> None:
    assert {why for why in Why if why.is_gap} == {
        Why.NOT_ATTESTED,
        Why.IDENTITY_NOT_COMPARABLE,
    }
