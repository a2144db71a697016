"""Random small packs and random records, for laws about the analysis."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import FactType
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.analysis.counting import Path as DiagramPath
from policy_service.policy.analysis.full_conditions import ReadRule, full, names_of
from policy_service.policy.analysis.mutants import mutants
from policy_service.policy.analysis.mutation import full_rule
from policy_service.policy.analysis.space import Space
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED, Period
from policy_service.policy.conditions import (
    AS_OF,
    AfterCare,
    All,
    Atom,
    Condition,
    Day,
    Not,
    Number,
    Right,
    Some,
    Than,
    When,
    Words,
    compile_condition,
)
from policy_service.policy.pack import Pack
from policy_service.policy.rule import InForce, Rule, Status

from ..example_pack import example_pack

FACTS = ("service", "loan_recorded", "tie_via", "tie", "gift_total", "event_on", "tie_began_on")
PERIODS = (Period("2 years"), Period("5 years"), Period("24 months"), Period("90 days"))
CONSTANTS = (date(2023, 1, 1), date(2025, 6, 1))
FINDABLE = tuple(Outcome)[1:]


@cache
def template() -> Pack:
    with TemporaryDirectory() as folder:
        return example_pack(Path(folder))


def random_atom(rng: random.Random, facts: Sequence[str] = FACTS) -> Atom:
    name = rng.choice([*facts, AS_OF])
    if name == AS_OF or VOCABULARY[name].type is FactType.DATE:
        return Day(name, rng.choice(list(When)), _right(rng, name))
    if VOCABULARY[name].type is FactType.ENUM:
        values = VOCABULARY[name].values
        return Words(name, tuple(rng.sample(values, rng.randint(1, len(values) - 1))))
    return Number(name, rng.choice(list(Than)), rng.choice([1, 50, 5000]))


def _right(rng: random.Random, left: str) -> Right:
    after_care = AfterCare(rng.choice(PERIODS))
    others: list[Right] = [rng.choice(CONSTANTS), *([] if left == AS_OF else [None])]
    return rng.choice([after_care, after_care, *others])


def random_condition(rng: random.Random, facts: Sequence[str] = FACTS, depth: int = 3) -> Condition:
    if depth == 0 or rng.random() < 0.3:
        return random_atom(rng, facts)
    parts = tuple(random_condition(rng, facts, depth - 1) for _ in range(rng.randint(2, 3)))
    kind = rng.random()
    if kind < 0.2:
        return Not(parts[0])
    return All(parts) if kind < 0.6 else Some(parts)


def random_rule(rng: random.Random, name: str, facts: Sequence[str] = FACTS) -> Rule:
    condition = random_condition(rng, facts)
    compiled = compile_condition(All((condition,)))
    outcome = rng.choice(FINDABLE)
    named = _named(condition)
    return replace(
        template().rules[0],
        id=name,
        trigger=(),
        when=condition,
        compiled=compiled,
        facts=named,
        is_tied=any(fact.startswith("tie") for fact in named),
        outcome=outcome,
        if_unknown=rng.choice([one for one in FINDABLE if one <= outcome]),
        waivable=outcome is not Outcome.PROHIBIT or rng.random() < 0.5,
        status=rng.choice([Status.IN_FORCE, Status.IN_FORCE, Status.DRAFT, Status.SUPERSEDED]),
        in_force=_force(rng),
        tests=(),
    )


def _named(condition: Condition) -> tuple[str, ...]:
    """The facts a condition looks at, the anchor dates in the place of the end of care."""
    named = set(names_of(condition))
    if CARE_ENDED in named:
        named = named - {CARE_ENDED} | set(ANCHOR_FACTS)
    return tuple(sorted(named))


def _force(rng: random.Random) -> InForce:
    if rng.random() < 0.7:
        return InForce(None, None, PartialDate("2026"))
    until = PartialDate("2025-06-01") if rng.random() < 0.5 else None
    return InForce(PartialDate("2023"), until, None)


def random_pack(rng: random.Random, rules: int, facts: Sequence[str] = FACTS) -> Pack:
    made = tuple(random_rule(rng, f"random.rule-{n}", facts) for n in range(rules))
    return replace(template(), rules=made, cases=())


def mutated(rng: random.Random, pack: Pack) -> Pack:
    """The pack with one rule changed as a slip would, or removed."""
    rule = rng.choice([rule for rule in pack.rules if rule.status.is_read] or [pack.rules[0]])
    if rng.random() < 0.1:
        return replace(pack, rules=tuple(other for other in pack.rules if other is not rule))
    changed = rng.choice(list(mutants(rule))).applied_to(rule)
    rules = [changed if other.id == rule.id else other for other in pack.rules]
    return replace(pack, rules=tuple(full_rule(other, rules).rule for other in rules))


def random_path(rng: random.Random, space: Space) -> DiagramPath:
    """A combination within the mask, a cell for each variable."""
    diagrams, node, path = space.diagrams, space.mask, []
    for number, width in enumerate(diagrams.widths):
        children = diagrams.children(node, number)
        place = rng.choice([place for place in range(width) if children[place] != 0])
        path.append((number, place))
        node = children[place]
    assert node == 1
    return tuple(path)


def places(path: DiagramPath) -> list[int]:
    return [place for _, place in path]


def alone(rule: Rule) -> ReadRule:
    return ReadRule(rule, full(rule, (rule,)))
