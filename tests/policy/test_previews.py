"""Previews of every shipped pack: golden answers, and laws that hold for any pack and any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_service.domain.facts import Fact, Unknown, Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.preview_periods import Period
from policy_service.domain.previews import (
    Closes,
    CodePreview,
    Contemplated,
    Contemplation,
    Preview,
)
from policy_service.domain.timelines import Days
from policy_service.policy import change_days as changes
from policy_service.policy import previews as module
from policy_service.policy.conditions import Compiled, Kleene, World
from policy_service.policy.imagining import Care
from policy_service.policy.pack import Pack
from policy_service.policy.preview_words import render_preview
from policy_service.policy.previews import preview
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.selection import Binding, Selection, select
from tests.policy.cares import current, former
from tests.policy.example_pack import RULES, example_pack

TODAY = date(2026, 3, 2)
PACKS = load_shipped_packs()
FRIENDSHIP, ROMANCE, BUSINESS = (
    Contemplated.FRIENDSHIP,
    Contemplated.ROMANCE,
    Contemplated.BUSINESS,
)


def look(
    packs: tuple[Pack, ...], care: Care, kind: Contemplated, today: date = TODAY, on: date = TODAY
) -> Preview:
    return preview(Selection(packs, ()), care, Contemplation(kind, max(on, today), today))


def code(pack: str, care: Care, kind: Contemplated, **days: date) -> CodePreview:
    [one] = look((PACKS.by_id(pack),), care, kind, **days).codes
    return one


def rules(period: Period) -> set[str]:
    return {finding.reading.facets.rule for finding in period.decision.findings}


def drafts(periods: tuple[Period, ...]) -> set[str]:
    return {draft.facets.rule for period in periods for draft in period.decision.unverified}


def outcomes(periods: tuple[Period, ...]) -> list[tuple[str, str]]:
    return [(period.first.isoformat(), period.decision.outcome.value) for period in periods]


# -- golden answers ---------------------------------------------------------------------------


def test_a_texas_counsellor_s_friendship_waits_two_years_and_closes_the_way_back() -> None:
    lpc = code("us-tx-lpc", former("2025-01-10"), FRIENDSHIP)
    assert outcomes(lpc.begins) == [("2026-03-02", "prohibit"), ("2027-01-10", "deliberate")]
    assert lpc.barred == Days(date(2027, 1, 10), date(2027, 1, 10))
    assert [one.closes for one in lpc.closings] == [Closes.FOR_EVER]
    [closing] = lpc.closings
    for periods in (closing.while_it_lasts, closing.after_it_is_over):
        assert rules(periods[-1]) == {"us-tx-lpc.681-38d.counselling-family-friends-associates"}
        cited = periods[-1].decision.findings[0].reading.facets.citations[0]
        assert (cited.code, cited.section) == ("22 TAC", "681.38(d)")
    first = {item["obligation"] for item in lpc.first_steps(TODAY)}
    assert first == {"document_forethought", "obtain_consent", "weigh_factors"}


def test_more_than_two_years_after_care_it_is_no_longer_barred_and_closes_all_the_same() -> None:
    lpc = code("us-tx-lpc", former("2023-05-05"), FRIENDSHIP)
    assert lpc.barred is None
    assert outcomes(lpc.begins) == [("2026-03-02", "deliberate")]
    assert [one.closes for one in lpc.closings] == [Closes.FOR_EVER]


@pytest.mark.parametrize(
    ("pack", "barred", "closes"),
    [
        ("aca-2014", ("2030-01-10", "2030-01-10"), Closes.FOR_EVER),
        ("apa-2016", ("2027-01-10", "2027-01-10"), Closes.FOR_EVER),
        ("nasw", None, Closes.FOR_EVER),
        ("us-tx-lpc", ("2030-01-10", "2030-01-10"), Closes.FOR_EVER),
        ("us-tx-lmft", None, Closes.FOR_EVER),
        ("us-oh-cswmft", ("2030-01-10", None), Closes.FOR_EVER),
    ],
)
def test_how_long_each_code_bars_a_romance(
    pack: str, barred: tuple[str, str | None] | None, closes: Closes
) -> None:
    one = code(pack, former("2025-01-10"), ROMANCE)
    found = one.barred
    assert found is not None
    if barred is None:
        assert found.is_never
    else:
        assert [day and day.isoformat() for day in (found.earliest, found.latest)] == list(barred)
    assert one.closing(TODAY).closes is closes


def test_ohio_asks_whether_the_person_is_in_care_here_and_does_not_tell() -> None:
    """A former client may be a colleague's client now; the clinician may not learn it here."""
    one = code("us-oh-cswmft", former("2025-01-10"), ROMANCE)
    last = one.begins[-1].decision
    assert (last.outcome, last.could_become) == (Outcome.DELIBERATE, Outcome.PROHIBIT)
    assert {ask.fact for ask in last.ask} == {"practice_client_status"}


