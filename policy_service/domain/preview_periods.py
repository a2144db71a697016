"""Periods of a preview: what one code says of the same thing, from one day until another.

From the periods follow the bars: the first day on which nothing prohibits any more, as an honest
interval where dates are only partly known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policy_service.domain.decisions import Ask, Decision, Finding
from policy_service.domain.outcomes import Outcome, strictest
from policy_service.domain.timelines import NEVER, Days


@dataclass(frozen=True, slots=True)
class Period:
    """One code says the same from `first` on, until the day `until`, which is no longer in it.

    `decision` is that of the first day, and holds only what the tie itself brings about.
    """

    first: date
    until: date | None
    decision: Decision

    def holds_on(self, day: date) -> bool:
        """Whether the day lies in this period."""
        return self.first <= day and (self.until is None or day < self.until)

    @property
    def bars(self) -> bool:
        """A rule in force prohibits, whatever is still unknown."""
        return self.decision.outcome is Outcome.PROHIBIT

    @property
    def may_bar(self) -> bool:
        """A rule in force prohibits, or would if what is unknown were so."""
        return any(_worst(finding) is Outcome.PROHIBIT for finding in self.decision.findings)

    @property
    def rests_on_drafts(self) -> bool:
        """Only drafts, which are no authority, ask for what is asked here."""
        said = strictest(*(finding.outcome for finding in self.decision.findings))
        return self.decision.outcome > said

    @property
    def would_bar(self) -> bool:
        """A draft would prohibit; it is not authority before somebody has read its source."""
        drafts = self.decision.unverified
        return any(draft.facets.outcome is Outcome.PROHIBIT for draft in drafts)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form, without wording."""
        body = self.decision.to_json()
        return {
            "from": self.first.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "outcome": body["outcome"],
            "could_become": body["could_become"],
            "findings": [_without_facts(finding) for finding in body["findings"]],
            "obligations": body["obligations"],
            "ask": body["ask"],
            "unverified": body["unverified"],
        }


def only_drafts(periods: Iterable[Period]) -> bool:
    """Whether no rule in force asks for as much as the strictest of these periods does."""
    told = list(periods)
    worst = strictest(*(period.decision.outcome for period in told))
    return any(p.rests_on_drafts for p in told) and all(
        p.rests_on_drafts for p in told if p.decision.outcome is worst
    )


def barred(periods: Sequence[Period]) -> Days | None:
    """When the last bar in force ends: a day, an interval, never; None where there is none."""
    return _ends(periods, _bars, _may_bar)


def unverified_bar(periods: Sequence[Period]) -> Days | None:
    """The same for drafts."""
    return _ends(periods, _would_bar, _would_bar)


def _ends(
    periods: Sequence[Period], sure: Callable[[Period], bool], possible: Callable[[Period], bool]
) -> Days | None:
    """No earlier than the end of the last sure bar, no later than that of the last possible one."""
    may = [period for period in periods if possible(period) or sure(period)]
    if not may:
        return None
    must = [period for period in periods if sure(period)]
    if must and must[-1].until is None:
        return NEVER
    return Days(must[-1].until if must else periods[0].first, may[-1].until)


def latest_bar(bars: Iterable[Days | None]) -> Days | None:
    """The bar that lasts longest; None if nobody bars. An open end outlasts every day but never."""
    found = [days for days in bars if days is not None]
    if not found or any(days.is_never for days in found):
        return NEVER if found else None
    known = [days.earliest for days in found if days.earliest]
    latest = [days.latest for days in found if days.latest]
    return Days(max(known) if known else None, max(latest) if len(latest) == len(found) else None)


def length_of(days: Days | None) -> int:
    """Days in the calendar's own numbers; longer is stricter."""
    if days is None:
        return 0
    if days.is_never:
        return date.max.toordinal() + 2
    return date.max.toordinal() + 1 if days.latest is None else days.latest.toordinal()


def days_to_json(days: Days | None) -> dict[str, Any] | None:
    """As ISO dates; None stays None."""
    return None if days is None else days.to_json()


def united(lists: Iterable[Iterable[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Obligations of several codes, each once, with all rules that ask for it."""
    asked: dict[str, set[str]] = {}
    for item in (item for each in lists for item in each):
        asked.setdefault(item["obligation"], set()).update(item["rules"])
    return [{"obligation": code, "rules": sorted(asked[code])} for code in sorted(asked)]


def asked_once(asks: Iterable[Ask]) -> tuple[Ask, ...]:
    """Each fact once, at the worst it could settle; the most decisive first."""
    found: dict[str, Ask] = {}
    for ask in asks:
        known = found.get(ask.fact)
        if known is None or _decisive(ask) > _decisive(known):
            found[ask.fact] = ask
    by_fact = sorted(found.values(), key=lambda ask: ask.fact)
    return tuple(sorted(by_fact, key=_decisive, reverse=True))


def _decisive(ask: Ask) -> tuple[int, int]:
    return ask.could_become.rank, ask.settles


def _worst(finding: Finding) -> Outcome:
    return Outcome(finding.to_json()["could_become"])


def _without_facts(finding: dict[str, Any]) -> dict[str, Any]:
    """Facts here are imagined, and clocks are told as periods."""
    return {key: value for key, value in finding.items() if key not in ("facts", "clock")}


def _bars(period: Period) -> bool:
    return period.bars


def _may_bar(period: Period) -> bool:
    return period.may_bar


def _would_bar(period: Period) -> bool:
    return period.would_bar
