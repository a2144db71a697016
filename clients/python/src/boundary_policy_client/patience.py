"""How long to wait and how often to try: full jitter, and what the service asks for comes first."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Patience:
    """One question takes `seconds` at most, all tries and pauses together.

    Before try n+1 passes a random time up to `first` · 2ⁿ, at most `longest` (full jitter: many
    callers that failed together do not come back together), and never less than `Retry-After`.
    """

    seconds: float = 2.0
    tries: int = 3
    first: float = 0.1
    longest: float = 5.0
    random: Callable[[float, float], float] = field(default=random.uniform, repr=False)
    sleep: Callable[[float], object] = field(default=time.sleep, repr=False)
    now: Callable[[], float] = field(default=time.monotonic, repr=False)

    def deadline(self) -> float:
        """When to have given up, by `now`."""
        return self.now() + self.seconds

    def pause(self, tried: int, retry_after: float | None, deadline: float) -> bool:
        """Wait before the next try. False where there is none left, or no time for it."""
        if tried >= self.tries:
            return False
        jitter = self.random(0.0, min(self.longest, self.first * 2 ** (tried - 1)))
        wait = max(jitter, retry_after or 0.0)
        if self.now() + wait >= deadline:
            return False
        self.sleep(wait)
        return True


def read_retry_after(text: str | None, wall_clock: Callable[[], float] = time.time) -> float | None:
    """Seconds to wait as a `Retry-After` header says: a number, or an HTTP date. None for neither.

    >>> read_retry_after("3")
    3.0
    """
    if text is None:
        return None
    stripped = text.strip()
    if stripped.isascii() and stripped.isdigit():
        return float(stripped)
    try:
        moment = parsedate_to_datetime(stripped)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - wall_clock())
