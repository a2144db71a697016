"""Notice that the machine's clock was moved: against a clock that cannot be, and against the log.

Entries keep the time that the service was told; their order is that of their places. A jump is
itself an entry, so that whoever reads times later knows where not to trust them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(seconds=60)


@dataclass(slots=True)
class ClockWatch:
    """Remembers when it last looked, by both clocks. `signed_at`: time of the newest checkpoint."""

    signed_at: datetime | None
    seconds: Callable[[], float] = time.monotonic
    last: tuple[datetime, float] | None = None

    def moved(self, now: datetime) -> timedelta | None:
        """By how much the clock was moved since the last look; None for less than a minute.

        At the first look the newest checkpoint stands for the last one: a clock set back while
        nothing ran shows too; one set forward then does not.
        """
        last, self.last = self.last, (now, self.seconds())
        if last is not None:
            jump = (now - last[0]) - timedelta(seconds=self.last[1] - last[1])
        else:
            jump = min(now - (self.signed_at or now), timedelta())
        return jump if abs(jump) > TOLERANCE else None
