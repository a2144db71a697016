"""The laws of the engine over random records and all shipped packs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_service.domain.decisions import Decision, RuleReading, Truth, decide
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Facts, Known, On, TieFacts, Unknown
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.engine import evaluate
from policy_service.policy.registry import load_shipped_packs

from .strategies import known_records, records_and_what_is_known

PACKS = tuple(load_shipped_packs())
LAWS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _decision(facts: Facts) -> Decision:
    return decide(evaluate(PACKS, facts), ())


def _definite(facts: Facts) -> set[tuple[str, str | None]]:
    return {
        (reading.facets.rule, reading.tie)
        for reading in evaluate(PACKS, facts)
        if reading.closed is Truth.TRUE
    }


@LAWS
@given(known_records(), st.randoms(use_true_random=False))
def test_the_order_and_repetition_of_readings_never_matter(
    facts: Facts, shuffler: random.Random
) -> None:
    readings = list(evaluate(PACKS, facts))
    expected = decide(readings, ()).to_json()
    again = readings + readings[: len(readings) // 2]
    shuffler.shuffle(again)
    assert decide(again, ()).to_json() == expected


@LAWS
@given(known_records())
def test_a_record_without_unknowns_is_complete(facts: Facts) -> None:
    decision = _decision(facts)
    assert decision.complete
    assert decision.ask == ()


@LAWS
@given(records_and_what_is_known())
def test_what_is_true_is_never_graver_than_what_could_become(
    pair: tuple[Facts, Facts],
) -> None:
    truth, known = pair
    assert _decision(truth).outcome <= _decision(known).could_become


@LAWS
@given(records_and_what_is_known())
def test_learning_the_truth_never_removes_a_definite_finding(
    pair: tuple[Facts, Facts],
) -> None:
    truth, known = pair
    assert _definite(known) <= _definite(truth)


def _silent(truth: Decision, known: Decision) -> bool:
    """No finding, nothing to ask, while the truth is a conflict."""
    says_nothing = known.could_become is Outcome.NO_FINDING or known.complete
    return says_nothing and truth.outcome > known.outcome


@LAWS
@given(records_and_what_is_known())
def test_an_unknown_is_never_read_as_no_conflict(pair: tuple[Facts, Facts]) -> None:
    truth, known = pair
    assert not _silent(_decision(truth), _decision(known))


def _closed_world(facts: Facts) -> Facts:
    """The forbidden reading: whatever is not known is taken to be absent."""

    def absent(name: str, fact: Fact) -> Fact:
        if isinstance(fact, Known) or (isinstance(fact, On) and fact.when.is_full):
            return fact
        spec = VOCABULARY[name]
        return Known(spec.none_value or (spec.values[0] if spec.values else NOT_APPLICABLE))

    return replace(
        facts,
        base={name: absent(name, fact) for name, fact in facts.base.items()},
        ties=tuple(
            TieFacts(tie.ref, {name: absent(name, fact) for name, fact in tie.facts.items()})
            for tie in facts.ties
        ),
    )


def test_a_closed_world_reading_would_break_the_law() -> None:
    """Negative control: the property above is able to fail."""
    silent = 0

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(records_and_what_is_known())
    def count(pair: tuple[Facts, Facts]) -> None:
        nonlocal silent
        truth, known = pair
        silent += _silent(_decision(truth), _decision(_closed_world(known)))

    count()
    assert silent > 0


@LAWS
@given(records_and_what_is_known())
def test_whatever_is_asked_is_truly_open(pair: tuple[Facts, Facts]) -> None:
    _, known = pair
    ties = {tie.ref: tie.facts for tie in known.ties}
    for ask in _decision(known).ask:
        source = known.base if ask.tie is None else ties[ask.tie]
        fact = source.get(ask.fact, Unknown(ask.why))
        assert not isinstance(fact, Known) or ask.why.value == "contradicted"


@LAWS
@given(known_records())
def test_evaluation_is_a_function_of_its_arguments(facts: Facts) -> None:
    def body(readings: Sequence[RuleReading]) -> object:
        return decide(readings, ()).to_json()

    assert body(evaluate(PACKS, facts)) == body(evaluate(tuple(reversed(PACKS)), facts))


@pytest.mark.slow
def test_ten_thousand_random_records_are_never_silently_clear() -> None:
    @settings(LAWS, max_examples=10_000, database=None)
    @given(records_and_what_is_known())
    def law(pair: tuple[Facts, Facts]) -> None:
        truth, known = pair
        assert not _silent(_decision(truth), _decision(known))

    law()
