"""The decision diagram against Z3: the same rules are dead or shadowed, the same changes loosen."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import z3

from policy_service.policy.analysis import Query, Result, prove_no_loosening
from policy_service.policy.analysis.full_conditions import read_rules
from policy_service.policy.analysis.items import Topic
from policy_service.policy.analysis.levels import Change, Speech, levels_in, levels_of
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.standing import Standing
from policy_service.policy.analysis.truths import TRUE, Truths
from policy_service.policy.conditions import Condition
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

from ..analysis.random_packs import mutated, random_pack
from .z3_packs import Universe, holds_and_binds, is_possible, level

PACKS = tuple(load_shipped_packs())
NAMES = [pack.id for pack in PACKS]
MUTANTS = 8
"""Mutants of each shipped pack; with the random packs some hundreds of pairs."""


class KleeneTruths(Truths):
    """Without supervaluation, which Z3 is not taught."""

    def of(self, condition: Condition) -> int:
        return self.kleene(condition)


def _loosened_by_z3(old: Pack, new: Pack, unknowns: bool) -> tuple[bool, bool]:
    """(a prohibition is loosened, anything is)."""
    universe = Universe(unknowns)
    before, after = level(universe, old.rules), level(universe, new.rules)
    anything = is_possible(universe, after < before)
    return anything and is_possible(universe, z3.And(before >= 4, after < before)), anything


def _loosened_by_diagram(old: Pack, new: Pack, unknowns: bool) -> tuple[bool, bool]:
    reads = read_rules(old.rules), read_rules(new.rules)
    space = Space.of((*reads[0], *reads[1]), unknowns)
    change = Change(Speech(KleeneTruths(space)), *reads)
    looser = [pair for pair in map(levels_in, change.leaves) if pair[1] < pair[0]]
    return any(before >= 4 for before, _ in looser), bool(looser)


def _pairs(seed: str) -> list[tuple[Pack, Pack]]:
    rng = random.Random(seed)
    pack = next((pack for pack in PACKS if pack.id == seed), None)
    if pack is not None:
        return [(pack, mutated(rng, pack)) for _ in range(MUTANTS)]
    old = random_pack(rng, 4)
    return [(old, mutated(rng, old)), (old, random_pack(rng, 4))]


def _assert_both_agree(old: Pack, new: Pack) -> None:
    for one, other in ((old, new), (new, old)):
        for unknowns in (False, True):
            by_diagram = _loosened_by_diagram(one, other, unknowns)
            assert by_diagram == _loosened_by_z3(one, other, unknowns)


@pytest.mark.slow
@pytest.mark.parametrize("seed", NAMES)
def test_both_deciders_agree_on_what_a_mutant_of_a_shipped_pack_loosens(seed: str) -> None:
    for old, new in _pairs(seed):
        _assert_both_agree(old, new)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_both_deciders_agree_on_random_packs(seed: int) -> None:
    for old, new in _pairs(f"random {seed}"):
        _assert_both_agree(old, new)


@pytest.mark.slow
@pytest.mark.parametrize("pack", PACKS, ids=NAMES)
def test_certificates_agree_with_z3_where_it_can_tell(pack: Pack) -> None:
    """With supervaluation a rule may say more than Kleene; over known facts they are one."""
    for old, new in _pairs(pack.id):
        claim = prove_no_loosening(old, new).claim(Query.NOTHING_LOOSENED)
        known = _loosened_by_z3(old, new, unknowns=False)[1]
        assert not known or claim.result is Result.REFUTED


@pytest.mark.slow
@pytest.mark.parametrize("pack", PACKS, ids=NAMES)
def test_both_deciders_find_the_same_rules_dead_and_shadowed(pack: Pack) -> None:
    rng = random.Random(pack.id)
    for one in (pack, *(mutated(rng, pack) for _ in range(3))):
        assert _standing_by_diagram(one) == _standing_by_z3(one)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_both_deciders_find_the_same_random_rules_dead_and_shadowed(seed: int) -> None:
    pack = random_pack(random.Random(seed), 6)
    assert _standing_by_diagram(pack) == _standing_by_z3(pack)


def _standing_by_diagram(pack: Pack) -> dict[str, set[str]]:
    items = list(Standing.of(pack).items())
    return {
        topic.value: {item.rule for item in items if item.topic is topic}
        for topic in (Topic.DEAD, Topic.SHADOWED)
    }


def _standing_by_z3(pack: Pack) -> dict[str, set[str]]:
    universe = Universe(unknowns=False)
    rules = [rule for rule in pack.rules if rule.status.is_read]
    holds = {rule.id: holds_and_binds(universe, rule, pack.rules) for rule in rules}
    levels = {rule.id: levels_of(rule)[TRUE] for rule in rules}
    dead = {name for name, formula in holds.items() if not is_possible(universe, formula)}
    shadowed = set()
    for name in holds.keys() - dead:
        stricter = [holds[o] for o in holds if o != name and levels[o] >= levels[name]]
        if not is_possible(universe, z3.And(holds[name], z3.Not(z3.Or(*stricter)))):
            shadowed.add(name)
    return {"dead": dead, "shadowed": shadowed}


def test_the_deciders_can_disagree() -> None:
    """Negative control: the diagram of one pair is told from the answer on another."""
    pack = next(pack for pack in PACKS if pack.id == "us-tx-lpc")
    rest = replace(pack, rules=pack.rules[1:])
    assert _loosened_by_diagram(pack, rest, False) != _loosened_by_z3(rest, pack, False)


def test_a_few_pairs_agree_in_every_run() -> None:
    pack = next(pack for pack in PACKS if pack.id == "us-tx-lpc")
    rng = random.Random(5)
    for _ in range(2):
        _assert_both_agree(pack, mutated(rng, pack))
