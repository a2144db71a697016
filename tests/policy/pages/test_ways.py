"""The table of a condition: it holds exactly if one of the columns does."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.facts import Known
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import Period
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
from policy_service.policy.pages.ways import MOST_WAYS, Way, condition_as_rows, ways

FACTS = ("service", "tie_state", "client_status")
FRIEND = Words("tie", ("friend",))
ENDED = Words("tie_state", ("ended",))


@st.composite
def words(draw: st.DrawFn) -> Words:
    fact = draw(st.sampled_from(FACTS))
    chosen = draw(st.sets(st.sampled_from(VOCABULARY[fact].values), min_size=1, max_size=2))
    return Words(fact, tuple(sorted(chosen)))


conditions = st.recursive(
    words(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=6,
)
records = st.fixed_dictionaries({fact: st.sampled_from(VOCABULARY[fact].values) for fact in FACTS})


def _is_met(way: Way, record: dict[str, str]) -> bool:
    return all(record[fact] in (demand.words or ()) for fact, demand in way.items())


def _holds(condition: Condition, record: dict[str, str]) -> bool:
    facts = {name: Known(word) for name, word in record.items()}
    return compile_condition(condition).test(World(facts, date(2026, 6, 15), None)) is True


@given(conditions, records)
def test_a_condition_holds_exactly_if_one_of_its_ways_does(
    condition: Condition, record: dict[str, str]
) -> None:
    found = ways(condition)
    if found:
        assert _holds(condition, record) == any(_is_met(way, record) for way in found)


def test_a_way_left_out_would_be_noticed() -> None:
    """The control of the law above."""
    condition = Some((Words("service", ("ongoing",)), ENDED))
    record = {"service": "beginning", "tie_state": "ended", "client_status": "former"}
    found = ways(condition)
    assert any(_is_met(way, record) for way in found)
    assert not any(_is_met(way, record) for way in found[:1])


def test_demands_on_one_fact_are_drawn_together_and_contradictions_left_out() -> None:
    either = Words("tie", ("friend", "relative"))
    assert ways(All((either, Not(FRIEND)))) == ways(Words("tie", ("relative",)))
    assert ways(All((FRIEND, Words("tie", ("relative",))))) == ()


def test_alternatives_stand_side_by_side() -> None:
    condition = All((Some((FRIEND, All((Words("tie", ("student",)), ENDED)))),))
    rows = {row.fact: row.demanded for row in condition_as_rows(condition)}
    assert rows == {"tie": ("friend", "student"), "tie_state": ("", "ended")}


def test_numbers_and_days_are_told_in_words() -> None:
    condition = All(
        (
            Number("gift_total", Than.MORE_THAN, 5000),
            Day("tie_began_on", When.ON_OR_AFTER, AfterCare(Period("2 years"))),
            Not(Day("tie_began_on", When.BEFORE, date(2020, 1, 1))),
            Words("tie_ended_on", ("not_applicable",)),
        )
    )
    rows = {row.fact: row.demanded for row in condition_as_rows(condition)}
    assert rows == {
        "gift_total": ("more than 50.00 dollars",),
        "tie_began_on": ("2 years or more after care ended; not before 2020-01-01",),
        "tie_ended_on": ("not applicable",),
    }


def test_nearly_every_word_is_told_by_what_is_left_out() -> None:
    (row,) = condition_as_rows(Not(Words("tie", ("none",))))
    assert row.demanded == ("anything but none",)


def test_the_day_of_the_check_has_a_row() -> None:
    (row,) = condition_as_rows(Day("as_of", When.AFTER, date(2026, 1, 1)))
    assert row.question == "On which day is the check made?"


def test_a_condition_with_too_many_ways_has_no_table() -> None:
    facts = ("tie", "service", "tie_state", "tie_via")
    pairs = [Some((Words(f, VOCABULARY[f].values[:1]), Words(g, ("yes",)))) for f, g in _pairs()]
    assert len(facts) == len(pairs)
    assert 2 ** len(pairs) > MOST_WAYS
    assert condition_as_rows(All(tuple(pairs))) == ()


def _pairs() -> list[tuple[str, str]]:
    others = ("loan_recorded", "linked_clients", "intimacy_before_care", "intimacy_after_care")
    return list(zip(("tie", "service", "tie_state", "tie_via"), others, strict=True))
