"""Settling a condition: strong Kleene first, exact supervaluation where it can say more.

A *variable* is a fact of the condition, or `care_ended` for the three anchor dates. When no
uncertain variable occurs in two atoms, Kleene is exact already (the formula is read-once). When at
most three variables are uncertain, every combination of their distinguishable values is tried; the
values of a variable are told apart only by the atoms, so a few candidates stand for all of them.
Otherwise the Kleene answer is a bound: it may say unknown where the exact answer is definite,
never the other way round.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    FactType,
    Known,
    On,
    OneOf,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import CARE_ENDED, Period, Span, day_span, on_day, shifted
from policy_service.policy.conditions import (
    AS_OF,
    AfterCare,
    Atom,
    Compiled,
    Day,
    Kleene,
    Number,
    Words,
    World,
)

MOST_VARIABLES = 3
MOST_COMBINATIONS = 50_000

Candidate = Fact | Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """Truth of a condition, the variables that can still change it, and whether both are exact."""

    truth: Kleene
    open: frozenset[str]
    exact: bool


_DEFINITE = frozenset[str]()
DECIDED = {truth: Verdict(truth, _DEFINITE, exact=True) for truth in (True, False)}
"""The verdicts on what nothing unknown can change."""
UNDECIDED = Verdict(None, _DEFINITE, exact=False)
"""Unknown, where nobody asks what could change it."""


def settle(condition: Compiled, world: World) -> Verdict:
    """Truth of the condition over every way to fill in what is uncertain."""
    truth = condition.test(world)
    if truth is not None:
        return DECIDED[truth]
    uncertain = [name for name in condition.uses if is_uncertain(name, world)]
    is_exact = _is_kleene_exact(condition, uncertain)
    if is_exact or not _can_try(uncertain, world):
        return Verdict(None, _undecided(condition, world, frozenset(uncertain)), is_exact)
    return _verdict(uncertain, dict(_try_all(condition, world, uncertain)))


def settle_truth(condition: Compiled, world: World) -> Verdict:
    """The truth that `settle` finds, sooner, and nothing of what can still change it."""
    truth = condition.test(world)
    if truth is None and not condition.is_read_once:
        uncertain = [name for name in condition.uses if is_uncertain(name, world)]
        if not _is_kleene_exact(condition, uncertain) and _can_try(uncertain, world):
            truth = _agreed({truth for _, truth in _try_all(condition, world, uncertain)})
    return UNDECIDED if truth is None else DECIDED[truth]


def _is_kleene_exact(condition: Compiled, uncertain: Sequence[str]) -> bool:
    return condition.is_read_once or all(condition.uses[name] == 1 for name in uncertain)


def _can_try(uncertain: Sequence[str], world: World) -> bool:
    """Few enough, and no end of care that is told by nothing."""
    is_told = world.care_ended is not None or CARE_ENDED not in uncertain
    return is_told and len(uncertain) <= MOST_VARIABLES


def most_combinations(condition: Compiled) -> int:
    """An upper bound on what `settle` may have to try on any record; 1 where Kleene is exact.

    A pack whose rule exceeds MOST_COMBINATIONS is refused at load, so one record cannot hold up a
    process. The numbers follow `candidates`: 2 ends for each date fact, 11 days about each start.
    """
    if condition.is_read_once:
        return 1
    atoms = tuple(condition.atoms())
    sizes = sorted((_most_values(name, atoms) for name in condition.uses), reverse=True)
    return math.prod(sizes[:MOST_VARIABLES])


def _most_values(name: str, atoms: Sequence[Atom]) -> int:
    if name != CARE_ENDED and VOCABULARY[name].type is FactType.ENUM:
        demands = sum(1 for atom in atoms if isinstance(atom, Words) and atom.fact == name)
        return min(len(VOCABULARY[name].values), 1 << demands)
    if name != CARE_ENDED and VOCABULARY[name].type is not FactType.DATE:
        return 3 * sum(1 for atom in atoms if isinstance(atom, Number) and atom.fact == name) + 3
    days = [atom for atom in atoms if isinstance(atom, Day)]
    constants = sum(1 for atom in days if isinstance(atom.right, date))
    fixed = 1 + constants + 2 * len({atom.left for atom in days if atom.left != AS_OF})
    periods = len({atom.right.plus for atom in days if isinstance(atom.right, AfterCare)})
    anchors = 11 * fixed * periods + 2
    return anchors if name == CARE_ENDED else 3 * (fixed + periods * anchors) + 1


def is_uncertain(name: str, world: World) -> bool:
    """True when more than one value is possible."""
    if name == CARE_ENDED:
        return world.care_ended is None or not world.care_ended.is_day
    fact = world.facts.get(name)
    if type(fact) is Known:  # nearly all are
        return False
    match fact:
        case On(when):
            return not when.is_full
        case OneOf(values):
            return len(values) != 1
        case Between(low, high):
            return low != high
        case _:
            return True


def _undecided(node: Compiled, world: World, uncertain: frozenset[str]) -> frozenset[str]:
    """The uncertain variables of the atoms that keep this node, which is unknown, unknown."""
    if node.atom is not None:
        return uncertain.intersection(node.uses)
    unknown = [part for part in node.parts if part.test(world) is None]
    return _DEFINITE.union(*(_undecided(part, world, uncertain) for part in unknown))


def _try_all(
    condition: Compiled, world: World, uncertain: Sequence[str]
) -> Iterator[tuple[tuple[Candidate, ...], Kleene]]:
    """The truth for each way to give the uncertain variables values that can be told apart."""
    choices = candidates(uncertain, tuple(condition.atoms()), world)
    facts = {name: world.facts[name] for name in condition.uses if name in world.facts}
    small = world._replace(facts=facts)
    for values in itertools.product(*choices.values()):
        yield values, condition.test(_filled(small, dict(zip(choices, values, strict=True))))


def _verdict(names: Sequence[str], truths: Mapping[tuple[Candidate, ...], Kleene]) -> Verdict:
    agreed = _agreed(set(truths.values()))
    if agreed is not None:
        return DECIDED[agreed]
    open_names = (name for place, name in enumerate(names) if _matters(place, truths))
    return Verdict(None, frozenset(open_names), True)


def _agreed(truths: set[Kleene]) -> Kleene:
    """What all of them say; None when two differ."""
    return next(iter(truths)) if len(truths) == 1 else None


def _matters(place: int, truths: Mapping[tuple[Candidate, ...], Kleene]) -> bool:
    """Whether changing the value at `place` alone can change the truth."""
    seen: dict[tuple[Candidate, ...], Kleene] = {}
    for values, truth in truths.items():
        others = values[:place] + values[place + 1 :]
        if seen.setdefault(others, truth) != truth:
            return True
    return False


def _filled(world: World, values: Mapping[str, Candidate]) -> World:
    ended = values.get(CARE_ENDED, world.care_ended)
    facts = {name: value for name, value in values.items() if not isinstance(value, Span)}
    return world._replace(
        facts={**world.facts, **facts},
        care_ended=ended if isinstance(ended, Span) else world.care_ended,
    )


def candidates(
    names: Iterable[str], atoms: Sequence[Atom], world: World
) -> dict[str, tuple[Candidate, ...]]:
    """For each variable enough values to reach every combination of truths of the atoms."""
    dates = _DateCandidates.of(atoms, world)
    found: dict[str, tuple[Candidate, ...]] = {}
    for name in names:
        if name == CARE_ENDED:
            found[name] = tuple(Span(day, day) for day in dates.anchors)
        elif VOCABULARY[name].type is FactType.DATE:
            found[name] = tuple(_date_values(name, dates, world))
        elif VOCABULARY[name].type is FactType.ENUM:
            found[name] = tuple(_word_values(name, atoms, world))
        else:
            found[name] = tuple(_number_values(name, atoms, world))
    return found


def _word_values(name: str, atoms: Sequence[Atom], world: World) -> Iterator[Fact]:
    fact = world.facts.get(name)
    words = fact.values if isinstance(fact, OneOf) else VOCABULARY[name].values
    sets = [atom.words for atom in atoms if isinstance(atom, Words) and atom.fact == name]
    cells = {tuple(word in known for known in sets): word for word in sorted(words)}
    yield from map(Known, cells.values())


def _number_values(name: str, atoms: Sequence[Atom], world: World) -> Iterator[Fact]:
    fact = world.facts.get(name)
    limits = [atom.limit for atom in atoms if isinstance(atom, Number) and atom.fact == name]
    top = max(limits, default=0) + 1
    low, high = (fact.low, fact.high) if isinstance(fact, Between) else (0, top)
    around = {n for limit in limits for n in (limit - 1, limit, limit + 1)} | {low, high}
    yield from (Known(n) for n in sorted(around) if low <= n <= high)
    if not isinstance(fact, Between):
        yield Known(NOT_APPLICABLE)


def _date_values(name: str, dates: _DateCandidates, world: World) -> Iterator[Fact]:
    fact = world.facts.get(name)
    span = day_span(fact)
    yield from (on_day(day) for day in dates.days if span and span.first <= day <= span.last)
    if not isinstance(fact, On):
        yield Known(NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class _DateCandidates:
    """Days that stand for all days.

    The truths of the day atoms change only where a date fact crosses a constant or the end of a
    period after care. For any combination that can be reached, slide the fact and the anchor back
    until each is stopped: by the end of its interval, by a constant, or by the other. So the ends
    and constants, the anchors whose period ends near one of these, and the ends of the periods of
    all these anchors are enough.
    """

    days: tuple[date, ...]
    anchors: tuple[date, ...]

    @classmethod
    def of(cls, atoms: Sequence[Atom], world: World) -> _DateCandidates:
        days = [atom for atom in atoms if isinstance(atom, Day)]
        periods = {a.right.plus for a in days if isinstance(a.right, AfterCare)}
        fixed = set(_fixed_days(days, world))
        anchors = _anchors(fixed, periods, world.care_ended)
        ends = {period.after(anchor) for period in periods for anchor in anchors}
        return cls(tuple(sorted(_with_neighbours(fixed | ends))), tuple(sorted(anchors)))


def _fixed_days(atoms: Sequence[Day], world: World) -> Iterator[date]:
    yield world.as_of
    for atom in atoms:
        if isinstance(atom.right, date):
            yield atom.right
        span = None if atom.left == AS_OF else day_span(world.facts.get(atom.left))
        if span:
            yield from (span.first, span.last)


def _anchors(fixed: set[date], periods: set[Period], ended: Span | None) -> set[date]:
    if ended is None:
        return set()
    starts = {period.near_start(day) for period in periods for day in fixed}
    near = {shifted(start, days) for start in starts for days in range(-5, 6)}
    return {day for day in near | {ended.first, ended.last} if ended.first <= day <= ended.last}


def _with_neighbours(days: set[date]) -> set[date]:
    return {shifted(day, step) for day in days for step in (-1, 0, 1)}
