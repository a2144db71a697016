"""Clocks: when care ended, how long a rule bars, and the first day it no longer does.

The anchor `care_ended` is the latest of last professional contact, end of the professional
relationship and termination. Dates may be partial, so the anchor is an interval of days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from policy_service.domain.dates import PartialDate, plus_months
from policy_service.domain.decisions import ClockReading
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Known, On
from policy_service.domain.outcomes import Outcome

CARE_ENDED = "care_ended"
ANCHOR_FACTS = ("last_professional_contact_on", "relationship_ended_on", "terminated_on")
NEVER = "never"

_PERIOD = re.compile(r"([1-9][0-9]?) (year|month|day)s?")
_MONTHS = {"year": 12, "month": 1}


class Span(NamedTuple):
    """An interval of days, both ends included."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        """True when only one day is possible."""
        return self.first == self.last


ANY_DAY = Span(date.min, date.max)


@dataclass(frozen=True, slots=True)
class Period:
    """ "5 years", "6 months" or "90 days"; ValueError on anything else."""

    text: str
    _months: int = field(init=False, repr=False, compare=False)
    _days: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        match = _PERIOD.fullmatch(self.text)
        if match is None:
            raise ValueError(f"{self.text!r} is not a period such as '5 years' or '90 days'")
        months = int(match[1]) * _MONTHS.get(match[2], 0)
        object.__setattr__(self, "_months", months)
        object.__setattr__(self, "_days", 0 if months else int(match[1]))

    def after(self, day: date) -> date:
        """The first day that is no longer within this period from `day`."""
        return plus_months(day, self._months) if self._months else shifted(day, self._days)

    def near_start(self, day: date) -> date:
        """A day within four days of every day from which this period would end on `day`."""
        if not self._months:
            return shifted(day, -self._days)
        too_early = day.year * 12 + day.month - self._months <= 12
        return date.min if too_early else plus_months(day, -self._months)


@dataclass(frozen=True, slots=True)
class Clock:
    """How long a rule bars after the anchor, and what begins then. No period: for ever."""

    anchor: str
    period: Period | None
    then: Outcome


def shifted(day: date, days: int) -> date:
    """`day` moved by days, stopping at the ends of the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def day_span(fact: Fact | None) -> Span | None:
    """The days a date fact can mean; None when it is not applicable."""
    match fact:
        case On(when):
            return Span(when.first, when.last)
        case Known(value) if value == NOT_APPLICABLE:
            return None
        case _:
            return ANY_DAY


def care_ended(facts: Mapping[str, Fact]) -> Span | None:
    """When care ended: the latest anchor, as an interval. None when every anchor is not applicable.

    An unknown anchor leaves only a lower bound, so the end stays open.
    """
    first = last = None
    for name in ANCHOR_FACTS:
        fact = facts.get(name)
        if type(fact) is Known and fact.value == NOT_APPLICABLE:
            continue
        span = fact.when if type(fact) is On else ANY_DAY
        first = span.first if first is None or span.first > first else first
        last = span.last if last is None or span.last > last else last
    return None if first is None or last is None else Span(first, last)


def undecided_anchors(facts: Mapping[str, Fact]) -> tuple[str, ...]:
    """The anchor facts whose answer can still move the anchor."""
    ended = care_ended(facts)
    if ended is None:
        return ANCHOR_FACTS
    spans = {name: day_span(facts.get(name)) for name in ANCHOR_FACTS}
    return tuple(
        name for name, span in spans.items() if span and not span.is_day and span.last > ended.first
    )


def read_clock(clock: Clock, ended: Span | None) -> ClockReading:
    """Until when the rule bars. While the anchor is uncertain, `clears_on` is None."""
    if clock.period is None:
        return _reading(clock, ended, NEVER)
    clears = clock.period.after(ended.first).isoformat() if ended and ended.is_day else None
    return _reading(clock, ended, clears)


def _reading(clock: Clock, ended: Span | None, clears_on: str | None) -> ClockReading:
    anchor_on = ended.first.isoformat() if ended and ended.is_day else None
    period = clock.period.text if clock.period else NEVER
    return ClockReading(clock.anchor, anchor_on, period, clears_on, clock.then)


def on_day(day: date) -> On:
    """A date fact of one day."""
    return On(PartialDate.of(day))
