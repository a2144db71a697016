"""Every way to fill in what is not known: the worlds that a brute-force oracle tries one by one.

A world is the record with each unknown filled in by a value it may have. Words and counts are all
tried; of days, those around which a rule in the packs can turn, given what else is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    Facts,
    FactType,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import ANCHOR_FACTS, Period, on_day
from policy_service.policy.conditions import AfterCare, Day, Number
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

Place = tuple[str | None, str]
"""A fact of the base (None), or of the tie of that ref."""


def is_open(fact: Fact) -> bool:
    """More than one value is possible."""
    match fact:
        case Known():
            return False
        case On(when):
            return not when.is_full
        case OneOf(values):
            return len(values) > 1
        case Between(low, high):
            return low < high
        case _:
            return True


def open_places(facts: Facts) -> list[Place]:
    """What is not known, base first."""
    found: list[Place] = [(None, name) for name, fact in facts.base.items() if is_open(fact)]
    return found + [
        (tie.ref, name) for tie in facts.ties for name, fact in tie.facts.items() if is_open(fact)
    ]


def with_fact(facts: Facts, place: Place, value: Fact) -> Facts:
    """The facts with that one filled in."""
    ref, name = place
    if ref is None:
        return replace(facts, base={**facts.base, name: value})
    ties = [
        TieFacts(tie.ref, {**tie.facts, name: value}) if tie.ref == ref else tie
        for tie in facts.ties
    ]
    return replace(facts, ties=tuple(ties))


def fact_at(facts: Facts, place: Place) -> Fact:
    """The fact of that place."""
    ref, name = place
    source = facts.base if ref is None else next(t.facts for t in facts.ties if t.ref == ref)
    return source[name]


def values_of(facts: Facts, place: Place, days: Sequence[date]) -> list[Fact]:
    """The values that fact may have."""
    fact, spec = fact_at(facts, place), VOCABULARY[place[1]]
    found: list[Fact]
    if spec.type is FactType.ENUM:
        words = fact.values if isinstance(fact, OneOf) else spec.values
        return [Known(word) for word in sorted(words)]
    if isinstance(fact, Between):
        return [Known(n) for n in range(fact.low, fact.high + 1)]
    if spec.type is FactType.DATE:
        found = _days_within(fact, days)
    else:
        found = [Known(n) for n in _numbers(place[1])]
    return [*found, Known(NOT_APPLICABLE)] if isinstance(fact, Unknown) else found


def _days_within(fact: Fact, days: Sequence[date]) -> list[Fact]:
    ends = (fact.when.first, fact.when.last) if isinstance(fact, On) else (date.min, date.max)
    return [on_day(day) for day in sorted({*days, *ends}) if ends[0] <= day <= ends[1]]


def worlds(facts: Facts, places: Sequence[Place], most: int = 60_000) -> Iterator[Facts]:
    """The record with those places filled in, in every way; too many ways is a ValueError."""
    days = turning_days(facts)
    choices = [values_of(facts, place, days) for place in places]
    total = 1
    for choice in choices:
        total *= len(choice)
    if total > most:
        raise ValueError(f"{total} worlds")
    for values in itertools.product(*choices):
        world = facts
        for place, value in zip(places, values, strict=True):
            world = with_fact(world, place, value)
        if not _has_lost_its_anchor(facts, world):
            yield world


def _has_lost_its_anchor(facts: Facts, world: Facts) -> bool:
    """Care that ended on no day at all, although it may have: a contradiction, not a world."""

    def gone(of: Facts) -> bool:
        return all(of.base.get(name) == Known(NOT_APPLICABLE) for name in ANCHOR_FACTS)

    return gone(world) and not gone(facts)


def turning_days(facts: Facts) -> list[date]:
    """The days near which a comparison of the shipped packs can turn, given what is known."""
    known = {facts.as_of, *_edges()}
    for _, fact in _all_facts(facts):
        if isinstance(fact, On):
            known |= {fact.when.first, fact.when.last}
    moved = {day for period in _periods() for day in known for day in _moved(period, day)}
    return sorted({day + timedelta(days=n) for day in known | moved for n in (-1, 0, 1)})


def _moved(period: Period, day: date) -> Iterable[date]:
    start = period.near_start(day)
    return {period.after(day), *(start + timedelta(days=n) for n in range(-2, 3))}


def _all_facts(facts: Facts) -> Iterator[tuple[str, Fact]]:
    yield from facts.base.items()
    for tie in facts.ties:
        yield from tie.facts.items()


@cache
def _periods() -> tuple[Period, ...]:
    found = {
        atom.right.plus
        for atom in _atoms()
        if isinstance(atom, Day) and isinstance(atom.right, AfterCare)
    }
    return tuple(sorted(found, key=lambda period: period.text))


@cache
def _edges() -> tuple[date, ...]:
    """Constants in conditions, and the days on which rules come into force and go out."""
    found = {a.right for a in _atoms() if isinstance(a, Day) and isinstance(a.right, date)}
    for pack in load_shipped_packs():
        for rule in pack.rules:
            found |= {day for day in rule.in_force.days if day not in (None, date.min)}
    return tuple(sorted(found))


@cache
def _numbers(name: str) -> tuple[int, ...]:
    limits = {a.limit for a in _atoms() if isinstance(a, Number) and a.fact == name}
    found = {n for limit in limits for n in (limit - 1, limit, limit + 1) if n >= 0}
    return tuple(sorted(found | {0}))


def _atoms() -> Iterator[object]:
    packs: Iterable[Pack] = load_shipped_packs()
    for pack in packs:
        for rule in pack.rules:
            yield from rule.compiled.atoms()
