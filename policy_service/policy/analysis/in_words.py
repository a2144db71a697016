"""Combinations in words a reviewer can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from policy_service.policy.analysis.cells import (
    Cell,
    DayCell,
    NumberCell,
    State,
    Variable,
    WordCell,
)
from policy_service.policy.analysis.cuts import Cut
from policy_service.policy.analysis.space import CARE, Space
from policy_service.policy.clocks import Period

ANY_DAY = "any day"
_SOME_DAY = date(2021, 1, 1)


def sides_in_words(space: Space, sides: Mapping[int, Sequence[int]]) -> tuple[str, ...]:
    """A box of combinations, one line for each fact that it limits: values by variable number."""
    said: dict[str, list[str]] = {}
    for number, places in sorted(sides.items()):
        variable = space.variables[number]
        cells = [variable.cells[place] for place in places]
        if len(cells) < len(variable.cells):
            said.setdefault(variable.fact, []).append(cells_in_words(space, variable, cells))
    return tuple(f"{fact.replace('_', ' ')}: {_joined(parts)}" for fact, parts in said.items())


def _joined(parts: Sequence[str]) -> str:
    """What is said of one fact by its variables; "any day" adds nothing to something."""
    telling = [part for part in parts if part != ANY_DAY]
    return "; ".join(dict.fromkeys(telling)) or ANY_DAY


def cells_in_words(space: Space, variable: Variable, cells: Sequence[Cell]) -> str:
    """ "friend or relative", or "anything but friend"; for dates where they stand."""
    rest = [cell for cell in variable.cells if cell not in cells]
    if isinstance(variable.cells[0], WordCell) and _weight(rest) < _weight(cells):
        return f"anything but {_either(space, variable, rest)}"
    return _either(space, variable, cells)


def _weight(cells: Iterable[Cell]) -> int:
    return sum(len(cell.words) if isinstance(cell, WordCell) else 1 for cell in cells)


def _either(space: Space, variable: Variable, cells: Sequence[Cell]) -> str:
    said = [part for cell in cells for part in _said(space, variable, cell)]
    days = {cell for cell in variable.cells if isinstance(cell, DayCell)}
    if days and days <= set(cells):
        others = [cell for cell in cells if cell not in days]
        said = [ANY_DAY, *(part for cell in others for part in _said(space, variable, cell))]
    return " or ".join(dict.fromkeys(said))


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
    return " and ".join(said) or ANY_DAY


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
