"""Timelines: an honest interval holds every day the clock may let go, and nothing just ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import decide
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Facts, Known, On, Unknown, Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.timelines import (
    NEVER,
    UNDECIDED,
    Days,
    Entry,
    Moment,
    Timeline,
    When,
)
from policy_service.domain.vocabulary import NO_EVENT
from policy_service.policy import timeline as module
from policy_service.policy.clocks import ANCHOR_FACTS, Period, Span, care_ended
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import PackSet
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.timeline import clears_on, days_of, timeline
from tests.sizes import examples

from .strategies import AS_OF, known_records, records_and_what_is_known

PACKS = load_shipped_packs()
LAWS = settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NONE: Fact = Known(NOT_APPLICABLE)
PERIODS = st.sampled_from(["5 years", "2 years", "1 year", "1 month", "11 months", "90 days"]).map(
    Period
)
DAYS = st.one_of(
    st.dates(date(1970, 1, 1), date(2060, 12, 31)),
    st.sampled_from([date(2020, 2, 29), date(2024, 2, 29), date(2023, 2, 28), date(2024, 1, 31)]),
)


def on(text: str) -> Fact:
    return On(PartialDate(text))


def told(facts: Facts) -> Timeline:
    body = decide(evaluate(tuple(PACKS), facts), ()).to_json()
    return timeline(body, facts, PACKS)


def bars(found: Timeline) -> dict[tuple[str, str | None], Entry]:
    return {(e.bar.rule, e.tie): e for e in found.entries if e.bar is not None}


def care(**base: Fact) -> Facts:
    """A former client with whom something began after care."""
    stranger: dict[str, Fact] = {
        **NO_EVENT,
        "client_status": Known("former"),
        "service": Known("ended"),
        "intimacy_after_care": Known("yes"),
        "intimacy_after_care_began_on": on("2024-06-01"),
        "relationship_ended_on": NONE,
        "terminated_on": NONE,
    }
    return Facts(AS_OF, {**stranger, **base})


@st.composite
def anchors_and_completion(draw: st.DrawFn) -> tuple[dict[str, Fact], dict[str, Fact]]:
    """(what is known of the three anchors, one way it may truly be)."""
    known: dict[str, Fact] = {}
    true: dict[str, Fact] = {}
    for name in ANCHOR_FACTS:
        day = draw(DAYS)
        full = PartialDate.of(day)
        length = draw(st.sampled_from([0, 4, 7, 10, -1]))
        if length == -1:
            known[name] = true[name] = NONE
            continue
        known[name] = On(PartialDate(full.text[:length])) if length else Unknown(Why.DECLINED)
        true[name] = On(full)
    return known, true


@LAWS
@given(anchors_and_completion(), PERIODS)
def test_the_interval_holds_clears_on_of_every_completion(
    anchors: tuple[dict[str, Fact], dict[str, Fact]], period: Period
) -> None:
    known, true = anchors
    ended = care_ended(true)
    if ended is None:
        assert clears_on(period, care_ended(known)) == UNDECIDED
        return
    assert ended.is_day
    assert clears_on(period, care_ended(known)).may_be(period.after(ended.first))


def test_an_interval_from_one_anchor_alone_would_miss_completions() -> None:
    """The control: what the law above would catch."""
    contact, end = on("2020"), on("2021-03")
    known = {
        "last_professional_contact_on": contact,
        "relationship_ended_on": NONE,
        "terminated_on": end,
    }
    wrong = care_ended({**known, "terminated_on": NONE})
    free = Period("2 years").after(date(2021, 3, 9))
    assert not clears_on(Period("2 years"), wrong).may_be(free)
    assert clears_on(Period("2 years"), care_ended(known)).may_be(free)


@LAWS
@given(DAYS, st.integers(0, 800), PERIODS)
def test_both_ends_of_the_interval_can_happen(day: date, more: int, period: Period) -> None:
    span = Span(day, day + timedelta(days=more))
    days = clears_on(period, span)
    assert (days.earliest, days.latest) == (period.after(span.first), period.after(span.last))
    assert days.earliest is not None
    assert days.latest is not None
    assert days.earliest <= days.latest


@LAWS
@given(DAYS, DAYS, PERIODS)
def test_a_later_anchor_never_clears_earlier(one: date, other: date, period: Period) -> None:
    first, last = sorted((one, other))
    assert period.after(first) <= period.after(last)


def test_years_from_a_leap_day_end_on_the_first_of_march() -> None:
    leap = care_ended({"terminated_on": on("2020-02-29")} | _others())
    assert clears_on(Period("5 years"), leap) == Days(date(2025, 3, 1), date(2025, 3, 1))
    february = care_ended({"terminated_on": on("2020-02")} | _others())
    assert clears_on(Period("5 years"), february) == Days(date(2025, 2, 1), date(2025, 3, 1))


def _others() -> dict[str, Fact]:
    return {"last_professional_contact_on": NONE, "relationship_ended_on": NONE}


def test_the_latest_of_the_anchors_counts() -> None:
    found = told(
        care(last_professional_contact_on=on("2023-05-01"), terminated_on=on("2023-07-01"))
    )
    ends = {e.days for e in bars(found).values() if e.bar and e.bar.period == "5 years"}
    assert ends == {Days(date(2028, 7, 1), date(2028, 7, 1))}


def test_a_year_alone_gives_an_interval_while_the_decision_stays_silent() -> None:
    facts = care(last_professional_contact_on=on("2023"))
    body = decide(evaluate(tuple(PACKS), facts), ()).to_json()
    clocks = [
        f["clock"] for f in body["findings"] if f["clock"] and f["clock"]["period"] != "never"
    ]
    assert clocks
    assert all(clock["clears_on"] is None for clock in clocks)
    entries = bars(timeline(body, facts, PACKS)).values()
    found = [e for e in entries if e.bar is not None and e.bar.period == "5 years"]
    assert found
    for entry in found:
        assert entry.days == Days(date(2028, 1, 1), date(2028, 12, 31))
        assert (entry.days.when, entry.is_certain) == (When.BETWEEN, False)


def test_an_unknown_anchor_leaves_the_end_open() -> None:
    facts = care(
        last_professional_contact_on=on("2023-05-01"), terminated_on=Unknown(Why.NOT_RECORDED)
    )
    found = [e for e in bars(told(facts)).values() if e.bar and e.bar.period == "5 years"]
    assert found
    assert {e.days for e in found} == {Days(date(2028, 5, 1), None)}
    assert {e.days.when for e in found} == {When.NOT_BEFORE}


def test_nothing_known_of_the_end_of_care_is_undecided_never_clear() -> None:
    facts = care(**dict.fromkeys(ANCHOR_FACTS, Unknown(Why.NOT_RECORDED)))
    found = [e for e in bars(told(facts)).values() if e.bar and e.bar.period != "never"]
    assert found
    assert {e.days for e in found} == {UNDECIDED}


@LAWS
@given(known_records())
def test_where_the_decision_names_a_day_the_timeline_names_the_same(facts: Facts) -> None:
    body = decide(evaluate(tuple(PACKS), facts), ()).to_json()
    found = bars(timeline(body, facts, PACKS))
    for finding in body["findings"]:
        clock = finding["clock"]
        if clock is None:
            continue
        entry = found[finding["rule"], finding["tie"]]
        assert entry.bar is not None
        _same_day(clock, entry.days)
        assert entry.bar.then.value == clock["then"]


def _same_day(clock: Mapping[str, Any], days: Days) -> None:
    if clock["clears_on"] == "never":
        assert days is NEVER
    elif clock["clears_on"] is not None:
        day = date.fromisoformat(clock["clears_on"])
        assert (days.earliest, days.latest) == (day, day)
    else:
        assert days.when is not When.ON


@LAWS
@given(records_and_what_is_known())
def test_knowing_less_widens_the_interval_and_never_moves_it(pair: tuple[Facts, Facts]) -> None:
    true, known = pair
    certain = bars(told(true))
    for key, entry in bars(told(known)).items():
        if key in certain and certain[key].days.earliest is not None:
            assert entry.days.may_be(certain[key].days.earliest)


@LAWS
@given(known_records())
def test_what_begins_after_is_never_nothing(facts: Facts) -> None:
    for entry in bars(told(facts)).values():
        assert entry.bar is not None
        assert entry.bar.then > Outcome.NO_FINDING


def test_no_shipped_rule_lets_nothing_follow() -> None:
    clocks = [rule.clock for pack in PACKS for rule in pack.rules if rule.clock]
    assert clocks
    assert all(clock.then > Outcome.NO_FINDING for clock in clocks)


def test_drafts_are_told_as_unverified_with_their_source() -> None:
    found = told(care(last_professional_contact_on=on("2023-05-01")))
    drafts = [e.bar for e in found.entries if e.bar is not None and e.bar.unverified]
    assert {bar.pack for bar in drafts} >= {"aamft-2015"}
    assert all(bar.citations for bar in drafts)
    assert not any(e.is_certain for e in found.entries if e.bar is not None and e.bar.unverified)


def test_moments_that_did_not_happen_are_not_told_and_unknown_ones_are() -> None:
    facts = care(last_professional_contact_on=on("2023-05"), care_began_on=Unknown(Why.DECLINED))
    found = {entry.what: entry for entry in told(facts).entries if entry.bar is None}
    assert set(found) == {
        Moment.CARE_BEGAN,
        Moment.LAST_PROFESSIONAL_CONTACT,
        Moment.INTIMACY_BEGAN,
    }
    assert (found[Moment.CARE_BEGAN].days.when, found[Moment.CARE_BEGAN].why) == (
        When.UNDECIDED,
        Why.DECLINED,
    )
    contact = found[Moment.LAST_PROFESSIONAL_CONTACT]
    assert (contact.stated, contact.days) == ("2023-05", Days(date(2023, 5, 1), date(2023, 5, 31)))


@LAWS
@given(known_records())
def test_entries_stand_in_the_order_of_their_days(facts: Facts) -> None:
    found = told(facts).entries
    days = [entry.days.earliest or date.max for entry in found]
    assert days == sorted(days)
    shuffled = replace(facts, ties=facts.ties[::-1])
    assert told(shuffled).entries == found


def test_the_json_form_is_flat_and_free_of_names() -> None:
    facts = care(last_professional_contact_on=on("2023-05-01"))
    body = told(facts).to_json()
    assert body["as_of"] == AS_OF.isoformat()
    ends = [e for e in body["entries"] if e["what"] == "bar_ends" and e["when"] == "on"]
    assert ends
    assert ends[0]["bar"]["anchored"] == {
        "when": "on",
        "earliest": "2023-05-01",
        "latest": "2023-05-01",
    }


def test_a_pack_that_is_not_at_hand_costs_the_title_and_never_the_day() -> None:
    facts = care(last_professional_contact_on=on("2023-05-01"))
    body = decide(evaluate(tuple(PACKS), facts), ()).to_json()
    whole, bare = (bars(timeline(body, facts, packs)) for packs in (PACKS, PackSet(())))
    assert {e.bar.title for e in bare.values() if e.bar} == {""}
    in_force = {key: e.days for key, e in whole.items() if e.bar and not e.bar.unverified}
    assert {key: e.days for key, e in bare.items()} == in_force


def test_the_calendars_ends_stand_for_unknown() -> None:
    assert days_of(None) is None
    assert days_of(Span(date.min, date.max)) == UNDECIDED
    assert days_of(Span(date(2020, 1, 1), date.max)) == Days(date(2020, 1, 1), None)


def test_a_clock_that_rounded_down_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a timeline that reads only the earliest day breaks the law of completions."""

    def hasty(period: Period | None, ended: Span | None) -> Days:
        assert period is not None
        assert ended is not None
        day = period.after(ended.first)
        return Days(day, day)

    monkeypatch.setattr(module, "clears_on", hasty)
    facts = care(last_professional_contact_on=on("2023"), terminated_on=NONE)
    body = decide(evaluate([PACKS.by_id("aca-2014")], facts), ()).to_json()
    entries = bars(module.timeline(body, facts, PACKS)).values()
    free = Period("5 years").after(date(2023, 11, 30))
    assert not any(e.days.may_be(free) for e in entries if e.bar and e.bar.period == "5 years")
