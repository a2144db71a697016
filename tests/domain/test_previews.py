"""What follows from periods: bars, closings, and whose eyes a preview is for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.answers import PreviewAnswer
from policy_service.domain.audiences import Audience, preview_audience_of, redact_preview
from policy_service.domain.decisions import (
    Ask,
    Citation,
    FindingKind,
    Missing,
    RuleFacets,
    RuleReading,
    Truth,
    decide,
)
from policy_service.domain.facts import Why
from policy_service.domain.outcomes import Outcome
from policy_service.domain.preview_periods import (
    Period,
    asked_once,
    barred,
    latest_bar,
    length_of,
    only_drafts,
    united,
    unverified_bar,
)
from policy_service.domain.previews import Closes, Closing, CodePreview, strictest_closing
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.domain.timelines import NEVER, UNDECIDED, Days

FIRST = date(2026, 3, 2)
DAYS = st.one_of(
    st.none(),
    st.just(NEVER),
    st.just(UNDECIDED),
    st.builds(
        lambda start, more: Days(
            FIRST + timedelta(days=start),
            None if more is None else FIRST + timedelta(days=start + more),
        ),
        st.integers(0, 900),
        st.one_of(st.none(), st.integers(0, 900)),
    ),
)


def reading(outcome: str, truth: Truth = Truth.TRUE, *, draft: bool = False) -> RuleReading:
    facets = RuleFacets(
        rule=f"x.{outcome}.{truth}.{draft}",
        pack="x",
        pack_digest="0" * 64,
        kind=FindingKind.FORMER_CLIENT,
        outcome=Outcome(outcome),
        if_unknown=Outcome.DELIBERATE,
        waivable=False,
        citations=(Citation("X", "1", "2026"),),
        obligations=("document_rationale",),
        is_draft=draft,
        to_confirm="Read it." if draft else "",
    )
    missing = (Missing("terminated_on", None, Why.NOT_RECORDED),) if truth is Truth.UNKNOWN else ()
    return RuleReading(facets, None, truth, truth, missing)


SAID = {
    "P": (reading("prohibit"),),
    "?": (reading("prohibit", Truth.UNKNOWN),),
    "d": (reading("prohibit", draft=True),),
    "D": (reading("deliberate"),),
    "M": (reading("monitor"),),
    "-": (),
}


def periods(letters: str) -> tuple[Period, ...]:
    """One period of a hundred days a letter; the last has no end."""
    starts = [FIRST + timedelta(days=100 * n) for n in range(len(letters))]
    ends = [*starts[1:], None]
    return tuple(
        Period(first, until, decide(SAID[letter], ()))
        for first, until, letter in zip(starts, ends, letters, strict=True)
    )


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@pytest.mark.parametrize(
    ("letters", "bar"),
    [
        ("D", None),
        ("-", None),
        ("P", NEVER),
        ("PD", Days(day(100), day(100))),
        ("P?D", Days(day(100), day(200))),
        ("?D", Days(FIRST, day(100))),
        ("P?", Days(day(100), None)),
        ("?", Days(FIRST, None)),
        ("DPD", Days(day(200), day(200))),
        ("PDP", NEVER),
        ("d", None),
    ],
)
def test_a_bar_ends_no_earlier_than_it_surely_and_no_later_than_it_possibly_bars(
    letters: str, bar: Days | None
) -> None:
    assert barred(periods(letters)) == bar


@pytest.mark.parametrize(
    ("letters", "bar"),
    [("d", NEVER), ("dD", Days(day(100), day(100))), ("P", None), ("D", None)],
)
def test_a_draft_bars_apart_from_the_rules_in_force(letters: str, bar: Days | None) -> None:
    assert unverified_bar(periods(letters)) == bar


@pytest.mark.parametrize(
    ("during", "after", "bar"),
    [
        ("D", "D", None),
        ("P", "D", UNDECIDED),
        ("P", "PD", Days(day(100), None)),
        ("P", "P", NEVER),
        ("D", "PD", Days(day(100), None)),
    ],
)
def test_while_care_goes_on_no_day_is_promised(during: str, after: str, bar: Days | None) -> None:
    one = CodePreview("x", "0" * 64, True, periods(during), periods(after), ())
    assert one.barred == bar


@pytest.mark.parametrize(
    ("lasting", "over", "closes"),
    [
        ("P", "P", Closes.FOR_EVER),
        ("P", "PD", Closes.FOR_A_TIME),
        ("P", "D", Closes.WHILE_IT_LASTS),
        ("?", "D", Closes.MAY_BE_CLOSED),
        ("D", "?", Closes.MAY_BE_CLOSED),
        ("d", "-", Closes.NEEDS_DELIBERATION),
        ("D", "-", Closes.NEEDS_DELIBERATION),
        ("M", "-", Closes.TO_BE_WATCHED),
        ("-", "-", Closes.NO_RULE_MATCHED),
    ],
)
def test_what_a_tie_closes(lasting: str, over: str, closes: Closes) -> None:
    assert Closing(FIRST, None, periods(lasting), periods(over)).closes is closes


@pytest.mark.parametrize(
    ("letters", "only"),
    [("d", True), ("dD", False), ("D", False), ("P", False), ("-", False), ("dM", True)],
)
def test_what_rests_on_drafts_alone_is_told_apart(letters: str, only: bool) -> None:
    assert only_drafts(periods(letters)) == only


@given(st.lists(DAYS, max_size=5), st.randoms(use_true_random=False))
def test_the_longest_bar_is_no_shorter_than_any_and_does_not_depend_on_order(
    bars: list[Days | None], random: object
) -> None:
    found = latest_bar(bars)
    assert all(length_of(found) >= length_of(one) for one in bars)
    assert latest_bar(list(reversed(bars))) == found
    assert latest_bar([*bars, *bars]) == found
    assert (found is None) == all(one is None for one in bars)


def test_the_strictest_closing_wins_and_none_is_no_rule() -> None:
    assert strictest_closing(Closes) is Closes.FOR_EVER
    assert strictest_closing([]) is Closes.NO_RULE_MATCHED


def test_an_obligation_is_named_once_with_all_rules_that_ask_for_it() -> None:
    one = [{"obligation": "obtain_consent", "rules": ["b"]}]
    other = [{"obligation": "obtain_consent", "rules": ["a", "b"]}]
    assert united([one, other]) == [{"obligation": "obtain_consent", "rules": ["a", "b"]}]


def test_a_fact_is_asked_once_at_its_worst_and_the_most_decisive_first() -> None:
    mild, grave = (
        Ask("terminated_on", None, Why.NOT_RECORDED, n, outcome)
        for n, outcome in ((3, Outcome.ADVISE), (1, Outcome.PROHIBIT))
    )
    other = Ask("care_began_on", None, Why.NOT_RECORDED, 9, Outcome.DELIBERATE)
    assert asked_once([mild, other, grave]) == (grave, other)


# -- whose eyes ---------------------------------------------------------------------------------

BEN = "00000000-0000-4000-8000-00000000000b"
ALMA = "00000000-0000-4000-8000-00000000000a"


def account(*roles: Role, clinician_id: str | None = None) -> Principal:
    return Principal("p", "a", "Somebody", frozenset(roles), frozenset(), clinician_id)


def ehr(*scopes: Scope) -> Principal:
    return Principal("p", "e", "An EHR", frozenset({Role.EHR}), frozenset(scopes))


OWN, OFFICER, ANYONE = Audience.TREATING_CLINICIAN, Audience.OFFICER, Audience.ANYONE
SPEAKS = ehr(Scope.PREVIEW_OWN)


@pytest.mark.parametrize(
    ("principal", "acting", "audience"),
    [
        (account(Role.CLINICIAN, clinician_id=BEN), ActingUser(), OWN),
        (account(Role.CLINICIAN, Role.COMPLIANCE, clinician_id=BEN), ActingUser(), OWN),
        (account(Role.CLINICIAN, clinician_id=ALMA), ActingUser(), ANYONE),
        (account(Role.INTAKE, clinician_id=BEN), ActingUser(), ANYONE),
        (account(Role.AUDITOR), ActingUser(ActingRole.CLINICIAN, BEN), OFFICER),
        (account(Role.ADMIN), ActingUser(), ANYONE),
        (SPEAKS, ActingUser(ActingRole.CLINICIAN, BEN), OWN),
        (SPEAKS, ActingUser(ActingRole.CLINICIAN, ALMA), ANYONE),
        (SPEAKS, ActingUser(ActingRole.CLINICIAN), ANYONE),
        (SPEAKS, ActingUser(ActingRole.COMPLIANCE), OFFICER),
        (SPEAKS, ActingUser(ActingRole.SYSTEM), ANYONE),
        (SPEAKS, ActingUser(ActingRole.PATIENT, BEN), ANYONE),
        (ehr(Scope.DECISION_FULL), ActingUser(ActingRole.CLINICIAN, BEN), ANYONE),
    ],
    ids=lambda value: value.value if isinstance(value, Audience) else None,
)
def test_a_preview_is_its_clinician_s_own(
    principal: Principal, acting: ActingUser, audience: Audience
) -> None:
    assert preview_audience_of(principal, acting, BEN) is audience


@pytest.mark.parametrize("shared_at", [None, "2026-03-02T09:00:00.000000Z"])
@pytest.mark.parametrize("audience", list(Audience))
def test_redaction_gives_a_constant_to_whoever_may_not_read_it(
    audience: Audience, shared_at: str | None
) -> None:
    answer = PreviewAnswer("id", "at", "receipt", BEN, shared_at, {"summary": "Barred for ever."})
    told = redact_preview(answer, audience)
    may_read = audience is OWN or (audience is OFFICER and shared_at is not None)
    assert ("summary" in told) == may_read
    if not may_read:
        assert told == {"id": "id", "at": "at", "status": "recorded"}
