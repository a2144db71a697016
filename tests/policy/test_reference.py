"""The engine against rederive.py, written from docs/semantics.md: byte for byte the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.policy_records import blurred, random_record
from policy_service.domain.decisions import NotConsulted, decide
from policy_service.domain.facts import Fact, Facts, Known, Unknown, Why
from policy_service.domain.vocabulary import STATED
from policy_service.ledger.canonical import canonical_bytes
from policy_service.policy import engine
from policy_service.policy.engine import evaluate, outcome_of
from policy_service.policy.pack import Pack
from policy_service.policy.plan import plan_of
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule_index import Indexed

from .pack_documents import decision_body
from .random_packs import random_packs
from .strategies import AS_OF, known_records, records_and_what_is_known

PACKS = tuple(load_shipped_packs())
Situation = tuple[tuple[Pack, ...], Facts]


def differs(packs: Sequence[Pack], facts: Facts) -> bool:
    """Whether engine and reference disagree, or the bare answer and the decision."""
    bodies = [NotConsulted("a body without a pack")]
    decision = decide(evaluate(packs, facts), bodies)
    expected = decision_body(packs, facts, ["a body without a pack"])
    answer = outcome_of(plan_of(packs), facts)
    bare = (answer.outcome, answer.could_become) != (decision.outcome, decision.could_become)
    return bare or canonical_bytes(decision.to_json()) != canonical_bytes(expected)


@st.composite
def shipped(draw: st.DrawFn) -> Situation:
    """A few shipped packs and a record of which something is not known."""
    chosen = draw(st.sets(st.sampled_from(range(len(PACKS))), min_size=1, max_size=4))
    return tuple(PACKS[place] for place in sorted(chosen)), draw(records_and_what_is_known())[1]


@st.composite
def random_rules(draw: st.DrawFn) -> Situation:
    """A random pack, which may be one that may bind."""
    pack, facts = draw(random_packs()), draw(records_and_what_is_known())[1]
    if draw(st.booleans()):
        return (pack,), facts
    missing: dict[str, Fact] = {
        "licence": Known(STATED),
        "location_of_service": Unknown(draw(st.sampled_from(Why))),
    }
    doubtful = frozenset({pack.digest})
    return (pack,), replace(facts, base={**facts.base, **missing}, candidates=doubtful)


@given(known_records())
@settings(max_examples=15)
def test_all_shipped_packs_on_known_records(facts: Facts) -> None:
    assert not differs(PACKS, facts)


@given(shipped())
def test_shipped_packs_on_records_with_unknowns(situation: Situation) -> None:
    assert not differs(*situation)


@given(random_rules())
@settings(max_examples=200)
def test_any_rule_the_format_allows(situation: Situation) -> None:
    assert not differs(*situation)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("situations", "count"), [(shipped(), 500), (random_rules(), 4_000)], ids=["shipped", "random"]
)
def test_thousands_of_situations(situations: st.SearchStrategy[Situation], count: int) -> None:
    @given(situations)
    @settings(max_examples=count, database=None)
    def law(situation: Situation) -> None:
        assert not differs(*situation)

    law()


@pytest.mark.parametrize("count", [500, pytest.param(100_000, marks=pytest.mark.soak)])
def test_random_records_are_decided_alike_under_random_packs(count: int) -> None:
    """Plain chance, with up to three facts blurred and up to two ties: fast enough for many."""
    chance = random.Random(count)
    for _ in range(count):
        facts = random_record(chance, ties=chance.randint(0, 2))
        names = chance.sample(sorted(facts.base), chance.randint(0, 3))
        unsure = {name: blurred(chance, name, facts.base[name]) for name in names}
        packs = chance.sample(PACKS, chance.randint(1, 3))
        assert not differs(packs, replace(facts, base={**facts.base, **unsure}))


def test_an_index_that_took_unknown_for_false_would_be_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: the comparison is able to fail."""

    def hasty(
        index: Sequence[Indexed], facts: Mapping[str, Fact], left: int, waiting: int
    ) -> tuple[int, int]:
        for name, by_word, naming in index:
            fact = facts.get(name)
            left &= by_word[fact.value] if isinstance(fact, Known) else ~naming
        return left, waiting

    baseline = [pack for pack in PACKS if pack.id == "baseline"]
    unknown = Facts(AS_OF, {"tie": Unknown(Why.DECLINED)})
    assert not differs(baseline, unknown)
    monkeypatch.setattr(engine, "narrow", hasty)
    assert differs(baseline, unknown)
