"""The laws of the engine over random records and all shipped packs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import Decision, RuleReading, Truth, contribution, decide
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    Facts,
    Known,
    On,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.outcomes import Outcome, strictest
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy import engine
from policy_service.policy.conditions import All, Not, Words, compile_condition
from policy_service.policy.engine import evaluate
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import InForce
from policy_service.policy.supervaluation import Verdict
from tests.sizes import examples

from .strategies import AS_OF, known_records, records_and_what_is_known
from .worlds import fact_at, open_places, with_fact

PACKS = tuple(load_shipped_packs())
LAWS = settings(
    max_examples=examples(150),
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


def floor(readings: Sequence[RuleReading]) -> Outcome:
    """The lower bound: the gravest of what holds definitely, drafts at most deliberate."""
    return strictest(*(contribution(r) for r in readings if r.closed is Truth.TRUE))


def lies_within_its_bounds(truth: Facts, known: Facts) -> bool:
    """The outcome of the truth is one that the record with unknowns leaves open."""
    readings = evaluate(PACKS, known)
    outcome = _decision(truth).outcome
    return floor(readings) <= outcome <= decide(readings, ()).could_become


def keeps_what_is_definite(answered: Facts, known: Facts) -> bool:
    """Answering questions about facts takes no definite finding away."""
    return _definite(known) <= _definite(answered)


@LAWS
@given(records_and_what_is_known())
def test_the_truth_lies_within_the_bounds(pair: tuple[Facts, Facts]) -> None:
    assert lies_within_its_bounds(*pair)


@LAWS
@given(records_and_what_is_known())
def test_learning_the_truth_never_removes_a_definite_finding(
    pair: tuple[Facts, Facts],
) -> None:
    assert keeps_what_is_definite(*pair)


@LAWS
@given(records_and_what_is_known(), st.randoms(use_true_random=False))
def test_one_answer_among_several_never_removes_a_definite_finding(
    pair: tuple[Facts, Facts], chooser: random.Random
) -> None:
    truth, known = pair
    unanswered = open_places(known)
    answered = known
    for place in unanswered:
        if chooser.random() < 0.5:
            answered = with_fact(answered, place, fact_at(truth, place))
    assert keeps_what_is_definite(answered, known)
    assert keeps_what_is_definite(truth, answered)


@LAWS
@given(records_and_what_is_known())
def test_what_is_asked_stands_in_the_order_of_its_weight(pair: tuple[Facts, Facts]) -> None:
    asks = _decision(pair[1]).ask
    weights = [(-ask.could_become.rank, -ask.settles) for ask in asks]
    assert weights == sorted(weights)
    assert all(ask.settles > 0 for ask in asks)


# Negative controls: each law above is able to fail.


def _some_pair(broken: Callable[[Facts, Facts], bool]) -> bool:
    """Whether any of some thousand pairs breaks the law; the search ends with the first."""
    once = settings(
        max_examples=2_000, deadline=None, database=None, derandomize=True, phases=[Phase.generate]
    )
    try:
        find(records_and_what_is_known(), lambda pair: broken(*pair), settings=once)
    except NoSuchExample:
        return False
    return True


def test_the_outcome_itself_is_no_lower_bound() -> None:
    """What evidence raises may turn out to be nothing, so `outcome` cannot stand for the floor."""
    assert _some_pair(lambda truth, known: _decision(truth).outcome < _decision(known).outcome)


def test_without_what_could_become_the_truth_would_lie_outside() -> None:
    assert _some_pair(lambda truth, known: _decision(truth).outcome > _decision(known).outcome)


def test_a_rule_that_held_because_a_gap_was_closed_would_be_taken_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = PACKS[0].rules[0]
    no_friend = compile_condition(All((Not(Words("tie", ("friend",))),)))
    stranger = replace(
        rule, compiled=no_friend, facts=("tie",), is_tied=True, in_force=_ALWAYS, clock=None
    )
    pack = replace(PACKS[0], rules=(stranger,))
    unattested = Facts(AS_OF, {"tie": Unknown(Why.NOT_ATTESTED)})
    friend = Facts(AS_OF, {"tie": Known("friend")})

    def holds(facts: Facts) -> bool:
        return any(reading.closed is Truth.TRUE for reading in evaluate([pack], facts))

    assert not holds(unattested)
    assert not holds(friend)
    monkeypatch.setattr(engine, "_truths", _believing_closed_gaps)
    assert holds(unattested)
    assert not holds(friend)


_ALWAYS = InForce(None, None, PartialDate("2026"))


def _believing_closed_gaps(opened: Verdict, closed: Verdict) -> tuple[Truth, Truth]:
    truths = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
    return truths[closed.truth], truths[opened.truth]


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


@pytest.mark.soak
def test_ten_thousand_random_records_keep_every_law() -> None:
    @settings(LAWS, max_examples=10_000, database=None)
    @given(records_and_what_is_known())
    def law(pair: tuple[Facts, Facts]) -> None:
        truth, known = pair
        assert not _silent(_decision(truth), _decision(known))
        assert lies_within_its_bounds(truth, known)
        assert keeps_what_is_definite(truth, known)

    law()
