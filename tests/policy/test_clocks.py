"""When care ended, and the first day a bar no longer holds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Known, On, Unknown, Why
from policy_service.domain.outcomes import Outcome
from policy_service.policy.clocks import (
    Clock,
    Period,
    Span,
    care_ended,
    read_clock,
    undecided_anchors,
)

NONE: Fact = Known(NOT_APPLICABLE)


def anchors(last: Fact, ended: Fact = NONE, terminated: Fact = NONE) -> dict[str, Fact]:
    return {
        "last_professional_contact_on": last,
        "relationship_ended_on": ended,
        "terminated_on": terminated,
    }


def on(text: str) -> Fact:
    return On(PartialDate(text))


@pytest.mark.parametrize(
    ("day", "period", "free"),
    [
        ("2020-05-01", "5 years", "2025-05-01"),
        ("2020-02-29", "5 years", "2025-03-01"),
        ("2020-02-29", "4 years", "2024-02-29"),
        ("2023-02-28", "1 year", "2024-02-28"),
        ("2024-01-31", "1 month", "2024-03-01"),
        ("2023-12-31", "2 months", "2024-03-01"),
        ("2024-02-28", "2 days", "2024-03-01"),
    ],
)
def test_a_period_is_never_shorter_than_it_says(day: str, period: str, free: str) -> None:
    assert Period(period).after(date.fromisoformat(day)).isoformat() == free


@pytest.mark.parametrize("text", ["5", "five years", "0 years", "5 weeks", "-1 years", ""])
def test_other_periods_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        Period(text)


def test_the_latest_anchor_counts() -> None:
    facts = anchors(on("2020-05-01"), on("2019-01-01"), on("2021-07-01"))
    assert care_ended(facts) == Span(date(2021, 7, 1), date(2021, 7, 1))


def test_an_unknown_anchor_leaves_a_lower_bound() -> None:
    facts = anchors(on("2020-05-01"), Unknown(Why.DECLINED))
    assert care_ended(facts) == Span(date(2020, 5, 1), date.max)
    assert undecided_anchors(facts) == ("relationship_ended_on",)


def test_a_partial_anchor_that_lies_earlier_cannot_matter() -> None:
    facts = anchors(on("2020-05-01"), on("2019"))
    assert care_ended(facts) == Span(date(2020, 5, 1), date(2020, 5, 1))
    assert undecided_anchors(facts) == ()


def test_care_that_goes_on_has_no_end() -> None:
    assert care_ended(anchors(NONE)) is None


def test_a_clock_tells_the_day_only_when_it_is_certain() -> None:
    clock = Clock("care_ended", Period("5 years"), Outcome.DELIBERATE)
    assert read_clock(clock, care_ended(anchors(on("2020-02-29")))).clears_on == "2025-03-01"
    assert read_clock(clock, care_ended(anchors(on("2020")))).clears_on is None
    forever = Clock("care_ended", None, Outcome.PROHIBIT)
    assert read_clock(forever, None).clears_on == "never"


@given(
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["5 years", "2 years", "1 month", "11 months", "90 days"]),
)
def test_every_start_of_a_period_is_found_near_its_end(day: date, text: str) -> None:
    period = Period(text)
    assert abs((period.near_start(period.after(day)) - day).days) <= 4
