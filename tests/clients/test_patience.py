"""Full jitter, `Retry-After` first, and never past the deadline."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from boundary_policy_client.patience import Patience, read_retry_after
from hypothesis import given
from hypothesis import strategies as st


class Hands:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def patience(hands: Hands, **more: float) -> Patience:
    return Patience(sleep=hands.sleep, now=lambda: hands.now, **more)


@given(
    tried=st.integers(1, 6),
    retry_after=st.none() | st.floats(0, 1e6),
    seconds=st.floats(0.01, 60),
)
def test_it_never_waits_past_the_deadline_nor_less_than_it_was_asked_to(
    tried: int, retry_after: float | None, seconds: float
) -> None:
    hands = Hands()
    waiting = patience(hands, seconds=seconds, tries=5)
    deadline = waiting.deadline()
    goes_on = waiting.pause(tried, retry_after, deadline)
    assert goes_on == bool(hands.slept)
    assert hands.now < deadline or not goes_on
    if goes_on:
        assert hands.slept[0] >= (retry_after or 0)
    if tried >= 5:
        assert not goes_on


def test_the_pause_is_any_time_up_to_twice_the_last_ones_most() -> None:
    asked: list[tuple[float, float]] = []

    def most(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    hands = Hands()
    waiting = Patience(60, 9, 0.5, 3.0, random=most, sleep=hands.sleep, now=lambda: hands.now)
    for tried in range(1, 6):
        assert waiting.pause(tried, None, waiting.deadline())
    assert asked == [(0.0, 0.5), (0.0, 1.0), (0.0, 2.0), (0.0, 3.0), (0.0, 3.0)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        (" 0 ", 0.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
    ids=str,
)
def test_retry_after_is_a_number_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, lambda: 1_000_000.0) == seconds
