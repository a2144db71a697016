"""What each code says over time, as a drawing the server makes: a stripe a code, and today.

A table beside it says the same; colour never says anything alone, for each part of a stripe carries
its word where there is room, and the table always does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policy_service.console.axis import WIDTH, Scale, Tick
from policy_service.console.words import OUTCOMES

TOP, ROW = 18, 52
_LETTER = 6.6
"""About the width of a letter of a label."""
_BEYOND = timedelta(days=540)
"""How far what has no end is drawn beyond the last change."""


@dataclass(frozen=True, slots=True)
class Part:
    """One period of a code. `may_bar`: what is unknown could still make it a prohibition."""

    x: float
    width: float
    outcome: str
    may_bar: bool
    label: str


@dataclass(frozen=True, slots=True)
class Stripe:
    """One code."""

    y: int
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template draws, in the units of its view box."""

    width: int
    height: int
    stripes: tuple[Stripe, ...]
    ticks: tuple[Tick, ...]


def draw(codes: Sequence[Mapping[str, Any]], periods: str, today: date) -> Drawing | None:
    """The stripes of the codes that change over time; None if nothing ever changes.

    `periods` names the list of a code's periods: "periods", or "after_care".
    """
    changing = [code for code in codes if len(code[periods]) > 1]
    if not changing:
        return None
    changes = [date.fromisoformat(p["from"]) for code in changing for p in code[periods]]
    scale = Scale(today, max(changes) + _BEYOND)
    stripes = tuple(
        Stripe(TOP + ROW * row, code["title"], tuple(_parts(code[periods], scale)))
        for row, code in enumerate(changing)
    )
    return Drawing(WIDTH, TOP + ROW * len(stripes) + 24, stripes, scale.ticks())


def _parts(periods: Sequence[Mapping[str, Any]], scale: Scale) -> Iterator[Part]:
    for period in periods:
        begin = scale.x(max(date.fromisoformat(period["from"]), scale.first))
        until = date.fromisoformat(period["until"]) if period["until"] else scale.last
        width = round(max(scale.x(until) - begin, 2), 1)
        may_bar = period["could_become"] == "prohibit" != period["outcome"]
        yield Part(begin, width, period["outcome"], may_bar, _label(period, may_bar, width))


def _label(period: Mapping[str, Any], may_bar: bool, width: float) -> str:
    word = "Perhaps barred" if may_bar else OUTCOMES[period["outcome"]][1]
    return word if len(word) * _LETTER + 8 <= width else ""
