"""Brute force: with at most three facts unknown, the answer is that of trying every world.

The oracle fills in what is unknown in every way, reads each world, and tells which rules hold in
all of them, which in some, and which facts can change any of it alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import Truth, decide
from policy_service.domain.facts import Facts, FactType, Known, OneOf, TieFacts, Unknown, Why
from policy_service.domain.outcomes import Outcome, strictest
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy import engine
from policy_service.policy.conditions import (
    All,
    Compiled,
    Not,
    Some,
    Words,
    World,
    compile_condition,
)
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import InForce
from policy_service.policy.supervaluation import DECIDED, Verdict

from .strategies import AS_OF, BASE_NAMES, known_records
from .worlds import Place, fact_at, open_places, with_fact, worlds

PACKS = tuple(load_shipped_packs())
MOST_WORLDS = 4_000
EVIDENCE = tuple(why for why in Why if not why.is_gap)
Spoken = frozenset[tuple[str, str | None]]


@dataclass(frozen=True)
class Truths:
    """What is so in every world, in some, and which open facts can change it alone."""

    in_all: Spoken
    in_some: Spoken
    worst: Outcome
    matters: frozenset[Place]


def of_every_world(packs: Iterable[Pack], facts: Facts) -> Truths:
    """The truth by trying them all."""
    places = open_places(facts)
    packs = tuple(packs)
    held: dict[tuple[object, ...], Spoken] = {}
    worst = Outcome.NO_FINDING
    for world in worlds(facts, places, MOST_WORLDS):
        decision = decide(evaluate(packs, world), ())
        assert decision.complete
        worst = max(worst, decision.outcome)
        held[tuple(fact_at(world, place) for place in places)] = _holding(packs, world)
    spoken = list(held.values())
    return Truths(
        frozenset.intersection(*spoken),
        frozenset.union(*spoken),
        worst,
        frozenset(place for number, place in enumerate(places) if _turns(number, held)),
    )


def _holding(packs: tuple[Pack, ...], facts: Facts) -> Spoken:
    readings = evaluate(packs, facts)
    return frozenset((r.facets.rule, r.tie) for r in readings if r.closed is Truth.TRUE)


def _turns(number: int, held: dict[tuple[object, ...], Spoken]) -> bool:
    seen: dict[tuple[object, ...], Spoken] = {}
    for values, spoken in held.items():
        others = values[:number] + values[number + 1 :]
        if seen.setdefault(others, spoken) != spoken:
            return True
    return False


@st.composite
def almost_known(draw: st.DrawFn) -> Facts:
    """At most three facts of the base or of a tie unknown, one of them a date at most."""
    facts = draw(known_records())
    names = draw(st.lists(st.sampled_from(BASE_NAMES), min_size=1, max_size=3, unique=True))
    places: list[Place] = [(None, name) for name in names]
    if facts.ties and draw(st.booleans()):
        places = [*places[:2], ("t0", draw(st.sampled_from(sorted(facts.ties[0].facts))))]
    assume(sum(VOCABULARY[name].type is FactType.DATE for _, name in places) < 2)
    for place in places:
        facts = with_fact(facts, place, Unknown(draw(st.sampled_from(EVIDENCE))))
    return facts


@st.composite
def narrowed(draw: st.DrawFn) -> Facts:
    """The same with one of the unknown words known to be one of two or three."""
    facts = draw(almost_known())
    enums = [p for p in open_places(facts) if VOCABULARY[p[1]].type is FactType.ENUM]
    if not enums:
        return facts
    place = draw(st.sampled_from(enums))
    some = draw(st.sets(st.sampled_from(VOCABULARY[place[1]].values), min_size=2, max_size=3))
    return with_fact(facts, place, OneOf(frozenset(some), draw(st.sampled_from(EVIDENCE))))


def is_exact(packs: Iterable[Pack], facts: Facts) -> bool:
    """Whether the decision says neither more nor less than all worlds together."""
    packs = tuple(packs)
    truths, readings = of_every_world(packs, facts), evaluate(packs, facts)
    decision = decide(readings, ())
    definite = {(r.facets.rule, r.tie) for r in readings if r.closed is Truth.TRUE}
    possible = {(r.facets.rule, r.tie) for r in readings}
    return (
        definite == truths.in_all
        and possible == truths.in_some
        and decision.could_become is strictest(*(r.facets.outcome for r in readings))
        and truths.worst is strictest(*(r.facets.adds for r in readings))
        and {(ask.tie, ask.fact) for ask in decision.ask} == _to_ask(truths.matters)
    )


def _to_ask(matters: frozenset[Place]) -> set[Place]:
    """How near or how long is not asked while it is open whether there is a tie at all."""
    open_ties = {ref for ref, name in matters if name == "tie"}
    return {(r, n) for r, n in matters if not (n.startswith("tie_") and r in open_ties)}


def check(packs: Iterable[Pack], facts: Facts) -> None:
    try:
        assert is_exact(packs, facts)
    except ValueError:  # more worlds than are tried
        assume(False)


@settings(max_examples=25)
@given(almost_known())
def test_the_answer_is_that_of_all_worlds(facts: Facts) -> None:
    check(PACKS, facts)


@settings(max_examples=25)
@given(narrowed())
def test_the_answer_is_that_of_the_worlds_that_are_left(facts: Facts) -> None:
    check(PACKS, facts)


@pytest.mark.soak
def test_the_answer_is_that_of_all_worlds_for_a_thousand_records() -> None:
    @settings(max_examples=1_000, database=None)
    @given(st.one_of(almost_known(), narrowed()))
    def law(facts: Facts) -> None:
        check(PACKS, facts)

    law()


def test_kleene_logic_alone_would_not_be_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without trying the values together, too much stays unknown."""
    rule = PACKS[0].rules[0]
    friend = Words("tie_via", ("self",))
    either = compile_condition(All((Some((friend, Not(friend))),)))
    sure = replace(rule, compiled=either, facts=("tie_via",), is_tied=True, clock=None)
    packs = (replace(PACKS[0], rules=(replace(sure, in_force=ALWAYS),)),)
    tie = TieFacts("t0", {"tie": Known("friend"), "tie_via": Unknown(Why.DECLINED)})
    facts = Facts(AS_OF, {"tie": Known("none")}, (tie,))
    assert is_exact(packs, facts)
    monkeypatch.setattr(engine, "settle", _kleene)
    assert not is_exact(packs, facts)


def _kleene(condition: Compiled, world: World) -> Verdict:
    truth = condition.test(world)
    return Verdict(None, frozenset(condition.uses), True) if truth is None else DECIDED[truth]


ALWAYS = InForce(None, None, PartialDate("2026"))