def test_the_closing_under_apa_rests_on_drafts_and_says_so() -> None:
    apa = code("apa-2016", former("2023-05-05"), ROMANCE)
    [closing] = apa.closings
    assert closing.closes is Closes.NEEDS_DELIBERATION
    assert drafts(closing.while_it_lasts) == {"apa.10-07.partner-tie", "apa.10-07.recorded-contact"}
    assert apa.barred is None
    assert apa.unverified_bar is None


def test_a_draft_bar_is_told_apart_from_a_bar_in_force() -> None:
    aamft = code("aamft-2015", former("2023-05-05"), ROMANCE)
    assert aamft.barred is None
    assert aamft.unverified_bar is not None
    assert aamft.unverified_bar.is_never
    assert aamft.begins[0].decision.outcome is Outcome.DELIBERATE


def test_what_only_drafts_ask_for_is_told_as_that() -> None:
    """A.6.e of the ACA was seen only in study notes."""
    care, packs = former("2023-05-05"), (PACKS.by_id("aca-2014"),)
    body = look(packs, care, FRIENDSHIP).to_json()
    said = render_preview(PACKS, body)
    assert (body["outcome"], body["rests_on_drafts"]) == ("deliberate", True)
    assert "only drafts say so" in said["summary"]
    assert "only drafts say so" in said["codes"][0]["says"]
    both = look((*packs, PACKS.by_id("baseline")), care, FRIENDSHIP).to_json()
    assert not both["rests_on_drafts"]


@pytest.mark.parametrize(
    ("ended", "barred"),
    [
        ("2025", Days(date(2027, 1, 1), date(2027, 12, 31))),
        ("2025-02", Days(date(2027, 2, 1), date(2027, 2, 28))),
        (None, Days(TODAY, None)),
        ("2024-02-29", None),
    ],
)
def test_a_partial_end_of_care_gives_the_earliest_and_the_latest_day(
    ended: str | None, barred: Days | None
) -> None:
    lpc = code("us-tx-lpc", former(ended), FRIENDSHIP)
    assert lpc.barred == barred


def test_an_unknown_end_of_care_is_asked_for_and_never_clear() -> None:
    lpc = code("us-tx-lpc", former(None), FRIENDSHIP)
    assert lpc.begins[0].decision.could_become is Outcome.PROHIBIT
    assert "last_professional_contact_on" in {ask.fact for ask in lpc.ask()}


def test_with_a_missing_last_contact_the_termination_is_the_earliest_end() -> None:
    care = former("2025-01-10", last_professional_contact_on=Unknown(Why.NOT_RECORDED))
    assert code("us-tx-lpc", care, FRIENDSHIP).barred == Days(date(2027, 1, 10), None)


def test_while_care_goes_on_the_bar_has_no_day_and_is_no_shorter_than_after_it() -> None:
    lpc = code("us-tx-lpc", current(), FRIENDSHIP)
    assert outcomes(lpc.begins) == [("2026-03-02", "prohibit")]
    assert outcomes(lpc.after_care) == [("2026-03-02", "prohibit"), ("2028-03-02", "deliberate")]
    assert lpc.barred == Days(date(2028, 3, 2), None)
    assert code("us-tx-lpc", former("2025"), FRIENDSHIP).after_care == ()


@pytest.mark.parametrize("kind", [FRIENDSHIP, BUSINESS])
def test_ending_care_for_the_tie_is_imagined_as_that_and_as_nothing_better(
    kind: Contemplated,
) -> None:
    """North Carolina bars ending care to begin a personal or business tie."""
    one = code("us-nc-social-work", current(), kind)
    assert any(
        rule.endswith("care-ended-for-a-tie") for period in one.after_care for rule in rules(period)
    )


