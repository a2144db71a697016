"""Combinations in words a reviewer can read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from policy_service.policy.analysis.cells import (
    Cell,
    DayCell,
    NumberCell,
    State,
    Variable,
    WordCell,
)
from policy_service.policy.analysis.scenes import Cut
from policy_service.policy.analysis.space import CARE, Space
from policy_service.policy.clocks import Period

_SOME_DAY = date(2021, 1, 1)


def cells_in_words(space: Space, variable: Variable, cells: Sequence[Cell]) -> str:
    """ "tie: friend or relative"; for dates where they stand."""
    said = dict.fromkeys(part for cell in cells for part in _said(space, variable, cell))
    days = {cell for cell in variable.cells if isinstance(cell, DayCell)}
    if days and days <= set(cells):
        others = [cell for cell in cells if cell not in days]
        said = dict.fromkeys(
            ["any day", *(part for cell in others for part in _said(space, variable, cell))]
        )
    return f"{variable.fact.replace('_', ' ')}: {' or '.join(said)}"


def _said(space: Space, variable: Variable, cell: Cell) -> Iterable[str]:
    match cell:
        case WordCell(words):
            return (word.replace("_", " ") for word in words)
        case NumberCell(low, None):
            return (f"{low} or more",)
        case NumberCell(low, high):
            return (f"{low} to {high}" if low != high else str(low),)
        case DayCell(answers):
            return (_stands(_cuts(space, variable), answers),)
        case State() as state:
            return (state.value.replace("_", " "),)


def _cuts(space: Space, variable: Variable) -> tuple[Cut, ...]:
    cuts = space.calendar.cuts[variable.fact]
    return cuts.care if variable.name.endswith(CARE) else cuts.calendar


def _stands(cuts: Sequence[Cut], answers: Sequence[bool]) -> str:
    """Between which of the cuts: of those it is before the first, of the others the last."""
    ranked = sorted(zip(cuts, answers, strict=True), key=lambda pair: _length(pair[0]))
    upper = [cut for cut, answer in ranked if answer is not cut.beyond][:1]
    lower = [cut for cut, answer in ranked if answer is cut.beyond][-1:]
    said = [_low(cut) for cut in lower] + [_high(cut) for cut in upper]
    return " and ".join(said) or "any day"


def _length(cut: Cut) -> tuple[int, str]:
    """A rough order of cuts, in days; the as-of date has no place in it and comes first."""
    match cut.right:
        case Period() as period:
            return (period.after(_SOME_DAY) - _SOME_DAY).days, period.text
        case None:
            return 0, ""
        case day:
            return day.toordinal(), ""


def _low(cut: Cut) -> str:
    return f"{'after' if cut.beyond else 'on or after'} {_right(cut)}"


def _high(cut: Cut) -> str:
    return f"{'on or before' if cut.beyond else 'before'} {_right(cut)}"


def _right(cut: Cut) -> str:
    match cut.right:
        case Period(text):
            return f"{text} after care ended"
        case None:
            return "the as-of date"
        case day:
            return day.isoformat()
