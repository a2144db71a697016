"""Orders of days: all that a calendar realises, and no others."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from policy_service.policy.analysis.cells import DayCell, State
from policy_service.policy.analysis.cuts import Cuts
from policy_service.policy.analysis.scenes import Calendar, Scene
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import AS_OF, AfterCare, Day, Right, When

BEGAN, EVENT = "tie_began_on", "event_on"
Order = tuple[object, ...]


def calendar(*atoms: Day, unknowns: bool = False) -> Calendar:
    names = [AS_OF, *sorted({atom.left for atom in atoms} - {AS_OF})]
    cuts = {name: Cuts.of(atom for atom in atoms if atom.left == name) for name in names}
    return Calendar(cuts, unknowns)


def after(period: str) -> AfterCare:
    return AfterCare(Period(period))


def began(when: When, right: Right) -> Day:
    return Day(BEGAN, when, right)


def orders(scenes: Iterable[Scene]) -> set[Order]:
    """(end of care, as-of date, tie) as cells, of every combination the scenes allow."""
    return {
        (isinstance(scene.ended, date) or scene.ended, scene.own, pair)
        for scene in scenes
        for pair in scene.pairs[BEGAN]
    }


def by_trying(given: Calendar, ends: list[date], days: list[date]) -> set[Order]:
    """The same by trying every triple of days."""
    found: set[Order] = set()
    for ended, as_of, day in itertools.product([None, *ends], days, [None, *days]):
        found.add(
            (
                State.NO_ANCHOR if ended is None else True,
                _pair(given.cuts[AS_OF], as_of, as_of, ended),
                _pair(given.cuts[BEGAN], day, as_of, ended),
            )
        )
    return found


def _pair(cuts: Cuts, day: date | None, as_of: date, ended: date | None) -> object:
    if day is None:
        return State.NOT_APPLICABLE, State.NOT_APPLICABLE if cuts.care else None
    calendar_cell = DayCell(
        tuple(
            _compared(day, as_of if cut.right is None else cut.right, cut.beyond)
            for cut in cuts.calendar
        )
    )
    if not cuts.care:
        return calendar_cell, None
    if ended is None:
        return calendar_cell, State.NO_ANCHOR
    ends = [
        (cut.right.after(ended), cut.beyond) for cut in cuts.care if isinstance(cut.right, Period)
    ]
    return calendar_cell, DayCell(tuple(_compared(day, end, beyond) for end, beyond in ends))


def _compared(day: date, right: object, beyond: bool) -> bool:
    assert isinstance(right, date)
    return day > right if beyond else day < right


def around(*days: date, room: int = 3) -> list[date]:
    return sorted({day + timedelta(days=n) for day in days for n in range(-room, room + 1)})


START = date(2021, 5, 10)

CASES = {
    "two periods": (
        (began(When.BEFORE, after("2 years")), began(When.BEFORE, after("5 years"))),
        [START],
        around(date(2023, 5, 10), date(2026, 5, 10)),
    ),
    "a period, both ways, and the as-of date": (
        (
            began(When.BEFORE, after("1 month")),
            began(When.AFTER, after("1 month")),
            began(When.BEFORE, None),
            Day(AS_OF, When.BEFORE, after("1 month")),
        ),
        [START],
        around(date(2021, 6, 10), date(2021, 6, 20)),
    ),
    "a period and a constant": (
        (began(When.BEFORE, after("1 month")), began(When.BEFORE, date(2021, 6, 10))),
        around(START, room=6),
        around(date(2021, 6, 10), room=15),
    ),
    "months and days that are sometimes as long": (
        (began(When.BEFORE, after("1 month")), began(When.BEFORE, after("30 days"))),
        [date(2021, month, 10) for month in (2, 3, 4)],
        around(*(date(2021, month, 11) for month in (3, 4, 5)), room=5),
    ),
    "constants beside one another": (
        (
            began(When.BEFORE, date(2024, 1, 1)),
            began(When.AFTER, date(2024, 1, 2)),
            Day(AS_OF, When.BEFORE, date(2024, 1, 1)),
        ),
        [],
        around(date(2024, 1, 1), room=4),
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_scenes_are_the_orders_that_some_days_have(name: str) -> None:
    atoms, ends, days = CASES[name]
    given = calendar(*atoms)
    assert orders(given.scenes()) == by_trying(given, ends, days)


def test_before_two_years_is_before_five_in_every_scene() -> None:
    given = calendar(began(When.BEFORE, after("2 years")), began(When.BEFORE, after("5 years")))
    cells = {pair[1] for scene in given.scenes() for pair in scene.pairs[BEGAN]}
    assert DayCell((True, False)) not in cells
    assert DayCell((False, True)) in cells


def test_years_and_as_many_months_are_one_length() -> None:
    given = calendar(began(When.BEFORE, after("2 years")), began(When.BEFORE, after("24 months")))
    cells = {pair[1] for scene in given.scenes() for pair in scene.pairs[BEGAN]}
    assert cells & {DayCell((True, False)), DayCell((False, True))} == set()


def test_every_pair_of_a_scene_carries_a_day_that_realises_it() -> None:
    atoms, _, _ = CASES["a period, both ways, and the as-of date"]
    given = calendar(*atoms)
    for scene in given.scenes():
        ended = scene.ended if isinstance(scene.ended, date) else None
        for pair, day in scene.pairs[BEGAN].items():
            assert _pair(given.cuts[BEGAN], day, scene.as_of, ended) == pair


def test_an_anchor_named_on_its_own_is_never_later_than_the_end_of_care() -> None:
    terminated = Day("terminated_on", When.BEFORE, after("2 years"))
    scenes = calendar(terminated, began(When.BEFORE, after("2 years"))).scenes()
    cells = {pair for scene in scenes for pair in scene.pairs["terminated_on"]}
    assert {pair[1] for pair in cells} == {State.NOT_APPLICABLE, DayCell((True,))}
    no_anchor = [scene for scene in scenes if scene.ended is State.NO_ANCHOR]
    assert {tuple(scene.pairs["terminated_on"]) for scene in no_anchor} == {
        ((State.NOT_APPLICABLE, State.NOT_APPLICABLE),)
    }


def test_with_unknowns_a_date_or_the_end_of_care_can_be_unknown() -> None:
    scenes = calendar(began(When.BEFORE, after("2 years")), unknowns=True).scenes()
    assert {scene.ended for scene in scenes if isinstance(scene.ended, State)} == {
        State.NO_ANCHOR,
        State.UNKNOWN,
    }
    for scene in scenes:
        assert (State.UNKNOWN, State.UNKNOWN) in scene.pairs[BEGAN]
