"""Guesses are counted by account and by address, and forgotten after a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policy_service.auth.throttle import PER_ACCOUNT, PER_ADDRESS, WINDOW, Throttle
from policy_service.errors import TooManyRequests

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_an_account_is_closed_after_five_failures_from_anywhere() -> None:
    throttle = Throttle()
    for number in range(PER_ACCOUNT):
        throttle.require_room("a", str(number), NOW)
        throttle.note_failure("a", str(number), NOW)
    with pytest.raises(TooManyRequests) as refused:
        throttle.require_room("a", "elsewhere", NOW)
    assert refused.value.headers == {"Retry-After": str(int(WINDOW.total_seconds()))}
    throttle.require_room("b", "elsewhere", NOW)


def test_an_address_is_closed_after_failures_on_many_accounts() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        throttle.note_failure(str(number), "here", NOW)
    with pytest.raises(TooManyRequests):
        throttle.require_room("another", "here", NOW)
    throttle.require_room("another", "there", NOW)


def test_failures_are_forgotten_after_the_window_and_after_success() -> None:
    throttle = Throttle()
    for _ in range(PER_ACCOUNT):
        throttle.note_failure("a", "here", NOW)
    with pytest.raises(TooManyRequests):
        throttle.require_room("a", "here", NOW + WINDOW - timedelta(seconds=1))
    throttle.require_room("a", "here", NOW + WINDOW)
    for _ in range(PER_ACCOUNT):
        throttle.note_failure("a", "there", NOW + WINDOW)
    throttle.forget("a")
    throttle.require_room("a", "there", NOW + WINDOW)
