"""The timeline of a decision: a pure function of its body, the facts it stood on, and the packs.

A decision body says `clears_on` only when the day is certain. Here the same clock is read on the
interval that partial dates leave: the bar ends no earlier than the period after the earliest day
care may have ended on, and no later than the period after the latest. Periods never make a later
day earlier, so the interval holds `clears_on` of every way the dates may be completed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from policy_service.domain.decisions import Citation
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    Facts,
    Known,
    On,
    OneOf,
    Unknown,
    Why,
)
from policy_service.domain.outcomes import Outcome
from policy_service.domain.timelines import (
    NEVER,
    UNDECIDED,
    Bar,
    Days,
    Entry,
    Moment,
    Timeline,
    in_order,
)
from policy_service.policy.clocks import ANY_DAY, Clock, Period, Span, care_ended
from policy_service.policy.clocks import NEVER as FOR_EVER
from policy_service.policy.pack import PackSet
from policy_service.policy.rule import Rule

_BASE_MOMENTS = {
    "care_began_on": Moment.CARE_BEGAN,
    "last_professional_contact_on": Moment.LAST_PROFESSIONAL_CONTACT,
    "relationship_ended_on": Moment.RELATIONSHIP_ENDED,
    "terminated_on": Moment.TERMINATED,
    "intimacy_after_care_began_on": Moment.INTIMACY_BEGAN,
    "event_on": Moment.EVENT,
}
_TIE_MOMENTS = {"tie_began_on": Moment.TIE_BEGAN, "tie_ended_on": Moment.TIE_ENDED}
_NOT_ASKED = Unknown(Why.NOT_ASKED)


def timeline(body: Mapping[str, Any], facts: Facts, packs: PackSet) -> Timeline:
    """Everything with a date in a decision: what happened, and when each clock lets go.

    `body` is a decision body, `facts` what it was decided on, `packs` those at hand. A rule whose
    pack is not at hand has no title; a draft of such a pack has no clock to be told.
    """
    ended = care_ended(facts.base)
    entries = [*_moments(facts), *_bars(body, ended, packs), *_draft_bars(body, ended, packs)]
    return in_order(facts.as_of, entries)


def clears_on(period: Period | None, ended: Span | None) -> Days:
    """The days a bar of this period may end on. No period: never. Care goes on: undecided."""
    if period is None:
        return NEVER
    if ended is None or ended == ANY_DAY:
        return UNDECIDED
    latest = None if ended.last == date.max else period.after(ended.last)
    return Days(period.after(ended.first), latest)


def days_of(span: Span | None) -> Days | None:
    """The same days with open ends where the calendar's ends stand for "unknown"."""
    if span is None:
        return None
    first = None if span.first == date.min else span.first
    return Days(first, None if span.last == date.max else span.last)


def _moments(facts: Facts) -> Iterator[Entry]:
    for name, moment in _BASE_MOMENTS.items():
        about = _word(facts.base.get("event_kind")) if moment is Moment.EVENT else None
        yield from _moment(moment, name, facts.base.get(name, _NOT_ASKED), None, about)
    for tie in facts.ties:
        for name, moment in _TIE_MOMENTS.items():
            fact = tie.facts.get(name, _NOT_ASKED)
            yield from _moment(moment, name, fact, tie.ref, _word(tie.facts.get("tie")))


def _moment(
    moment: Moment, name: str, fact: Fact, tie: str | None, about: str | None
) -> Iterator[Entry]:
    """Nothing for what is not applicable: it did not happen."""
    match fact:
        case Known(value) if value == NOT_APPLICABLE:
            return
        case On(when, why):
            reason = None if when.is_full else why
            yield Entry(moment, Days(when.first, when.last), name, tie, about, when.text, reason)
        case Known():
            yield Entry(moment, UNDECIDED, name, tie, about, why=Why.CONTRADICTED)
        case _:
            yield Entry(moment, UNDECIDED, name, tie, about, why=fact.why)


def _word(fact: Fact | None) -> str | None:
    """The word of a tie or an event, as far as it is known."""
    match fact:
        case Known(value):
            return str(value)
        case OneOf(values):
            return " or ".join(sorted(values))
        case _:
            return None


def _bars(body: Mapping[str, Any], ended: Span | None, packs: PackSet) -> Iterator[Entry]:
    for finding in body["findings"]:
        clock = finding["clock"]
        if clock is None:
            continue
        period = None if clock["period"] == FOR_EVER else Period(clock["period"])
        bar = Bar(
            rule=finding["rule"],
            pack=finding["pack"],
            pack_digest=finding["pack_digest"],
            title=rule.title if (rule := _rule(packs, finding)) else "",
            outcome=Outcome(finding["outcome"]),
            undecided=finding["undecided"],
            unverified=False,
            citations=_citations(finding["citations"]),
            anchor=clock["anchor"],
            anchored=days_of(ended),
            period=clock["period"],
            then=Outcome(clock["then"]),
        )
        yield Entry(Moment.BAR_ENDS, clears_on(period, ended), tie=finding["tie"], bar=bar)


def _draft_bars(body: Mapping[str, Any], ended: Span | None, packs: PackSet) -> Iterator[Entry]:
    """Drafts that spoke. The body holds no clock of theirs: it is read from their pack."""
    for draft in body["unverified"]:
        rule = _rule(packs, draft)
        if rule is None or rule.clock is None:
            continue
        bar = Bar(
            rule=draft["rule"],
            pack=draft["pack"],
            pack_digest=draft["pack_digest"],
            title=rule.title,
            outcome=Outcome(draft["would_be"]),
            undecided=draft["undecided"],
            unverified=True,
            citations=_citations(draft["source"]),
            anchor=rule.clock.anchor,
            anchored=days_of(ended),
            period=_period(rule.clock),
            then=rule.clock.then,
        )
        days = clears_on(rule.clock.period, ended)
        yield Entry(Moment.BAR_ENDS, days, tie=draft["tie"], bar=bar)


def _rule(packs: PackSet, item: Mapping[str, Any]) -> Rule | None:
    try:
        return packs.by_digest(item["pack_digest"]).rule(item["rule"])
    except KeyError:
        return None


def _period(clock: Clock) -> str:
    return clock.period.text if clock.period else FOR_EVER


def _citations(items: Sequence[Mapping[str, str]]) -> tuple[Citation, ...]:
    return tuple(Citation(item["code"], item["section"], item["edition"]) for item in items)
