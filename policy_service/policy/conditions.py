"""Conditions: a closed set of operators over facts, read in strong Kleene logic.

A condition compiles to closures. Truth is True, False or None (unknown). Packs hold conditions as
declarations only: there is no expression language and nothing to execute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from policy_service.domain.facts import Between, Fact, Known, OneOf, Unknown
from policy_service.policy.clocks import CARE_ENDED, Period, Span, day_span

AS_OF = "as_of"

Kleene = bool | None


class World(NamedTuple):
    """What a condition is read against. `care_ended` is derived, or one candidate day of it."""

    facts: Mapping[str, Fact]
    as_of: date
    care_ended: Span | None


Test = Callable[[World], Kleene]


class Than(StrEnum):
    """How a count or amount compares with a limit."""

    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"


class When(StrEnum):
    """How a day compares with another."""

    BEFORE = "before"
    AFTER = "after"
    ON_OR_AFTER = "on_or_after"


@dataclass(frozen=True, slots=True)
class Words:
    """The fact is one of these words."""

    fact: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """The count or amount compares so with the limit; never true of not_applicable."""

    fact: str
    than: Than
    limit: int


@dataclass(frozen=True, slots=True)
class AfterCare:
    """The day on which a period counted from the end of care is over."""

    plus: Period


Right = date | AfterCare | None
"""What a day is compared with: a constant, the end of a period after care, or (None) as_of."""


@dataclass(frozen=True, slots=True)
class Day:
    """The date fact (or as_of) compares so; never true of not_applicable."""

    left: str
    when: When
    right: Right


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Atom = Words | Number | Day
Condition = Words | Number | Day | All | Some | Not


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition with its closure; `parts` mirrors the tree, `atom` is set on leaves."""

    test: Test
    parts: tuple[Compiled, ...]
    atom: Atom | None
    is_all: bool = False
    """True when every part must hold."""
    is_any: bool = False
    """True when one of the parts must hold."""
    uses: Mapping[str, int] = field(init=False, repr=False, compare=False)
    """In how many atoms each variable stands."""
    is_read_once: bool = field(init=False, repr=False, compare=False)
    """No variable stands in two atoms, so that Kleene's truth is exact whatever is unknown."""

    def __post_init__(self) -> None:
        named = Counter(name for atom in self.atoms() for name in set(variables(atom)))
        object.__setattr__(self, "uses", dict(named))
        object.__setattr__(self, "is_read_once", all(n == 1 for n in named.values()))

    def conjuncts(self) -> Iterator[Compiled]:
        """What must hold, each by itself, for this to hold."""
        if not self.is_all:
            yield self
            return
        for part in self.parts:
            yield from part.conjuncts()

    def atoms(self) -> Iterator[Atom]:
        """All atoms, in the order written."""
        if self.atom is not None:
            yield self.atom
        for part in self.parts:
            yield from part.atoms()


def variables(atom: Atom) -> tuple[str, ...]:
    """The facts an atom looks at; `care_ended` stands for the three anchor dates."""
    match atom:
        case Day(left, _, right):
            named = () if left == AS_OF else (left,)
            return (*named, CARE_ENDED) if isinstance(right, AfterCare) else named
        case _:
            return (atom.fact,)


def compile_condition(condition: Condition) -> Compiled:
    """The condition as closures."""
    match condition:
        case All(parts):
            compiled = tuple(map(compile_condition, parts))
            return Compiled(all_of(part.test for part in compiled), compiled, None, is_all=True)
        case Some(parts):
            compiled = tuple(map(compile_condition, parts))
            return Compiled(
                _some(tuple(part.test for part in compiled)), compiled, None, is_any=True
            )
        case Not(part):
            inner = compile_condition(part)
            return Compiled(_not(inner.test), (inner,), None)
        case Words():
            return Compiled(_words(condition), (), condition)
        case Number():
            return Compiled(_number(condition), (), condition)
        case Day():
            return Compiled(_day(condition), (), condition)


def all_of(parts: Iterable[Test]) -> Test:
    """The strong Kleene conjunction of the parts."""
    tests = tuple(parts)
    if len(tests) == 1:
        return tests[0]

    def test(world: World) -> Kleene:
        truth: Kleene = True
        for part in tests:
            value = part(world)
            if value is False:
                return False
            if value is None:
                truth = None
        return truth

    return test


def _some(tests: tuple[Test, ...]) -> Test:
    def test(world: World) -> Kleene:
        truth: Kleene = False
        for part in tests:
            value = part(world)
            if value is True:
                return True
            if value is None:
                truth = None
        return truth

    return test


def _not(inner: Test) -> Test:
    def test(world: World) -> Kleene:
        value = inner(world)
        return None if value is None else not value

    return test


def _words(atom: Words) -> Test:
    words = frozenset(atom.words)

    name = atom.fact

    def test(world: World) -> Kleene:
        fact = world.facts.get(name)
        if type(fact) is Known:  # by far the most common, so asked first
            return fact.value in words
        match fact:
            case OneOf(values):
                return True if values <= words else (False if words.isdisjoint(values) else None)
            case Unknown() | None:
                return None
            case _:  # an interval of days or numbers is applicable, and no word but that is
                return False

    return test


_COMPARES: dict[Than, Callable[[int, int], bool]] = {
    Than.AT_LEAST: lambda value, limit: value >= limit,
    Than.MORE_THAN: lambda value, limit: value > limit,
    Than.LESS_THAN: lambda value, limit: value < limit,
}


def _number(atom: Number) -> Test:
    compares, limit = _COMPARES[atom.than], atom.limit

    def test(world: World) -> Kleene:
        match world.facts.get(atom.fact):
            case Known(value):
                return isinstance(value, int) and compares(value, limit)
            case Between(low, high):
                at_low, at_high = compares(low, limit), compares(high, limit)
                return at_low if at_low == at_high else None
            case _:
                return None

    return test


def _day(atom: Day) -> Test:
    def test(world: World) -> Kleene:
        left = _left(atom.left, world)
        if left is None:
            return False
        right = _right(atom.right, world)
        return None if right is None else _compare(left, atom.when, right)

    return test


def _left(name: str, world: World) -> Span | None:
    if name == AS_OF:
        return Span(world.as_of, world.as_of)
    return day_span(world.facts.get(name))


def _right(right: Right, world: World) -> Span | None:
    match right:
        case AfterCare(plus):
            ended = world.care_ended
            return Span(plus.after(ended.first), plus.after(ended.last)) if ended else None
        case None:
            return Span(world.as_of, world.as_of)
        case constant:
            return Span(constant, constant)


def _compare(left: Span, when: When, right: Span) -> Kleene:
    if when is When.AFTER:
        return _earlier(right, left)
    before = _earlier(left, right)
    if when is When.BEFORE or before is None:
        return before
    return not before


def _earlier(one: Span, other: Span) -> Kleene:
    """Whether every day, no day or some day of `one` is before those of `other`."""
    if one.last < other.first:
        return True
    return False if one.first >= other.last else None
