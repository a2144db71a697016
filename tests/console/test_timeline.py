"""The drawing of a timeline: order and proportion, and nothing drawn that is not known."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_service.console.timeline import WIDTH, Bar, draw
from policy_service.console.words import until
from policy_service.domain.timelines import NEVER, UNDECIDED, Days

TODAY = date(2026, 3, 2)


def bar(days: Days, anchored: Days | None, rule: str = "some.rule", **more: Any) -> dict[str, Any]:
    """An entry of a timeline as its reader gets it."""
    told = {
        "rule": rule,
        "anchored": anchored.to_json() if anchored else None,
        "period": "5 years",
        "then": "deliberate",
        "unverified": False,
        "undecided": False,
    }
    return {"what": "bar_ends", "tie": None, **days.to_json(), "bar": told | more}


def moment(what: str, days: Days, about: str | None = None) -> dict[str, Any]:
    """Something that happened."""
    stated = days.earliest.isoformat() if days.earliest else None
    return {"what": what, **days.to_json(), "bar": None, "about": about, "stated": stated}


def on(day: date) -> Days:
    return Days(day, day)


CLOCK = bar(on(date(2025, 1, 1)), on(date(2020, 1, 1)))


def test_without_a_bar_whose_anchor_is_known_nothing_is_drawn() -> None:
    assert draw([], TODAY) is None
    assert draw([moment("care_began", on(date(2020, 1, 1)))], TODAY) is None
    assert draw([bar(UNDECIDED, None), bar(UNDECIDED, UNDECIDED)], TODAY) is None


def _only(entry: dict[str, Any]) -> tuple[Bar, float]:
    drawn = draw([entry], TODAY)
    assert drawn is not None
    [found] = drawn.bars
    return found, drawn.today_x


def test_a_bar_that_never_clears_is_drawn_open_to_the_edge() -> None:
    found, today_x = _only(bar(NEVER, on(date(2020, 1, 1)), period="never"))
    assert found.is_open
    assert found.x + found.width > today_x
    assert found.label == "never clears"


def test_a_bar_that_cleared_ends_before_today() -> None:
    found, today_x = _only(CLOCK)
    assert not found.is_open
    assert found.more == 0
    assert found.x + found.width < today_x
    assert found.label == "clears on 2025-01-01, then deliberate"


def test_an_uncertain_end_is_drawn_as_more() -> None:
    days, anchored = Days(date(2027, 1, 1), date(2027, 12, 31)), Days(date(2022, 1, 1), None)
    found, today_x = _only(bar(days, anchored))
    assert found.more > 0
    assert found.x + found.width > today_x
    assert found.label == "clears between 2027-01-01 and 2027-12-31, then deliberate"


def test_an_end_that_is_only_bounded_below_stays_open() -> None:
    found, _ = _only(bar(Days(date(2027, 1, 1), None), Days(date(2022, 1, 1), None)))
    assert found.is_open
    assert found.more > 0
    assert found.label == "clears not before 2027-01-01, then deliberate"


def test_bars_that_run_alike_are_one_and_drafts_stand_apart() -> None:
    alike = bar(on(date(2025, 1, 1)), on(date(2020, 1, 1)), rule="another.rule")
    draft = bar(on(date(2025, 1, 1)), on(date(2020, 1, 1)), rule="a.draft", unverified=True)
    drawn = draw([CLOCK, alike, draft], TODAY)
    assert drawn is not None
    assert [one.rules for one in drawn.bars] == ["another.rule and 1 more", "a.draft"]
    assert drawn.bars[1].label.startswith("unverified: ")


def test_words_for_every_kind_of_end() -> None:
    assert until(UNDECIDED.to_json()) == "undecided until the end of care is known"
    assert until(NEVER.to_json()) == "never clears"
    assert until(on(date(2027, 1, 1)).to_json()) == "clears on 2027-01-01"


def test_labels_that_would_overlap_take_another_lane() -> None:
    marks = [
        moment("care_began", on(date(2019, 1, 1))),
        moment("last_professional_contact", on(date(2020, 1, 1))),
        moment("terminated", on(date(2020, 1, 2))),
    ]
    drawn = draw([*marks, CLOCK], TODAY)
    assert drawn is not None
    assert len({mark.y for mark in drawn.marks[1:]}) == 2
    assert drawn.marks[0].label == "Care began 2019-01-01"


@given(
    st.dates(date(1950, 1, 1), date(2026, 3, 2)),
    st.integers(min_value=1, max_value=30 * 365),
    st.integers(min_value=0, max_value=400),
)
def test_all_that_is_drawn_lies_inside_the_picture(anchor: date, days: int, more: int) -> None:
    until_day = anchor + timedelta(days=days)
    end = Days(until_day, until_day + timedelta(days=more))
    happened = moment("event", Days(anchor, anchor + timedelta(days=more)), "gift")
    drawn = draw([happened, bar(end, on(anchor))], TODAY)
    assert drawn is not None
    [one] = drawn.bars
    xs = [one.x, one.x + one.width + one.more, drawn.today_x, *(t.x for t in drawn.ticks)]
    xs += [x for mark in drawn.marks for x in (mark.x, mark.x + mark.width, mark.label_x)]
    assert all(0 <= x <= WIDTH for x in xs)
    assert all(mark.y < drawn.bars[0].y for mark in drawn.marks)
    assert (one.x + one.width > drawn.today_x) == (until_day > TODAY) or one.width == 2
