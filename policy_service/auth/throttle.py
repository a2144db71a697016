"""Slow down the guessing of passwords.

Failures are counted in the memory of one worker process: a practice with N workers allows N times
as many, and a restart forgets them. That is the honest limit of doing it without a database; an
attacker who cannot guess a 12-character password in thousands of tries gains nothing from it.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

from policy_service.errors import TooManyRequests

WINDOW = timedelta(minutes=15)
PER_ACCOUNT, PER_ADDRESS = 5, 30
_MOST_KEYS = 10_000


class Throttle:
    """Failed logins of the last 15 minutes, by account and by address."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def require_room(self, account: str, address: str, now: datetime) -> None:
        """TooManyRequests while either has used up its failures."""
        with self._lock:
            for key, limit in _limits(account, address):
                self._refuse_over(key, limit, now)

    def note_failure(self, account: str, address: str, now: datetime) -> None:
        """One more wrong password."""
        with self._lock:
            if len(self._failures) > _MOST_KEYS:
                self._failures.clear()
            for key, limit in _limits(account, address):
                self._failures.setdefault(key, deque(maxlen=limit)).append(now)

    def forget(self, account: str) -> None:
        """The right password was given."""
        with self._lock:
            self._failures.pop(f"account:{account}", None)

    def _refuse_over(self, key: str, limit: int, now: datetime) -> None:
        failures = self._failures.get(key, deque())
        while failures and failures[0] <= now - WINDOW:
            failures.popleft()
        if len(failures) >= limit:
            wait = failures[0] + WINDOW - now
            text = "Too many attempts to sign in. Wait a while, then try again."
            raise TooManyRequests(text, retry_after=max(1, int(wait.total_seconds())))


def _limits(account: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    return (f"account:{account}", PER_ACCOUNT), (f"address:{address}", PER_ADDRESS)
