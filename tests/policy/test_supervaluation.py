"""Settling conditions: Kleene where it is exact, exact enumeration where it says more."""

from __future__ import annotations

import itertools
import math
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    Between,
    Fact,
    FactGroup,
    Known,
    On,
    OneOf,
    Unknown,
    Why,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import (
    ANCHOR_FACTS,
    CARE_ENDED,
    Period,
    Span,
    care_ended,
    on_day,
)
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Condition,
    Day,
    Not,
    Number,
    Some,
    Than,
    When,
    Words,
    World,
    compile_condition,
)
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.supervaluation import (
    MOST_COMBINATIONS,
    MOST_VARIABLES,
    candidates,
    most_combinations,
    settle,
    settle_truth,
)
from policy_service.policy.worlds import close_gaps
from tests.sizes import examples

AS_OF = date(2026, 6, 15)
NOT_ASKED = Unknown(Why.NOT_ASKED)


def world(**facts: Fact) -> World:
    return World(facts, AS_OF, care_ended(facts))


def test_a_tautology_over_an_unknown_is_true_although_kleene_says_unknown() -> None:
    friend = Words("tie", ("friend",))
    compiled = compile_condition(Some((friend, Not(friend))))
    unknown = world(tie=NOT_ASKED)
    assert compiled.test(unknown) is None
    assert settle(compiled, unknown).truth is True


def test_a_contradiction_over_an_interval_is_false() -> None:
    low = Number("gift_total", Than.LESS_THAN, 10)
    high = Number("gift_total", Than.AT_LEAST, 10)
    compiled = compile_condition(All((low, high)))
    assert settle(compiled, world(gift_total=Between(0, 50, Why.DECLINED))).truth is False


def test_only_facts_that_matter_are_open() -> None:
    condition = Some((Words("service", ("ended",)), All((Words("tie", ("friend",)),))))
    verdict = settle(compile_condition(condition), world(service=Known("beginning"), tie=NOT_ASKED))
    assert verdict.open == {"tie"}


def test_more_than_three_unknowns_leave_a_bound() -> None:
    names = ("tie", "tie_via", "tie_state", "service")
    parts = tuple(
        Words(name, (word,))
        for name, word in zip(names, ("friend", "self", "current", "ended"), strict=True)
    )
    condition = Some((*parts, Not(All(parts))))
    verdict = settle(compile_condition(condition), world())
    assert (verdict.truth, verdict.exact) == (None, False)


_SPAN = 420
_START = date(2023, 1, 20)
_days = st.integers(0, _SPAN).map(lambda n: _START + timedelta(days=n))
_periods = st.sampled_from([Period("1 month"), Period("10 days"), Period("1 year")])
_whens = st.sampled_from(list(When))


@st.composite
def _day_atoms(draw: st.DrawFn) -> Day:
    left = draw(st.sampled_from(["intimacy_after_care_began_on", "as_of"]))
    right = draw(st.one_of(_days, _periods.map(AfterCare)))
    return Day(left, draw(_whens), right)


def _conditions() -> st.SearchStrategy[Condition]:
    return st.recursive(
        _day_atoms(),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda p: All(tuple(p))),
            st.lists(inner, min_size=2, max_size=3).map(lambda p: Some(tuple(p))),
            inner.map(Not),
        ),
        max_leaves=4,
    )


@settings(max_examples=examples(150), deadline=None)
@given(_conditions(), _days, st.integers(0, 40), st.sampled_from(["2023-03", "2024-01", "2024-02"]))
def test_enumeration_agrees_with_trying_every_day(
    condition: Condition, ended: date, width: int, began: str
) -> None:
    compiled = compile_condition(condition)
    month = On(PartialDate(began))
    span = Span(ended, ended + timedelta(days=width))
    as_of = date(2024, 2, 10)
    verdict = settle(compiled, World({"intimacy_after_care_began_on": month}, as_of, span))
    truths = {
        compiled.test(World({"intimacy_after_care_began_on": on_day(f)}, as_of, Span(a, a)))
        for f, a in itertools.product(
            _all_days(Span(month.when.first, month.when.last)), _all_days(span)
        )
    }
    assert verdict.exact
    assert verdict.truth is (truths.pop() if len(truths) == 1 else None)


def _all_days(span: Span) -> list[date]:
    return [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]


def test_the_anchor_is_one_variable_however_many_dates_it_rests_on() -> None:
    condition = Day("as_of", When.BEFORE, AfterCare(Period("2 years")))
    verdict = settle(compile_condition(condition), world(terminated_on=On(PartialDate("2024"))))
    assert verdict.open == {CARE_ENDED}


def test_one_of_that_lies_inside_the_words_is_known() -> None:
    kin = compile_condition(Words("tie", ("relative", "guardian")))
    assert settle(kin, world(tie=OneOf(frozenset({"relative"}), Why.CONTRADICTED))).truth is True
    either = OneOf(frozenset({"relative", "friend"}), Why.CONTRADICTED)
    assert settle(kin, world(tie=either)).truth is None


def test_the_truth_alone_is_that_of_the_whole_verdict() -> None:
    """Of every shipped rule, all unknown and with partial dates, and where only trying decides."""
    friend = Words("tie", ("friend",))
    tautology = compile_condition(Some((friend, Not(friend))))
    assert settle_truth(tautology, world(tie=NOT_ASKED)).truth is True
    partial: dict[str, Fact] = {name: On(PartialDate("2024")) for name in ANCHOR_FACTS}
    begun: dict[str, Fact] = {
        "intimacy_after_care_began_on": On(PartialDate("2025")),
        "tie": Known("friend"),
    }
    for rule in (rule for pack in load_shipped_packs() for rule in pack.rules):
        for known in (world(), world(**partial), world(**partial | begun)):
            whole = settle(rule.compiled, known).truth
            assert settle_truth(rule.compiled, known).truth is whole, rule.id


def test_closing_gaps_never_moves_the_end_of_care() -> None:
    """The engine works out the end of care once for a record, gaps and ties or not."""
    gaps: dict[str, Fact] = dict.fromkeys(VOCABULARY, Unknown(Why.NOT_ATTESTED))
    closed = close_gaps(gaps)
    assert closed != gaps
    assert care_ended(closed) == care_ended(gaps)
    assert all(VOCABULARY[name].group is not FactGroup.TIE for name in ANCHOR_FACTS)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"event_on": On(PartialDate("2024")), "terminated_on": On(PartialDate("2020"))},
        {
            "tie_began_on": On(PartialDate("2024-05")),
            "relationship_ended_on": On(PartialDate("2021")),
        },
    ],
)
def test_no_shipped_rule_tries_more_than_its_bound_says(facts: dict[str, Fact]) -> None:
    world = World(facts, AS_OF, care_ended(facts))
    for rule in (rule for pack in load_shipped_packs() for rule in pack.rules):
        bound = most_combinations(rule.compiled)
        assert bound <= MOST_COMBINATIONS
        if bound > 1:
            tried = candidates(list(rule.compiled.uses), tuple(rule.compiled.atoms()), world)
            sizes = sorted(map(len, tried.values()), reverse=True)
            assert math.prod(sizes[:MOST_VARIABLES]) <= bound
