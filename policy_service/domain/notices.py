"""Notices: that something happened, told outside the service by webhook and by mail.

A notice names no person and no cause. Its receiver asks for the rest, and learns what it may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class NoticeKind(StrEnum):
    """What happened. `ping` is a test that somebody asked for."""

    CASE_OPENED = "case.opened"
    STANDING_CHANGED = "standing.changed"
    DUTY_DUE = "duty.due"
    CLEARANCE_REACHED = "clearance.reached"
    PING = "ping"


TOLD = tuple(kind for kind in NoticeKind if kind is not NoticeKind.PING)
"""What an endpoint or an officer can choose."""
BRIEF = (NoticeKind.CASE_OPENED, NoticeKind.STANDING_CHANGED)
"""What may change a standing: all that a brief endpoint is told, as one and the same kind."""


class Detail(StrEnum):
    """What an endpoint may learn: that a standing changed, or also what happened."""

    BRIEF = "brief"
    FULL = "full"


class About(StrEnum):
    """What a notice points at."""

    CASE = "case"
    DUTY = "duty"
    CHECK = "check"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice points at, and the clinician and client it is about."""

    about: About
    id: str
    clinician_id: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `at` is RFC 3339."""

    id: str
    at: str
    kind: NoticeKind
    subject: Subject


class DeliveryState(StrEnum):
    """How it stands with one notice for one endpoint."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    HELD = "held"
    """The endpoint is paused; sent when it is resumed."""


class Pause(StrEnum):
    """Why an endpoint gets nothing."""

    BY_HAND = "by_hand"
    FAILING = "failing"
    GONE = "gone"
    """It answered 410: it wants no more."""


MOST_ATTEMPTS = 10
FAILS_FOR = timedelta(days=3)
"""An endpoint that takes nothing for so long is paused."""
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=12)


def wait_after(failures: int, chance: Callable[[], float]) -> timedelta:
    """How long to wait after so many failures: three times as long each time, at most 12 hours.

    `chance` gives 0 to 1: half of the wait is left to it, so that what failed together does not
    come back together.
    """
    times = float(3 ** min(max(failures, 1) - 1, 12))
    whole = min(_FIRST_WAIT * times, _LONGEST_WAIT)
    return whole / 2 + whole / 2 * chance()


def has_failed_for_long(failing_since: datetime | None, now: datetime) -> bool:
    """True when an endpoint is to be paused."""
    return failing_since is not None and now - failing_since >= FAILS_FOR
