"""Scenes: in which order the days of a record can stand.

A date is looked at only through *cuts*: whether it is before (or after) the as-of date, a constant,
or the end of a period after care. Not every mixture of answers exists: what is before two years
after care is before five years after it; where a day stands to the as-of date limits where it can
stand to the rest. A scene fixes the as-of date and the end of care; the other dates are then free
of one another, so each has a set of pairs (its cuts against the calendar, its cuts against care).
Every pair carries a day that realises it.

The scenes tried are enough: the truths of cuts change only where days cross or meet. The end of
care moves along the calendar past each constant, with a few days of room on both sides, the as-of
date past all of these, each other date past all. Between periods in months and periods in days
that are nearly as long, every day of the 400 years after which the calendar repeats is tried.
Left out is only the end of the calendar, where periods stop at 9999-12-31.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

from policy_service.policy.analysis.cells import Cell, DayCell, State
from policy_service.policy.analysis.cuts import Cuts, Moment
from policy_service.policy.analysis.diagram import TooLarge
from policy_service.policy.clocks import ANCHOR_FACTS, Period, shifted
from policy_service.policy.conditions import AS_OF

_ANY_ANCHOR = date(2021, 5, 10)
_NEAR = 5
_ROOM = 3
MOST_WORK = 1_000_000
"""Days put in order and cuts answered while looking for scenes, some seconds. Two constants and
three periods take a twentieth of it.
"""
_FOUR_CENTURIES = 146_097
_FIRST = 5 * _FOUR_CENTURIES
"""The number of 31 December 2000, a multiple of the days after which the calendar repeats."""

Pair = tuple[Cell, Cell | None]


@dataclass(frozen=True, slots=True)
class Scene:
    """One as-of date with one end of care, and the pairs each other date can have."""

    as_of: date
    ended: date | State
    own: Pair
    """The cuts of the as-of date itself."""
    pairs: Mapping[str, Mapping[Pair, date | None]] = field(hash=False)

    @property
    def shape(self) -> object:
        """Equal for scenes that allow the same cells."""
        ended = self.ended if isinstance(self.ended, State) else State.SOME_DAY
        return (ended, self.own, tuple(frozenset(pairs) for pairs in self.pairs.values()))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates of a set of rules with their cuts; `as_of` among them."""

    cuts: Mapping[str, Cuts]
    unknowns: bool
    free: bool = False
    """Free calendars leave out that an anchor date cannot be later than the end of care."""

    @property
    def counts_from_care(self) -> bool:
        """Whether any date is compared with the end of a period after care."""
        return any(cuts.care for cuts in self.cuts.values())

    def scenes(self) -> tuple[Scene, ...]:
        """One scene of each shape."""
        found: dict[object, Scene] = {}
        for as_of, ended in self._moments():
            for attained in self._attained(ended):
                scene = self._scene(as_of, ended, attained)
                found.setdefault(scene.shape, scene)
        return tuple(found.values())

    def _moments(self) -> Iterator[tuple[date, date | State]]:
        seen: set[object] = set()
        cuts = sum(len(own.calendar) + len(own.care) for own in self.cuts.values())
        spent = 0
        for ended in self._ends():
            marks = self._marks(ended)
            for as_of in self._neighbours(marks):
                pattern = self._pattern(as_of, ended)
                spent += len(marks)
                if pattern not in seen:
                    seen.add(pattern)
                    spent += len(marks) * cuts
                    yield as_of, ended
                if spent > MOST_WORK:
                    raise TooLarge("too many constants and periods to try all orders of days")

    def _ends(self) -> Iterator[date | State]:
        yield State.NO_ANCHOR
        if self.unknowns and self.counts_from_care:
            yield State.UNKNOWN
        if self.counts_from_care:
            yield from self._end_days()

    def _end_days(self) -> Iterator[date]:
        yield _ANY_ANCHOR
        for period in self._periods():
            for constant in self._constants():
                start = period.near_start(constant)
                yield from (shifted(start, days) for days in range(-_NEAR, _NEAR + 1))
        if self._anchors():
            yield from self._neighbours(self._constants())
        if _nearly_as_long(self._periods()):
            yield from self._every_order()

    def _every_order(self) -> Iterator[date]:
        """One day for each order in which the ends of the periods can follow one another."""
        constants = [day.toordinal() for day in self._constants()]
        lengths = [_lengths(period) for period in self._periods()]
        seen: set[object] = set()
        for day in _days_around(constants):
            place = day % _FOUR_CENTURIES
            days = [*constants, *(day + own[place] for own in lengths)]
            order = _order([(day, name) for name, day in enumerate(days)])
            if order not in seen:
                seen.add(order)
                yield date.fromordinal(day)

    def _marks(self, ended: date | State) -> list[date]:
        """The days at which something changes, but for the as-of date."""
        if isinstance(ended, State):
            return self._constants()
        ends = {period.after(ended) for period in self._periods()}
        own = {ended} if self._anchors() else set()
        return sorted({*self._constants(), *ends, *own})

    def _neighbours(self, days: Sequence[date], room: int = _ROOM) -> list[date]:
        around = {shifted(day, step) for day in days for step in range(-room, room + 1)}
        return sorted(around) or [_ANY_ANCHOR]

    def _pattern(self, as_of: date, ended: date | State) -> object:
        """Scenes with the same order of days, and the same room between them, are alike."""
        state = ended if isinstance(ended, State) else State.SOME_DAY
        days = [as_of, *self._constants()]
        if isinstance(ended, date):
            days += [period.after(ended) for period in self._periods()]
            days += [ended] if self._anchors() else []
        return state, _order([(day.toordinal(), name) for name, day in enumerate(days)])

    def _attained(self, ended: date | State) -> tuple[str | None, ...]:
        """Which named anchor is the latest; None for one that no rule names on its own."""
        anchors = self._anchors()
        if self.free or not anchors or isinstance(ended, State):
            return (None,)
        return tuple(anchors) if len(anchors) == len(ANCHOR_FACTS) else (None, *anchors)

    def _scene(self, as_of: date, ended: date | State, attained: str | None) -> Scene:
        ends = {} if isinstance(ended, State) else {p: p.after(ended) for p in self._periods()}
        moment = Moment(as_of, ended, attained, ends)
        days = self._neighbours([*self._marks(ended), as_of], room=1)
        pairs = {name: dict(self._pairs(name, days, moment)) for name in self.cuts if name != AS_OF}
        return Scene(as_of, ended, self._pair(AS_OF, as_of, moment), pairs)

    def _pairs(
        self, name: str, days: Sequence[date], moment: Moment
    ) -> Iterator[tuple[Pair, date | None]]:
        bound = not self.free and name in self._anchors()
        if bound and name == moment.attained and isinstance(moment.ended, date):
            yield self._pair(name, moment.ended, moment), moment.ended
            return
        care = State.NOT_APPLICABLE if self.cuts[name].care else None
        yield (State.NOT_APPLICABLE, care), None
        if bound and moment.ended is State.NO_ANCHOR:
            return
        for day in days:
            if not (bound and isinstance(moment.ended, date) and day > moment.ended):
                yield self._pair(name, day, moment), day
        if self.unknowns and not (bound and isinstance(moment.ended, date)):
            yield (State.UNKNOWN, State.UNKNOWN if self.cuts[name].care else None), None

    def _pair(self, name: str, day: date, moment: Moment) -> Pair:
        cuts = self.cuts[name]
        calendar = DayCell(tuple(moment.answer(cut, day) for cut in cuts.calendar))
        if not cuts.care:
            return calendar, None
        if isinstance(moment.ended, State):
            return calendar, moment.ended
        return calendar, DayCell(tuple(moment.answer(cut, day) for cut in cuts.care))

    def _anchors(self) -> tuple[str, ...]:
        """The anchor dates that rules name on their own, besides counting from all of them."""
        named = tuple(name for name in ANCHOR_FACTS if name in self.cuts)
        return named if self.counts_from_care else ()

    def _constants(self) -> list[date]:
        every = {cut.right for cuts in self.cuts.values() for cut in cuts.calendar}
        return sorted(right for right in every if isinstance(right, date))

    def _periods(self) -> list[Period]:
        every = {cut.right for cuts in self.cuts.values() for cut in cuts.care}
        periods = [right for right in every if isinstance(right, Period)]
        return sorted(periods, key=lambda period: period.text)


