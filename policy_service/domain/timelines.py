"""Timelines: what happened when, until when a rule bars, and what begins after.

A day that is only partly known is told as the interval it may fall in, never as a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from policy_service.domain.decisions import Citation
from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome


class Moment(StrEnum):
    """What an entry tells of."""

    CARE_BEGAN = "care_began"
    LAST_PROFESSIONAL_CONTACT = "last_professional_contact"
    RELATIONSHIP_ENDED = "relationship_ended"
    TERMINATED = "terminated"
    INTIMACY_BEGAN = "intimacy_began"
    EVENT = "event"
    TIE_BEGAN = "tie_began"
    TIE_ENDED = "tie_ended"
    BAR_ENDS = "bar_ends"


class When(StrEnum):
    """How much is known of the day."""

    ON = "on"
    BETWEEN = "between"
    NOT_BEFORE = "not_before"
    NEVER = "never"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Days:
    """The days a moment may fall on, both ends included; an end that is None is open.

    `never` needs no ends: the moment does not come.
    """

    earliest: date | None = None
    latest: date | None = None
    is_never: bool = False

    @property
    def when(self) -> When:
        """How much these ends tell. A day before the earliest known one is not on offer."""
        if self.is_never:
            return When.NEVER
        if self.earliest is None:
            return When.UNDECIDED
        if self.latest is None:
            return When.NOT_BEFORE
        return When.ON if self.earliest == self.latest else When.BETWEEN

    def may_be(self, day: date) -> bool:
        """Whether the moment may fall on that day."""
        if self.is_never:
            return False
        after = self.earliest is None or self.earliest <= day
        return after and (self.latest is None or day <= self.latest)

    def to_json(self) -> dict[str, Any]:
        """`when` with the ends that are known, as ISO dates."""
        return {
            "when": self.when.value,
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "latest": self.latest.isoformat() if self.latest else None,
        }


NEVER = Days(is_never=True)
UNDECIDED = Days()


@dataclass(frozen=True, slots=True)
class Bar:
    """A rule that bars, or might: what it counts from, how long, and what begins after it.

    `anchored` are the days care may have ended on; None while it goes on. `undecided`: whether the
    rule holds at all is not settled. `unverified`: a draft, never an authority.
    """

    rule: str
    pack: str
    pack_digest: str
    title: str
    outcome: Outcome
    undecided: bool
    unverified: bool
    citations: tuple[Citation, ...]
    anchor: str
    anchored: Days | None
    period: str
    then: Outcome

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "rule": self.rule,
            "pack": self.pack,
            "pack_digest": self.pack_digest,
            "title": self.title,
            "outcome": self.outcome.value,
            "undecided": self.undecided,
            "unverified": self.unverified,
            "citations": [citation.to_json() for citation in self.citations],
            "anchor": self.anchor,
            "anchored": self.anchored.to_json() if self.anchored else None,
            "period": self.period,
            "then": self.then.value,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline.

    `fact` is the fact it says (None for a bar), `about` the word of the tie or event, `stated` the
    date as recorded, `why` the reason where the day is not known.
    """

    what: Moment
    days: Days
    fact: str | None = None
    tie: str | None = None
    about: str | None = None
    stated: str | None = None
    why: Why | None = None
    bar: Bar | None = None

    @property
    def is_certain(self) -> bool:
        """One day or never, of a rule that holds or of something recorded."""
        open_rule = self.bar is not None and (self.bar.undecided or self.bar.unverified)
        return self.days.when in (When.ON, When.NEVER) and not open_rule

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "what": self.what.value,
            **self.days.to_json(),
            "certain": self.is_certain,
            "stated": self.stated,
            "why": self.why.value if self.why else None,
            "tie": self.tie,
            "about": self.about,
            "bar": self.bar.to_json() if self.bar else None,
        }


@dataclass(frozen=True, slots=True)
class Timeline:
    """The entries of one decision, earliest first; what has no day comes last."""

    as_of: date
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, for those who may see all of it."""
        return {
            "as_of": self.as_of.isoformat(),
            "entries": [entry.to_json() for entry in self.entries],
        }


def in_order(as_of: date, entries: list[Entry]) -> Timeline:
    """The entries by their earliest day; ties of the order are settled by what they tell."""
    return Timeline(as_of, tuple(sorted(entries, key=_place)))


_MOMENTS = tuple(Moment)


def _place(entry: Entry) -> tuple[date, date, int, str, str]:
    days = entry.days
    return (
        days.earliest or date.max,
        days.latest or date.max,
        _MOMENTS.index(entry.what),
        entry.bar.rule if entry.bar else "",
        entry.tie or "",
    )