def test_the_strictest_code_comes_first_and_the_outvoted_are_still_there() -> None:
    found = look(tuple(PACKS), former("2025-01-10"), FRIENDSHIP)
    assert found.codes[0].pack == "us-tx-lpc"
    assert {one.pack for one in found.codes} == {pack.id for pack in PACKS}
    ranks = [one.on(TODAY).decision.outcome for one in found.codes]
    assert ranks == sorted(ranks, reverse=True)


def test_the_headline_is_that_of_the_day_thought_about() -> None:
    later = look((PACKS.by_id("us-tx-lpc"),), former("2025-01-10"), FRIENDSHIP, on=date(2027, 6, 1))
    body = later.to_json()
    assert (body["outcome"], body["contemplated"]["on"]) == ("deliberate", "2027-06-01")
    assert body["barred"] == {"when": "on", "earliest": "2027-01-10", "latest": "2027-01-10"}


def test_employment_is_looked_at_whoever_employs_whom() -> None:
    lpc = code("us-tx-lpc", former("2025-01-10"), Contemplated.EMPLOYMENT)
    ties = {finding.reading.tie for finding in lpc.begins[0].decision.findings}
    assert ties == {"employee", "employer"}


@pytest.mark.parametrize("kind", [Contemplated.PERSONAL_CONNECTION, ROMANCE, BUSINESS])
def test_nothing_that_holds_without_the_tie_is_put_down_to_it(kind: Contemplated) -> None:
    """A former client who returns is always watched; the tie is not the cause of that."""
    one = code("baseline", former("2023-05-05"), kind)
    for closing in one.closings:
        for period in (*closing.while_it_lasts, *closing.after_it_is_over):
            assert "baseline.ties.former-client-returns" not in rules(period)


def test_control_without_that_difference_the_return_itself_would_be_put_down_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_owed", lambda reading, without: True)
    one = code("baseline", former("2023-05-05"), BUSINESS)
    said = [rules(period) for closing in one.closings for period in closing.while_it_lasts]
    assert all("baseline.ties.former-client-returns" in each for each in said)


# -- laws -------------------------------------------------------------------------------------

ENDS = st.sampled_from(["2020-02-29", "2023", "2024-02-29", "2024-06", "2025", "2025-12-31", None])


@settings(max_examples=30)
@given(ended=ENDS, kind=st.sampled_from(Contemplated), days=st.integers(0, 2400))
def test_a_later_day_is_answered_as_on_that_day(
    ended: str | None, kind: Contemplated, days: int
) -> None:
    """The periods found at a few days are those of every day."""
    day = TODAY + timedelta(days=days)
    then = look(tuple(PACKS), former(ended), kind, today=day)
    now = {one.pack: one for one in look(tuple(PACKS), former(ended), kind).codes}
    for one in then.codes:
        foreseen, found = now[one.pack].on(day), one.begins[0]
        assert module._said(foreseen.decision) == module._said(found.decision), one.pack


@pytest.mark.parametrize("kind", list(Contemplated))
@pytest.mark.parametrize("ended", ["2024-02-29", "2025", None])
def test_periods_follow_each_other_without_a_gap(kind: Contemplated, ended: str | None) -> None:
    for one in look(tuple(PACKS), former(ended), kind).codes:
        starts = [period.first for period in one.begins]
        assert starts[0] == TODAY
        assert [period.until for period in one.begins] == [*starts[1:], None]


# -- rules without a clock ---------------------------------------------------------------------

CLOCKLESS = """\
  - id: example.tie.before-a-day
    title: A tie that begins before a day
    because: "The tie is {tie}."
    cite: [{code: EX, section: "4"}]
    in_force: {from: 2026-06-01, to: 2029-01-01}
    verification: {tag: V, source: ex.4, read_on: "2026", reviewed_by: null}
    when: {all: [{tie: business}, {tie_began_on: {before: 2028-05-05}}]}
    outcome: prohibit
    kind: by_tie
    tests:
      - {given: {tie: business, tie_began_on: 2028-05-04}, expect: prohibit, as_of: 2027-01-01}
      - {given: {tie: business, tie_began_on: 2028-05-05}, expect: no_finding, as_of: 2027-01-01}
"""


