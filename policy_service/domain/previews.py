"""Previews: what the codes say of a tie that has not begun, and what it would close.

A preview answers before anything happens: until when each code bars the tie, what begins after,
and whether the client could come back into care once the tie exists or has existed. It is a
question, never a fact: nothing of it is read by checks, drift or replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from policy_service.domain.decisions import Ask, NotConsulted
from policy_service.domain.outcomes import Outcome, strictest
from policy_service.domain.preview_periods import (
    Period,
    asked_once,
    barred,
    days_to_json,
    latest_bar,
    length_of,
    only_drafts,
    united,
    unverified_bar,
)
from policy_service.domain.timelines import NEVER, UNDECIDED, Days


class Contemplated(StrEnum):
    """The tie somebody thinks about. Employment is looked at whoever would employ whom."""

    FRIENDSHIP = "friendship"
    ROMANCE = "romance"
    BUSINESS = "business"
    EMPLOYMENT = "employment"
    PERSONAL_CONNECTION = "personal_connection"
    PROFESSIONAL_CONNECTION = "professional_connection"


class Closes(StrEnum):
    """What a tie does to the way (back) into care; the strictest first."""

    FOR_EVER = "closed_for_ever"
    FOR_A_TIME = "closed_for_a_time"
    WHILE_IT_LASTS = "closed_while_it_lasts"
    MAY_BE_CLOSED = "may_be_closed"
    NEEDS_DELIBERATION = "needs_deliberation"
    TO_BE_WATCHED = "to_be_watched"
    NO_RULE_MATCHED = "no_rule_matched"


_CLOSES = tuple(Closes)


@dataclass(frozen=True, slots=True)
class Contemplation:
    """The tie thought about, the day it might begin, and the day the question is put."""

    kind: Contemplated
    on: date
    today: date


@dataclass(frozen=True, slots=True)
class Closing:
    """What a tie begun from `first` on (until `until`) closes: asked while it lasts, and after."""

    first: date
    until: date | None
    while_it_lasts: tuple[Period, ...]
    after_it_is_over: tuple[Period, ...]

    @property
    def closes(self) -> Closes:
        """The strictest that can be said for certain."""
        over, lasting = barred(self.after_it_is_over), barred(self.while_it_lasts)
        if over is not None and over.is_never:
            return Closes.FOR_EVER
        if any(period.bars for period in self.after_it_is_over):
            return Closes.FOR_A_TIME
        if any(period.bars for period in self.while_it_lasts):
            return Closes.WHILE_IT_LASTS
        if over is not None or lasting is not None:
            return Closes.MAY_BE_CLOSED
        periods = (*self.while_it_lasts, *self.after_it_is_over)
        return _short_of_closed(strictest(*(period.decision.outcome for period in periods)))

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, without wording."""
        return {
            "if_begun_from": self.first.isoformat(),
            "if_begun_until": self.until.isoformat() if self.until else None,
            "closes": self.closes.value,
            "rests_on_drafts": only_drafts((*self.while_it_lasts, *self.after_it_is_over)),
            "while_it_lasts": [period.to_json() for period in self.while_it_lasts],
            "after_it_is_over": [period.to_json() for period in self.after_it_is_over],
        }


