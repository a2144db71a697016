"""Clocks as a drawing the server makes: bars over time, and today. A table says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH, LEFT, ROW, TOP = 720, 8, 46, 26
NEVER = "never"
_SPAN_WITHOUT_END = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Bar:
    """One rule's clock: from its anchor until it clears. `is_open`: it never does, or nobody
    knows yet."""

    x: float
    width: float
    y: int
    rule: str
    label: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A first of January on the axis."""

    x: float
    year: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that the template draws, in the units of its view box."""

    width: int
    height: int
    today_x: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + share * (WIDTH - 2 * LEFT), 1)


def timeline(findings: Sequence[Mapping[str, Any]], today: date) -> Timeline | None:
    """The drawing of the clocks whose anchor is known; None if there is none."""
    known = [one for one in findings if one["clock"]["anchor_on"]]
    days = [day for one in known for day in _ends(one["clock"], today)]
    if not days:
        return None
    scale = _Scale(min(days) - timedelta(days=60), max(days) + timedelta(days=180))
    bars = tuple(_bar(one, row, scale, today) for row, one in enumerate(known))
    height = TOP + ROW * len(bars) + 24
    return Timeline(WIDTH, height, scale.x(today), bars, _ticks(scale))


def _ends(clock: Mapping[str, Any], today: date) -> tuple[date, date, date]:
    return _day(clock["anchor_on"]), today, _end(clock, today)


def _end(clock: Mapping[str, Any], today: date) -> date:
    clears_on = clock["clears_on"]
    if clears_on in (None, NEVER):
        return today + _SPAN_WITHOUT_END
    return _day(clears_on)


def _day(text: str) -> date:
    """Partial dates are drawn from their first day."""
    return date.fromisoformat(f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"[:10])


def _bar(finding: Mapping[str, Any], row: int, scale: _Scale, today: date) -> Bar:
    clock = finding["clock"]
    begin, end = scale.x(_day(clock["anchor_on"])), scale.x(_end(clock, today))
    return Bar(
        x=begin,
        width=max(end - begin, 2),
        y=TOP + ROW * row,
        rule=finding["rule"],
        label=clears(clock),
        is_open=clock["clears_on"] in (None, NEVER),
    )


def clears(clock: Mapping[str, Any]) -> str:
    """When a clock lets go, in words."""
    if clock["clears_on"] is None:
        return "undecided until the anchor is known"
    if clock["clears_on"] == NEVER:
        return "never clears"
    return f"clears on {clock['clears_on']}"


def _ticks(scale: _Scale) -> tuple[Tick, ...]:
    years = range(scale.first.year + 1, scale.last.year + 1)
    step = max(1, len(years) // 8)
    return tuple(Tick(scale.x(date(year, 1, 1)), year) for year in years[::step])
