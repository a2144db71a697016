"""A timeline as a drawing the server makes: what happened, bars over time, and today.

It is drawn from the entries as this reader may see them. What has no day is not drawn: the table
below the drawing tells all. A paler end says that the bar may end anywhere within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policy_service.console.axis import LEFT, WIDTH, Scale, Tick
from policy_service.console.words import MOMENTS, OUTCOMES, plain, until

LANE, ROW = 17, 60
_LETTER = 6.4
"""About the width of a letter of a label."""
_OPEN_SPAN = timedelta(days=3 * 365)
"""How far what has no end is drawn beyond the last day that is known."""

Entries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: a point, or a band where the day is partly known."""

    x: float
    width: float
    y: int
    label: str
    label_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What rules bar: certain up to `width`, then perhaps for `more`. `is_open`: without end."""

    x: float
    width: float
    more: float
    y: int
    label: str
    rules: str
    label_x: float
    anchor: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template draws, in the units of its view box."""

    width: int
    height: int
    today_x: float
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def draw(entries: Entries, today: date) -> Drawing | None:
    """The drawing of the entries that have a day; None if there is no bar to draw."""
    groups = _groups(entries)
    if not groups:
        return None
    moments = [one for one in entries if one["bar"] is None and one["earliest"]]
    days = [today, *_days(moments), *(day for group in groups for day in _days(group))]
    days += [day for group in groups for day in _days([group[0]["bar"]["anchored"]])]
    open_ended = any(group[0]["when"] in ("never", "not_before") for group in groups)
    last = max(days) + (_OPEN_SPAN if open_ended else timedelta(days=180))
    scale = Scale(min(days) - timedelta(days=60), last)
    marks = tuple(_marks(moments, scale))
    top = max((mark.y for mark in marks), default=12) + 14
    bars = tuple(_bar(group, top + ROW * row, scale) for row, group in enumerate(groups))
    height = top + ROW * len(bars) + 24
    return Drawing(WIDTH, height, scale.x(today), marks, bars, scale.ticks())


def _groups(entries: Entries) -> list[list[Mapping[str, Any]]]:
    """Bars that run alike are one bar: several codes often count the same years."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for entry in entries:
        bar = entry["bar"]
        if bar is None or bar["anchored"] is None or bar["anchored"]["earliest"] is None:
            continue
        alike = (entry["when"], entry["earliest"], entry["latest"], bar["period"], bar["then"])
        groups.setdefault((*alike, bar["unverified"]), []).append(entry)
    return list(groups.values())


def _days(spans: Iterable[Mapping[str, Any]]) -> Iterator[date]:
    for span in spans:
        for end in ("earliest", "latest"):
            if span[end]:
                yield date.fromisoformat(span[end])


def _marks(moments: Entries, scale: Scale) -> Iterator[Mark]:
    """Labels side by side where they fit, else in the next lane."""
    lanes: list[float] = []
    for one in moments:
        begin = scale.x(date.fromisoformat(one["earliest"]))
        end = scale.x(date.fromisoformat(one["latest"] or one["earliest"]))
        label = f"{_what(one)} {one['stated']}"
        long = len(label) * _LETTER
        anchor = "start" if end + 8 + long <= WIDTH else "end"
        left = end + 8 if anchor == "start" else begin - 8 - long
        lane = next((n for n, taken in enumerate(lanes) if taken < left), len(lanes))
        lanes[lane:] = [left + long + 6, *lanes[lane + 1 :]]
        label_x = left if anchor == "start" else begin - 8
        yield Mark(begin, max(end - begin, 0), 26 + LANE * lane, label, round(label_x, 1), anchor)


def _what(entry: Mapping[str, Any]) -> str:
    about = f" ({plain(entry['about'])})" if entry["about"] else ""
    return f"{MOMENTS[entry['what']]}{about}"


def _bar(group: list[Mapping[str, Any]], y: int, scale: Scale) -> Bar:
    entry, bar = group[0], group[0]["bar"]
    begin = scale.x(date.fromisoformat(bar["anchored"]["earliest"]))
    is_open = entry["when"] in ("never", "not_before")
    edge = scale.x(scale.last)
    sure = edge if entry["when"] == "never" else scale.x(date.fromisoformat(entry["earliest"]))
    latest = date.fromisoformat(entry["latest"]) if entry["latest"] else None
    perhaps = edge if is_open else scale.x(latest) if latest else sure
    label, rules = _said(entry), _rules(group)
    fits = begin + max(len(label), len(rules)) * _LETTER <= WIDTH - LEFT
    return Bar(
        x=begin,
        width=max(sure - begin, 2),
        more=max(perhaps - sure, 0),
        y=y,
        label=label,
        rules=rules,
        label_x=begin if fits else WIDTH - LEFT,
        anchor="start" if fits else "end",
        is_open=is_open,
    )


def _said(entry: Mapping[str, Any]) -> str:
    bar = entry["bar"]
    then = OUTCOMES[bar["then"]][1].lower()
    after = "" if entry["when"] == "never" else f", then {then}"
    unsure = "unverified: " if bar["unverified"] else "if it holds: " if bar["undecided"] else ""
    return f"{unsure}{until(entry)}{after}"


def _rules(group: list[Mapping[str, Any]]) -> str:
    first, *others = sorted({entry["bar"]["rule"] for entry in group})
    return f"{first} and {len(others)} more" if others else str(first)