def test_a_rule_without_a_clock_gives_its_days_too(tmp_path: Path) -> None:
    pack = example_pack(tmp_path, RULES + CLOCKLESS)
    [one] = look((pack,), former("2020-01-01"), BUSINESS).codes
    assert outcomes(one.begins) == [
        ("2026-03-02", "no_finding"),
        ("2026-06-01", "prohibit"),
        ("2028-05-05", "no_finding"),
    ]
    assert one.barred == Days(date(2028, 5, 5), date(2028, 5, 5))


def test_control_without_the_days_of_conditions_that_rule_would_be_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = example_pack(tmp_path, RULES + CLOCKLESS)
    monkeypatch.setattr(changes, "_marked", lambda rule, ended: iter(()))
    [one] = look((pack,), former("2020-01-01"), BUSINESS).codes
    assert outcomes(one.begins) == [("2026-03-02", "no_finding")]


def test_what_a_rule_needs_and_nobody_said_is_asked_for(tmp_path: Path) -> None:
    more = CLOCKLESS.replace(
        "{tie: business}, ", "{tie: business}, {care_began_on: {after: 2021-01-01}}, "
    )
    more = more.replace("given: {", "given: {care_began_on: 2022-01-01, ")
    pack = example_pack(tmp_path, RULES + more)
    care: dict[str, Fact] = {**former("2023"), "care_began_on": Unknown(Why.NOT_ASKED)}
    [one] = look((pack,), care, BUSINESS).codes
    assert {ask.fact for ask in one.on(date(2027, 1, 1)).decision.ask} == {"care_began_on"}
    assert one.barred == Days(TODAY, date(2028, 5, 5))


def _raise(_world: World) -> Kleene:
    raise RuntimeError("broken on purpose")


def test_a_broken_rule_is_told_and_never_clear(tmp_path: Path) -> None:
    """Broken with the tie and without it: what it says of the tie nobody knows."""
    pack = example_pack(tmp_path)
    broken = replace(pack.rules[2], compiled=Compiled(_raise, (), None))
    [one] = look((replace(pack, rules=(broken,)),), former("2020"), FRIENDSHIP).codes
    decision = one.begins[0].decision
    assert (decision.outcome, decision.could_become) == (Outcome.DELIBERATE, Outcome.PROHIBIT)
    assert one.barred == Days(TODAY, None)


UNKNOWN_EITHER_WAY = """\
  - id: example.tie.or-something-else
    title: Something nobody asked, unless the tie is a relative
    because: "The tie is {tie}."
    cite: [{code: EX, section: "5"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.5, read_on: "2026", reviewed_by: null}
    when: {all: [{care_began_on: {before: 2021-01-01}}, {not: {tie: relative}}]}
    outcome: prohibit
    kind: by_tie
    tests:
      - {given: {tie: friend, care_began_on: 2020-01-01}, expect: prohibit}
      - {given: {tie: friend, care_began_on: 2022-01-01}, expect: no_finding}
"""


def test_what_stays_unknown_counts_where_the_rule_looks_at_the_tie(tmp_path: Path) -> None:
    pack = example_pack(tmp_path, RULES + UNKNOWN_EITHER_WAY)
    care: dict[str, Fact] = {**former("2023"), "care_began_on": Unknown(Why.NOT_ASKED)}
    [one] = look((pack,), care, BUSINESS).codes
    assert one.begins[0].decision.could_become is Outcome.PROHIBIT


def test_a_code_that_may_bind_or_not_never_says_anything_for_certain() -> None:
    """No licence on record: the Texas rules may bind, and what would tell is asked for."""
    unlicensed = select(PACKS, Binding(location_of_service="US-TX"))
    found = preview(unlicensed, former("2025-01-10"), Contemplation(FRIENDSHIP, TODAY, TODAY))
    [lpc] = [one for one in found.codes if one.pack == "us-tx-lpc"]
    assert not lpc.binds
    assert lpc.barred == Days(TODAY, date(2027, 1, 10))
    assert lpc.begins[0].decision.outcome is not Outcome.PROHIBIT
    assert lpc.begins[0].decision.could_become is Outcome.PROHIBIT
    assert "licence" in {ask.fact for ask in lpc.ask()}
    assert lpc.closing(TODAY).closes is Closes.MAY_BE_CLOSED
