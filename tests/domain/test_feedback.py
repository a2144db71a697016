"""Reports are read whatever they are; what is wrong is said and nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.feedback import CHECK_OUTCOMES, Reason, moment, read_report

GOOD: dict[str, Any] = {
    "card": "019a9f3c-6d2e-4c41-9b1a-2f60c1d4e5f6",
    "outcome": "overridden",
    "overrideReason": {"userComment": "she is away"},
    "outcomeTimestamp": "2026-03-02T09:30:00+01:00",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def test_a_report_as_the_standard_asks_is_read_in_full() -> None:
    report = read_report(GOOD)
    assert report.is_conformant
    assert report.reported_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert report.reason == Reason(comment="she is away")


def test_an_accepted_card_names_its_suggestions() -> None:
    accepted = {**GOOD, "outcome": "accepted", "acceptedSuggestions": [{"id": "s-1"}]}
    assert read_report(accepted).suggestions == ("s-1",)
    del accepted["acceptedSuggestions"]
    assert "acceptedSuggestions" in read_report(accepted).problems[0]


@pytest.mark.parametrize("field", ["card", "outcome", "outcomeTimestamp"])
def test_what_is_missing_is_named(field: str) -> None:
    report = read_report({name: value for name, value in GOOD.items() if name != field})
    assert [problem.split(":")[0] for problem in report.problems] == [field]


def test_a_booking_may_be_reported_of_a_check_and_not_of_a_card() -> None:
    booked = {**GOOD, "outcome": "booked"}
    assert read_report(booked, CHECK_OUTCOMES).is_conformant
    assert not read_report(booked).is_conformant


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02T09:30:00", "soon", "", 7, None])
def test_a_moment_without_a_zone_is_none(text: object) -> None:
    assert moment(text) is None


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, JSON)))
def test_nothing_that_arrives_makes_it_raise(item: object) -> None:
    report = read_report(item)
    assert report.item is item
    assert report.is_conformant or report.problems
