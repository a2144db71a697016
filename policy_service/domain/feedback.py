"""What somebody did with an answer, as an EHR reports it (CDS Hooks 2.0 "Feedback", and REST).

A report is never refused for its content: what is wrong with it is written beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ACCEPTED, OVERRIDDEN = "accepted", "overridden"
BOOKED, CANCELLED = "booked", "cancelled"
CARD_OUTCOMES = (ACCEPTED, OVERRIDDEN)
CHECK_OUTCOMES = (ACCEPTED, OVERRIDDEN, BOOKED, CANCELLED)
"""What a plain HTTP caller may report: also what became of the step that it asked about."""
LONGEST_WORD = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was overridden: a code of an override-reason system, a comment, or both."""

    system: str | None = None
    code: str | None = None
    display: str | None = None
    comment: str | None = None

    def to_json(self) -> dict[str, str]:
        """What is there, and nothing else."""
        said = {
            "system": self.system,
            "code": self.code,
            "display": self.display,
            "comment": self.comment,
        }
        return {name: text for name, text in said.items() if text is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """One report: `item` as it arrived, what could be read of it, and what is wrong with it."""

    item: Any
    card: str | None
    outcome: str | None
    reported_at: datetime | None
    reason: Reason = Reason()
    suggestions: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def is_conformant(self) -> bool:
        """Whether it is as the standard asks."""
        return not self.problems


def read_report(item: Any, outcomes: tuple[str, ...] = CARD_OUTCOMES) -> Report:
    """Read one member of `feedback`, whatever it is; says what is wrong and never raises."""
    if not isinstance(item, Mapping):
        return Report(item, None, None, None, problems=("an object is expected",))
    card, outcome = _text(item.get("card")), _text(item.get("outcome"))
    reported_at = moment(item.get("outcomeTimestamp"))
    reason = _reason(item.get("overrideReason"))
    suggestions = tuple(_suggestions(item.get("acceptedSuggestions")))
    found = Report(item, card, outcome, reported_at, reason, suggestions)
    problems = tuple(_problems(found, item, outcomes))
    return Report(item, card, outcome, reported_at, reason, suggestions, problems)


def _problems(report: Report, item: Mapping[str, Any], outcomes: tuple[str, ...]) -> Iterator[str]:
    if report.card is None:
        yield "card: a card's uuid is expected"
    if report.outcome not in outcomes:
        yield f"outcome: one of {', '.join(outcomes)} is expected"
    if report.reported_at is None:
        yield "outcomeTimestamp: a moment with a time zone is expected (RFC 3339)"
    if report.outcome == ACCEPTED and outcomes == CARD_OUTCOMES and not report.suggestions:
        yield "acceptedSuggestions: the ids of what was accepted are expected"
    if "overrideReason" in item and not report.reason.to_json():
        yield "overrideReason: a reason or a userComment is expected"


def moment(value: Any) -> datetime | None:
    """An RFC 3339 moment in UTC; None for anything else."""
    if not isinstance(value, str) or "T" not in value.upper():
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.astimezone(UTC) if read.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _reason(value: Any) -> Reason:
    if not isinstance(value, Mapping):
        return Reason()
    coding = value.get("reason")
    coding = coding if isinstance(coding, Mapping) else {}
    system, code, display = (_text(coding.get(name)) for name in ("system", "code", "display"))
    return Reason(system, code, display, _text(value.get("userComment")))


def _suggestions(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        wanted = _text(one.get("id")) if isinstance(one, Mapping) else None
        if wanted is not None:
            yield wanted


def _text(value: Any) -> str | None:
    """Text that says something; anything else is as if it were not there."""
    return value if isinstance(value, str) and value.strip() else None
