"""Partial dates and periods."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate, plus_months

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_a_partial_date_is_the_interval_of_days_it_can_mean(
    text: str, first: date, last: date
) -> None:
    assert (PartialDate(text).first, PartialDate(text).last) == (first, last)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "2024-13", "24", "2024-1-1", "2024-01-01T00", "٢٠٢٤", "", "0000"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|year|month|day"):
        PartialDate(text)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2020, 2, 29), 60, date(2025, 3, 1)),
        (date(2020, 2, 29), 48, date(2024, 2, 29)),
        (date(2023, 12, 31), 2, date(2024, 3, 1)),
        (date(2024, 1, 31), 1, date(2024, 3, 1)),
        (date(2024, 3, 31), 12, date(2025, 3, 31)),
    ],
)
def test_a_period_is_never_shorter_than_it_says(start: date, months: int, end: date) -> None:
    assert plus_months(start, months) == end


@given(DAYS, DAYS, st.integers(0, 1200))
def test_periods_keep_the_order_of_days(one: date, other: date, months: int) -> None:
    early, late = sorted((one, other))
    assert plus_months(early, months) <= plus_months(late, months)


@given(DAYS, st.integers(0, 600))
def test_a_period_ends_in_its_month_or_on_the_first_of_the_next(day: date, months: int) -> None:
    end = plus_months(day, months)
    over = (end.year * 12 + end.month) - (day.year * 12 + day.month + months)
    assert (over, end.day) == (0, day.day) or (over == 1 and end.day == 1)