def _nearly_as_long(periods: Sequence[Period]) -> bool:
    """Whether the order of two periods depends on the day they are counted from."""
    lengths = [[_days(period, start) for start in _STARTS] for period in periods]
    for place, one in enumerate(lengths):
        for other in lengths[place + 1 :]:
            gaps = [a - b for a, b in zip(one, other, strict=True)]
            if min(map(abs, gaps)) <= 2 * _NEAR and len(set(gaps)) > 1:
                return True
    return False


_STARTS = tuple(date(2019, 1, 1) + timedelta(days=days) for days in range(0, 1461, 10))


def _days(period: Period, start: date) -> int:
    return (period.after(start) - start).days


def _days_around(constants: Sequence[int]) -> range:
    """The days of four centuries; with constants also those before, between and after them."""
    if not constants:
        return range(_FIRST, _FIRST + _FOUR_CENTURIES)
    return range(constants[0] - _FOUR_CENTURIES, constants[-1] + _FOUR_CENTURIES)


@cache
def _lengths(period: Period) -> array[int]:
    """How many days a period has, by the day it is counted from, as far as the calendar repeats."""
    days = range(_FIRST, _FIRST + _FOUR_CENTURIES)
    return array("i", (_days(period, date.fromordinal(day)) for day in days))


def _order(named: list[tuple[int, int]]) -> object:
    """The order of named days, and between neighbours: none, one, or more days of room."""
    named.sort()
    gaps = tuple(min(after[0] - before[0], 2) for before, after in pairwise(named))
    return tuple(name for _, name in named), gaps
