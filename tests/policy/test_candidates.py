"""Packs that may bind: they can raise what could become, and nothing rests on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.decisions import Decision, Truth, decide
from policy_service.domain.facts import Fact, Facts, Known, TieFacts, Unknown, Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import STATED
from policy_service.policy.engine import evaluate, outcome_of
from policy_service.policy.faults import FactsFault
from policy_service.policy.grammar import read_condition
from policy_service.policy.pack import Pack
from policy_service.policy.plan import plan_of
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.strict_yaml import read_yaml

from .example_pack import example_pack
from .strategies import records_and_what_is_known

PACKS = tuple(load_shipped_packs())
LICENSED = tuple(pack for pack in PACKS if pack.scope.licences)
AS_OF = date(2026, 6, 15)
FRIEND = (TieFacts("t0", {"tie": Known("friend")}),)
STRANGER: dict[str, Fact] = {"event_kind": Known("not_applicable"), "tie": Known("none")}
STRANGER["intimacy_after_care"] = Known("no")


def unresolved(facts: Facts, packs: Iterable[Pack]) -> Facts:
    """The facts while it is not known which of the packs bind."""
    missing: dict[str, Fact] = {
        "licence": Unknown(Why.NOT_RECORDED),
        "location_of_service": Known(STATED),
    }
    digests = frozenset(pack.digest for pack in packs)
    return replace(facts, base={**facts.base, **missing}, candidates=digests)


def decided(packs: Iterable[Pack], facts: Facts) -> Decision:
    return decide(evaluate(tuple(packs), facts), ())


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return example_pack(tmp_path)


def test_what_would_hold_is_undecided_and_asks_for_the_licence(pack: Pack) -> None:
    decision = decided([pack], unresolved(Facts(AS_OF, STRANGER, FRIEND), [pack]))
    assert (decision.outcome, decision.could_become) == (Outcome.ADVISE, Outcome.DELIBERATE)
    assert [finding.undecided for finding in decision.findings] == [True]
    assert [(ask.fact, ask.tie, ask.why) for ask in decision.ask] == [
        ("licence", None, Why.NOT_RECORDED)
    ]
    assert not decision.complete


def test_the_finding_shows_what_it_waits_for_with_the_keys_of_any_other(pack: Pack) -> None:
    bound = Facts(AS_OF, STRANGER, FRIEND)
    sure = decided([pack], bound).to_json()["findings"][0]
    unsure = decided([pack], unresolved(bound, [pack])).to_json()["findings"][0]
    assert sure.keys() == unsure.keys()
    assert {"fact": "licence", "unknown": "not_recorded"} in unsure["facts"]


def test_what_is_false_stays_false(pack: Pack) -> None:
    decision = decided([pack], unresolved(Facts(AS_OF, STRANGER), [pack]))
    assert (decision.outcome, decision.complete) == (Outcome.NO_FINDING, True)


def test_both_are_asked_for_when_both_are_unknown(pack: Pack) -> None:
    facts = Facts(AS_OF, STRANGER, FRIEND, frozenset({pack.digest}))
    asked = {(ask.fact, ask.why) for ask in decided([pack], facts).ask}
    assert asked == {("licence", Why.NOT_ASKED), ("location_of_service", Why.NOT_ASKED)}


def test_candidates_with_nothing_left_to_find_out_are_refused(pack: Pack) -> None:
    stated = {"licence": Known(STATED), "location_of_service": Known(STATED)}
    facts = Facts(AS_OF, STRANGER | stated, (), frozenset({pack.digest}))
    with pytest.raises(FactsFault, match="both stated"):
        evaluate([pack], facts)


@pytest.mark.parametrize("fact", ["licence", "location_of_service"])
def test_no_rule_can_name_what_decides_which_packs_bind(fact: str) -> None:
    with pytest.raises(ValueError, match=f"unknown fact '{fact}'"):
        read_condition(read_yaml(f"{fact}: stated", "rules/all.yaml"))


some_packs = st.sets(st.sampled_from(range(len(LICENSED))), min_size=1, max_size=6)


@given(records_and_what_is_known(), some_packs)
def test_candidates_never_lower_an_outcome(pair: tuple[Facts, Facts], chosen: set[int]) -> None:
    _, known = pair
    maybe = [LICENSED[place] for place in sorted(chosen)]
    others = [pack for pack in PACKS if pack not in maybe]
    without, with_ = decided(others, known), decided(PACKS, unresolved(known, maybe))
    assert with_.outcome >= without.outcome
    assert with_.could_become >= without.could_become
    assert _named(without) <= _named(with_)


def _named(decision: Decision) -> set[tuple[str, str | None]]:
    readings = (finding.reading for finding in decision.findings)
    return {(reading.facets.rule, reading.tie) for reading in readings}


def within_bounds(undecided: Decision, resolved: Decision) -> bool:
    """What holds definitely stays, and nothing gets worse than was said it could."""
    floor = max(
        (f.outcome for f in undecided.findings if not f.undecided), default=Outcome("no_finding")
    )
    return floor <= resolved.outcome and resolved.could_become <= undecided.could_become


@given(records_and_what_is_known(), some_packs, some_packs)
def test_whichever_of_them_bind_the_outcome_lies_within_the_bounds(
    pair: tuple[Facts, Facts], chosen: set[int], binding: set[int]
) -> None:
    _, known = pair
    maybe = [LICENSED[place] for place in sorted(chosen)]
    others = [pack for pack in PACKS if pack not in maybe]
    undecided = decided(PACKS, unresolved(known, maybe))
    bound = [LICENSED[place] for place in sorted(binding & chosen)]
    assert within_bounds(undecided, decided([*others, *bound], known))


def test_leaving_candidates_out_would_break_the_bounds() -> None:
    """Negative control: the property above is able to fail."""
    texas = [pack for pack in PACKS if pack.id == "us-tx-lpc"]
    loan = Facts(AS_OF, STRANGER | {"event_kind": Known("loan"), "loan_recorded": Known("yes")})
    assert within_bounds(decided(texas, unresolved(loan, texas)), decided(texas, loan))
    assert not within_bounds(decided([], loan), decided(texas, loan))


@given(records_and_what_is_known(), some_packs)
def test_a_definite_finding_never_rests_on_a_candidate(
    pair: tuple[Facts, Facts], chosen: set[int]
) -> None:
    _, known = pair
    maybe = [LICENSED[place] for place in sorted(chosen)]
    facts = unresolved(known, maybe)
    for reading in evaluate(PACKS, facts):
        if reading.facets.pack_digest in facts.candidates:
            assert Truth.TRUE not in (reading.closed, reading.open)
            assert "licence" in {missing.fact for missing in reading.missing}


@given(records_and_what_is_known(), some_packs)
def test_the_bare_answer_knows_of_candidates_too(
    pair: tuple[Facts, Facts], chosen: set[int]
) -> None:
    _, known = pair
    facts = unresolved(known, [LICENSED[place] for place in sorted(chosen)])
    decision, answer = decided(PACKS, facts), outcome_of(plan_of(PACKS), facts)
    assert (answer.outcome, answer.could_become) == (decision.outcome, decision.could_become)