@dataclass(frozen=True, slots=True)
class CodePreview:
    """What one code says: of beginning the tie, of beginning it after care, of what it closes.

    `after_care` is empty unless care goes on: then it imagines that care ended on the day of the
    question, and for the sake of this tie.
    """

    pack: str
    pack_digest: str
    binds: bool
    """False where it is not known whether the code binds: licence or place is not stated."""
    begins: tuple[Period, ...]
    after_care: tuple[Period, ...]
    closings: tuple[Closing, ...]

    def on(self, day: date) -> Period:
        """What holds on a day from the question on; the first period for any earlier one."""
        return next((p for p in self.begins if p.holds_on(day)), self.begins[0])

    @property
    def barred(self) -> Days | None:
        """The first day on which no rule in force bars the tie any more; None if none ever does.

        While care goes on its end is not known: the bar ends no earlier than if it ended today.
        """
        return self._past_care(barred)

    @property
    def unverified_bar(self) -> Days | None:
        """The same, had the drafts been confirmed."""
        return self._past_care(unverified_bar)

    def _past_care(self, ends: Callable[[Sequence[Period]], Days | None]) -> Days | None:
        now, after = ends(self.begins), ends(self.after_care)
        if not self.after_care or (now is None and after is None):
            return now
        if after is None:
            return UNDECIDED
        return NEVER if after.is_never else Days(after.earliest, None)

    def closing(self, day: date) -> Closing:
        """What a tie begun on that day closes."""
        within = (c for c in self.closings if c.until is None or day < c.until)
        return next(within, self.closings[-1])

    def first_steps(self, day: date) -> tuple[dict[str, Any], ...]:
        """What is asked before the tie may begin: at the first day that is not barred, if any."""
        now = self.on(day)
        later = (p for p in self.begins if p.first >= now.first and not p.bars)
        return next(later, now).decision.obligations

    def ask(self) -> tuple[Ask, ...]:
        """What would settle when the tie may begin: of every period, for the bar is of them all."""
        periods = (*self.begins, *self.after_care)
        return asked_once(ask for period in periods for ask in period.decision.ask)

    def to_json(self, day: date) -> dict[str, Any]:
        """Canonical-JSON-safe form; the headline is that of a tie begun on `day`."""
        period = self.on(day)
        now = period.decision
        return {
            "pack": self.pack,
            "pack_digest": self.pack_digest,
            "binds": self.binds,
            "outcome": now.outcome.value,
            "could_become": now.could_become.value,
            "rests_on_drafts": period.rests_on_drafts,
            "barred": days_to_json(self.barred),
            "unverified_bar": days_to_json(self.unverified_bar),
            "closes": self.closing(day).closes.value,
            "first": list(self.first_steps(day)),
            "ask": [ask.to_json() for ask in self.ask()],
            "periods": [period.to_json() for period in self.begins],
            "after_care": [period.to_json() for period in self.after_care],
            "closings": [closing.to_json() for closing in self.closings],
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """The answer: every code that binds, the strictest first, and who could not be asked."""

    asked: Contemplation
    care_ended: Days | None
    """None while care goes on."""
    codes: tuple[CodePreview, ...]
    not_consulted: tuple[NotConsulted, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, without wording, ids or names."""
        day = self.asked.on
        now = [code.on(day).decision for code in self.codes]
        return {
            "contemplated": {"kind": self.asked.kind.value, "on": day.isoformat()},
            "as_of": self.asked.today.isoformat(),
            "care_ended": days_to_json(self.care_ended),
            "outcome": strictest(*(one.outcome for one in now)).value,
            "could_become": strictest(*(one.could_become for one in now)).value,
            "rests_on_drafts": only_drafts(code.on(day) for code in self.codes),
            "barred": days_to_json(latest_bar(code.barred for code in self.codes)),
            "closes": strictest_closing(c.closing(day).closes for c in self.codes).value,
            "first": united(code.first_steps(day) for code in self.codes),
            "ask": [
                ask.to_json()
                for ask in asked_once(ask for code in self.codes for ask in code.ask())
            ],
            "codes": [code.to_json(day) for code in self.codes],
            "not_consulted": [body.to_json() for body in self.not_consulted],
        }


def strictest_closing(found: Iterable[Closes]) -> Closes:
    """The strictest of several."""
    return min(found, key=_CLOSES.index, default=Closes.NO_RULE_MATCHED)


def in_order(codes: Iterable[CodePreview], day: date) -> tuple[CodePreview, ...]:
    """The strictest first: what it says on the day, how long it bars, what it closes."""

    def strictness(code: CodePreview) -> tuple[int, int, int, str]:
        now = code.on(day).decision
        worst = -now.outcome.rank * 10 - now.could_become.rank
        return worst, -length_of(code.barred), _CLOSES.index(code.closing(day).closes), code.pack

    return tuple(sorted(codes, key=strictness))


def _short_of_closed(outcome: Outcome) -> Closes:
    if outcome >= Outcome.DELIBERATE:
        return Closes.NEEDS_DELIBERATION
    return Closes.NO_RULE_MATCHED if outcome is Outcome.NO_FINDING else Closes.TO_BE_WATCHED
