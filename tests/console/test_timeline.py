"""The drawing of the clocks: order and proportion, and nothing drawn that is not known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_service.console.timeline import WIDTH, clears, timeline

TODAY = date(2026, 3, 2)


def _finding(anchor: str | None, clears_on: str | None) -> dict[str, Any]:
    clock = {"anchor_on": anchor, "clears_on": clears_on}
    return {"rule": "some.rule", "clock": clock}


def test_without_a_known_anchor_nothing_is_drawn() -> None:
    assert timeline([], TODAY) is None
    assert timeline([_finding(None, None)], TODAY) is None


def test_a_clock_that_never_clears_is_drawn_open() -> None:
    drawn = timeline([_finding("2020-01-01", "never"), _finding("2020", "2025-01-01")], TODAY)
    assert drawn is not None
    assert [bar.is_open for bar in drawn.bars] == [True, False]
    assert drawn.bars[0].x + drawn.bars[0].width > drawn.today_x
    assert drawn.bars[1].x + drawn.bars[1].width < drawn.today_x


def test_words_for_every_kind_of_end() -> None:
    assert clears({"clears_on": None}) == "undecided until the anchor is known"
    assert clears({"clears_on": "never"}) == "never clears"
    assert clears({"clears_on": "2027-01-01"}) == "clears on 2027-01-01"


@given(
    st.dates(date(1950, 1, 1), date(2026, 3, 2)),
    st.integers(min_value=1, max_value=30 * 365),
)
def test_all_that_is_drawn_lies_inside_the_picture(anchor: date, days: int) -> None:
    until = anchor + timedelta(days=days)
    drawn = timeline([_finding(anchor.isoformat(), until.isoformat())], TODAY)
    assert drawn is not None
    [bar] = drawn.bars
    xs = [bar.x, bar.x + bar.width, drawn.today_x, *(tick.x for tick in drawn.ticks)]
    assert all(0 <= x <= WIDTH for x in xs)
    assert (bar.x + bar.width > drawn.today_x) == (until > TODAY) or bar.width == 2
