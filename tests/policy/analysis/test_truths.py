"""The diagram of a condition says what the engine says, combination by combination."""

from __future__ import annotations

import random

import pytest

from policy_service.domain.decisions import Truth
from policy_service.policy.analysis.full_conditions import ReadRule, is_coupled, read_rules
from policy_service.policy.analysis.records import record_of
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.truths import FALSE, OPEN, TRUE, Truths
from policy_service.policy.conditions import Not, Some, Words
from policy_service.policy.engine import read_alone
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

from .random_packs import alone, places, random_pack, random_path, random_rule, template

_LEAVES = {Truth.FALSE: FALSE, Truth.UNKNOWN: OPEN, Truth.TRUE: TRUE}
PACKS = tuple(load_shipped_packs())


def _disagreements(pack: Pack, read: ReadRule, unknowns: bool, rng: random.Random) -> list[str]:
    """Where the diagram and the engine differ; of a coupled rule OPEN may be only a bound."""
    space = Space.of([read], unknowns)
    said = Truths(space).of(read.condition)
    bounded = unknowns and is_coupled(read.condition)
    found = []
    for _ in range(12):
        path = random_path(rng, space)
        record = record_of(space, path)
        engine = _LEAVES[read_alone(pack, read.rule, record.facts, record.as_of).open]
        leaf = space.diagrams.at(said, places(path))
        if leaf != engine and not (bounded and leaf == OPEN):
            found.append(f"{read.rule.id}: engine {engine}, not {leaf}, on {record.to_json()}")
    return found


@pytest.mark.parametrize("unknowns", [False, True], ids=["known", "with unknowns"])
@pytest.mark.parametrize("pack", PACKS, ids=[pack.id for pack in PACKS])
def test_diagrams_of_shipped_rules_agree_with_the_engine(pack: Pack, unknowns: bool) -> None:
    rng = random.Random(pack.id)
    for read in read_rules(pack.rules):
        assert _disagreements(pack, read, unknowns, rng) == []


@pytest.mark.parametrize("unknowns", [False, True], ids=["known", "with unknowns"])
@pytest.mark.parametrize("seed", range(60))
def test_diagrams_of_random_rules_agree_with_the_engine(seed: int, unknowns: bool) -> None:
    """Periods in months and days, constants, the as-of date, ties and negations at random."""
    rng = random.Random(seed)
    rule = random_rule(rng, "random.rule")
    assert _disagreements(template(), alone(rule), unknowns, rng) == []


@pytest.mark.parametrize("seed", range(25))
def test_rules_that_name_an_anchor_date_agree_over_known_facts(seed: int) -> None:
    """Over unknown ones they are only bounded."""
    rng = random.Random(seed)
    facts = ("terminated_on", "relationship_ended_on", "tie_began_on", "service")
    rule = random_rule(rng, "random.rule", facts)
    assert _disagreements(template(), alone(rule), False, rng) == []


def test_the_comparison_with_the_engine_can_fail() -> None:
    """Negative control: the diagram of another condition is told apart."""
    rng = random.Random(7)
    one, other = random_pack(rng, 2).rules
    swapped = ReadRule(one, alone(other).condition)
    assert _disagreements(template(), swapped, False, rng) != []


def test_plain_kleene_logic_would_disagree_with_the_engine() -> None:
    """Negative control: supervaluation is seen, a tautology over an unknown is true."""
    friend = Words("tie", ("friend",))
    space = Space.over([friend], unknowns=True)
    truths = Truths(space)
    tautology = Some((friend, Not(friend)))
    assert OPEN in space.diagrams.leaves(truths.kleene(tautology))
    assert truths.of(tautology) == TRUE


def test_no_shipped_rule_is_coupled_so_unknowns_are_exact() -> None:
    coupled = [
        read.rule.id
        for pack in PACKS
        for read in read_rules(pack.rules)
        if is_coupled(read.condition)
    ]
    assert coupled == []
