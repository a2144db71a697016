"""Packs for Z3, a second decider that shares no cell, scene or diagram with the first.

A fact is an integer, with a bit for "not applicable" and one for "unknown"; days are day numbers,
and the end of a period after care is a day that lies as far after it as the calendar allows.
Truth is a pair, holds and fails, in strong Kleene logic: open is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import z3

from policy_service.domain.facts import NOT_APPLICABLE, FactGroup, FactType
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import (
    AS_OF,
    AfterCare,
    All,
    Condition,
    Day,
    Not,
    Number,
    Some,
    Than,
    When,
    Words,
)
from policy_service.policy.rule import Rule

_MONTHS = {"year": 12, "month": 1}
_LAST_DAY = date(9899, 12, 31).toordinal()
_ABOVE_PROHIBIT = 5


class Pair(NamedTuple):
    """When a condition holds, and when it fails."""

    holds: Any
    fails: Any


class Value(NamedTuple):
    """A fact: its number, and whether it is not applicable or unknown."""

    number: Any
    is_none: Any
    is_unknown: Any


class Span(NamedTuple):
    """A period in months or in days, so that 24 months are 2 years."""

    count: int
    is_months: bool


@dataclass
class Universe:
    """The facts of a set of rules as Z3 sees them. Without `unknowns` every fact is known."""

    unknowns: bool
    facts: dict[str, Value] = field(default_factory=dict)
    ends: dict[Span, Any] = field(default_factory=dict)

    @cached_property
    def care_ended(self) -> Value:
        """The end of care; none when no anchor applies."""
        return Value(z3.Int("care_ended"), z3.Bool("care_ended.none"), self._bit("care_ended"))

    @cached_property
    def as_of(self) -> Any:
        """The as-of date."""
        return z3.Int("as_of")

    def fact(self, name: str) -> Value:
        """The fact of that name, made when first asked for."""
        if name not in self.facts:
            is_none = z3.Bool(f"{name}.none")
            self.facts[name] = Value(z3.Int(name), is_none, self._bit(name))
        return self.facts[name]

    def end(self, period: Period) -> Any:
        """The day on which a period after care ends."""
        span = span_of(period)
        if span not in self.ends:
            self.ends[span] = z3.Int(f"care_ended+{span.count}{'m' if span.is_months else 'd'}")
        return self.ends[span]

    def laws(self) -> list[Any]:
        """What is so in every record. Ask last: it speaks of what has been asked for so far."""
        found = [_inside_the_calendar(self.as_of), _inside_the_calendar(self.care_ended.number)]
        for name, value in self.facts.items():
            found.append(_domain(name, value))
        found += self._ends_of_periods()
        return found + self._no_details_without_tie()

    def _bit(self, name: str) -> Any:
        return z3.Bool(f"{name}.unknown") if self.unknowns else z3.BoolVal(val=False)

    def _ends_of_periods(self) -> list[Any]:
        found = []
        for span, end in self.ends.items():
            least, most = _length(span)
            ended = self.care_ended.number
            found += [end - ended >= least, end - ended <= most]
        months = sorted(span for span in self.ends if span.is_months)
        return found + [self.ends[one] < self.ends[other] for one, other in pairwise(months)]

    def _no_details_without_tie(self) -> list[Any]:
        if "tie" not in self.facts:
            return []
        tie = self.facts["tie"]
        without = z3.And(z3.Not(tie.is_unknown), tie.number == _word("tie", "none"))
        details = [
            z3.And(z3.Not(value.is_unknown), _is_not_applicable(name, value))
            for name, value in self.facts.items()
            if name != "tie" and VOCABULARY[name].group is FactGroup.TIE
        ]
        return [z3.Implies(without, z3.And(*details))]


def span_of(period: Period) -> Span:
    """The period in months or days."""
    count, unit = period.text.split()
    unit = unit.rstrip("s")
    return Span(int(count) * _MONTHS.get(unit, 1), unit in _MONTHS)


@cache
def _length(span: Span) -> tuple[int, int]:
    """The least and the most days a period can have."""
    if not span.is_months:
        return span.count, span.count
    period = Period(f"{span.count // 12} years" if span.count % 12 == 0 else f"{span.count} months")
    starts = (date(1896, 1, 1) + timedelta(days=n) for n in range(5 * 1461))
    lengths = [(period.after(start) - start).days for start in starts]
    return min(lengths), max(lengths)


def _inside_the_calendar(day: Any) -> Any:
    return z3.And(day >= 1, day <= _LAST_DAY)


def _domain(name: str, value: Value) -> Any:
    spec = VOCABULARY[name]
    if spec.type is FactType.ENUM:
        return z3.And(value.number >= 0, value.number < len(spec.values))
    if spec.type is FactType.DATE:
        return _inside_the_calendar(value.number)
    return value.number >= 0


def _word(name: str, word: str) -> int:
    return VOCABULARY[name].values.index(word)


def _is_not_applicable(name: str, value: Value) -> Any:
    if VOCABULARY[name].type is FactType.ENUM:
        return value.number == _word(name, NOT_APPLICABLE)
    return value.is_none


def translated(universe: Universe, condition: Condition) -> Pair:
    """A condition as Z3 formulas."""
    match condition:
        case All(parts):
            pairs = [translated(universe, part) for part in parts]
            return Pair(z3.And(*(p.holds for p in pairs)), z3.Or(*(p.fails for p in pairs)))
        case Some(parts):
            pairs = [translated(universe, part) for part in parts]
            return Pair(z3.Or(*(p.holds for p in pairs)), z3.And(*(p.fails for p in pairs)))
        case Not(part):
            holds, fails = translated(universe, part)
            return Pair(fails, holds)
        case Words(fact, words):
            return _words(universe.fact(fact), fact, words)
        case Number():
            return _number(universe.fact(condition.fact), condition)
        case Day():
            return _day(universe, condition)


def _words(value: Value, fact: str, words: Sequence[str]) -> Pair:
    known = z3.Not(value.is_unknown)
    if VOCABULARY[fact].type is FactType.ENUM:
        among = z3.Or(*(value.number == _word(fact, word) for word in words))
    else:
        among = value.is_none
    return Pair(z3.And(known, among), z3.And(known, z3.Not(among)))


def _number(value: Value, atom: Number) -> Pair:
    compared = {
        Than.AT_LEAST: value.number >= atom.limit,
        Than.MORE_THAN: value.number > atom.limit,
        Than.LESS_THAN: value.number < atom.limit,
    }[atom.than]
    so = z3.And(z3.Not(value.is_none), compared)
    known = z3.Not(value.is_unknown)
    return Pair(z3.And(known, so), z3.And(known, z3.Not(so)))


def _day(universe: Universe, atom: Day) -> Pair:
    never = z3.BoolVal(val=False)
    own = Value(universe.as_of, never, never) if atom.left == AS_OF else universe.fact(atom.left)
    right, settled = _right(universe, atom)
    compared = {
        When.BEFORE: own.number < right,
        When.AFTER: own.number > right,
        When.ON_OR_AFTER: own.number >= right,
    }[atom.when]
    known = z3.Not(own.is_unknown)
    both = z3.And(known, z3.Not(own.is_none), settled)
    return Pair(
        z3.And(both, compared),
        z3.And(known, z3.Or(own.is_none, z3.And(settled, z3.Not(compared)))),
    )


def _right(universe: Universe, atom: Day) -> tuple[Any, Any]:
    """The right day, and whether it is known."""
    match atom.right:
        case AfterCare(plus):
            ended = universe.care_ended
            return universe.end(plus), z3.Not(z3.Or(ended.is_unknown, ended.is_none))
        case None:
            return universe.as_of, z3.BoolVal(val=True)
        case day:
            return z3.IntVal(day.toordinal()), z3.BoolVal(val=True)


def holds_and_binds(universe: Universe, rule: Rule, rules: Iterable[Rule]) -> Any:
    """When a rule definitely holds."""
    return z3.And(_binds(universe, rule), translated(universe, _whole(rule, rules)).holds)


def _whole(rule: Rule, rules: Iterable[Rule]) -> Condition:
    exceptions = [other for other in rules if rule.id in other.exception_to]
    parts = [Not(All((*other.trigger, other.when))) for other in exceptions]
    return All((*rule.trigger, rule.when, *parts))


def _binds(universe: Universe, rule: Rule) -> Any:
    """Whether the dates of force may cover the conduct."""
    first = rule.in_force.first.first if rule.in_force.first else None
    until = rule.in_force.until.last if rule.in_force.until else None

    def covered(day: Any) -> Any:
        bounds = [day >= first.toordinal()] if first else []
        return z3.And(*bounds, *([day < until.toordinal()] if until else []))

    if "event_kind" not in rule.facts or (first is None and until is None):
        return covered(universe.as_of)
    event = universe.fact("event_on")
    on_the_day = z3.If(event.is_none, covered(universe.as_of), covered(event.number))
    return z3.Or(event.is_unknown, on_the_day)


def level(universe: Universe, rules: Sequence[Rule]) -> Any:
    """The highest level of the rules that are read, as a number."""
    highest: Any = z3.IntVal(0)
    for rule in rules:
        if rule.status.is_read:
            own = _level_of(universe, rule, rules)
            highest = z3.If(own > highest, own, highest)
    return highest


def _level_of(universe: Universe, rule: Rule, rules: Sequence[Rule]) -> Any:
    pair = translated(universe, _whole(rule, rules))
    when_open = _rank(rule, rule.if_unknown)
    spoken = z3.If(pair.holds, _rank(rule, rule.outcome), z3.If(pair.fails, 0, when_open))
    return z3.If(_binds(universe, rule), spoken, 0)


def _rank(rule: Rule, outcome: Outcome) -> int:
    if rule.is_draft:
        return min(outcome, Outcome.DELIBERATE).rank
    is_firm = outcome is Outcome.PROHIBIT and not rule.waivable
    return _ABOVE_PROHIBIT if is_firm else outcome.rank


def is_possible(universe: Universe, formula: Any) -> bool:
    """Whether some record makes the formula true."""
    solver = z3.Solver()
    solver.add(formula, *universe.laws())
    answer = solver.check()
    assert answer != z3.unknown, solver.reason_unknown()
    return bool(answer == z3.sat)
