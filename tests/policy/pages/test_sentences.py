"""Conditions in plain English."""

from __future__ import annotations

from datetime import date

import pytest

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import Between, Known, On, OneOf, Unknown, Why
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Atom,
    Day,
    Not,
    Number,
    Some,
    Than,
    When,
    Words,
)
from policy_service.policy.pages.phrases import because_in_words, fact_in_words, is_any_of
from policy_service.policy.pages.sentences import condition_in_sentences, period_in_words
from policy_service.policy.registry import load_shipped_packs

TWO_YEARS = AfterCare(Period("2 years"))
TIE = Words("tie", ("relative", "friend"))
VIA = Words("tie_via", ("partner",))


@pytest.mark.parametrize(
    ("atom", "said"),
    [
        (TIE, "the clinician's tie is relative or friend"),
        (VIA, "the tie is to the client's partner"),
        (Words("service", ("ongoing", "beginning")), "care is about to begin or going on"),
        (
            Words("intimacy_during_care", ("yes",)),
            "there was sexual or romantic contact during care",
        ),
        (Words("loan_recorded", ("no",)), "neither has lent the other anything"),
        (
            Words("tie_ended_on", ("not_applicable",)),
            "the day on which the tie ended is not applicable",
        ),
        (Number("tie_degree", Than.LESS_THAN, 3), "the degree of kinship is less than 3"),
        (
            Number("gift_total", Than.AT_LEAST, 1),
            "all gifts between the two are worth 0.01 dollars or more",
        ),
        (
            Day("tie_began_on", When.BEFORE, TWO_YEARS),
            "the tie began less than 2 years after care ended",
        ),
        (
            Day("event_on", When.ON_OR_AFTER, TWO_YEARS),
            "the event took place 2 years or more after care ended",
        ),
        (
            Day("event_on", When.AFTER, TWO_YEARS),
            "the event took place on a day later than 2 years after care ended",
        ),
        (Day("as_of", When.AFTER, date(2026, 1, 1)), "the check is made after 2026-01-01"),
        (Day("tie_ended_on", When.BEFORE, None), "the tie ended before the day of the check"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_one_comparison_is_one_sentence(atom: Atom, said: str) -> None:
    assert condition_in_sentences(atom).lines() == (said,)


def test_all_any_and_not_lead_the_sentences_they_hold() -> None:
    condition = All((TIE, Some((VIA, Not(All((TIE, VIA)))))))
    assert condition_in_sentences(condition).lines() == (
        "all of these hold",
        "the clinician's tie is relative or friend",
        "at least one of these holds",
        "the tie is to the client's partner",
        "not all of these hold",
        "the clinician's tie is relative or friend",
        "the tie is to the client's partner",
    )


def test_a_single_part_needs_no_lead() -> None:
    assert condition_in_sentences(All((TIE,))) == condition_in_sentences(TIE)
    assert condition_in_sentences(Not(Some((TIE,)))) == condition_in_sentences(Not(TIE))


def test_what_is_denied_is_said_the_other_way_round() -> None:
    assert condition_in_sentences(Not(TIE)).text.endswith("anything but relative or friend")
    denied = condition_in_sentences(Not(Words("linked_clients", ("yes",)))).text
    assert denied == "no two clients in this care are related or partners"
    assert condition_in_sentences(Not(Not(TIE))) == condition_in_sentences(TIE)
    assert condition_in_sentences(Not(Some((TIE, VIA)))).text == "none of these holds"
    older = condition_in_sentences(Not(Number("tie_degree", Than.LESS_THAN, 3))).text
    assert older == "it is not so that the degree of kinship is less than 3"


@pytest.mark.parametrize("fact", sorted(VOCABULARY))
def test_every_fact_has_a_phrase_of_its_own(fact: str) -> None:
    """A new fact needs words before a page can tell it well."""
    said = is_any_of(fact, VOCABULARY[fact].values[:1])
    assert "_" not in said
    assert not said.startswith(fact.replace("_", " "))


def test_every_condition_of_every_rule_is_said_without_code_words() -> None:
    for pack in load_shipped_packs():
        for rule in pack.rules:
            for line in condition_in_sentences(All((*rule.trigger, rule.when))).lines():
                assert "_" not in line, rule.id


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Known("ex_partner"), "former partner"),
        (OneOf(frozenset({"friend", "none"}), Why.DECLINED), "none or friend"),
        (Unknown(Why.NOT_ATTESTED), "unknown (not attested)"),
    ],
)
def test_what_a_test_is_given_is_said(fact: Known | OneOf | Unknown, said: str) -> None:
    assert fact_in_words("tie", fact) == said


def test_intervals_and_days_are_said() -> None:
    assert fact_in_words("tie_degree", Between(1, 4, Why.NOT_RECORDED)) == "between 1 and 4"
    assert fact_in_words("event_amount", Known(5001)) == "50.01 dollars"
    assert fact_in_words("event_on", On(PartialDate("2022"))) == "2022"


def test_one_year_is_singular() -> None:
    assert period_in_words(Period("1 years")) == "1 year"
    assert period_in_words(Period("90 days")) == "90 days"


def test_the_facts_a_finding_fills_in_are_marked() -> None:
    said = because_in_words("The tie is {tie}; the bar ends on {clears_on}.")
    assert said == "The tie is ‹tie›; the bar ends on ‹clears on›."
