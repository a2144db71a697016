"""What is said of a set of packs: dead, shadowed, overlapping, silent, untested."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policy_service.domain.facts import Known
from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis import check_packs
from policy_service.policy.analysis.full_conditions import read_rules
from policy_service.policy.analysis.gaps import gaps
from policy_service.policy.analysis.items import Gravity, Item, Topic
from policy_service.policy.analysis.missing_tests import missing_tests
from policy_service.policy.analysis.mutation import full_rule
from policy_service.policy.analysis.standing import Standing
from policy_service.policy.canonical import canonical_json
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import AfterCare, All, Condition, Day, When, Words
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import Rule

from ..example_pack import RULES, example_pack

FRIEND = "example.tie.friend"


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return example_pack(tmp_path)


def another(pack: Pack, name: str, when: Condition, outcome: Outcome) -> Rule:
    rule = replace(pack.rule(FRIEND), id=name, when=when, outcome=outcome, trigger=())
    return full_rule(rule, (rule,)).rule


def items(pack: Pack, *more: Rule) -> list[Item]:
    return list(Standing.of(replace(pack, rules=(*pack.rules, *more))).items())


def about(found: list[Item], topic: Topic) -> dict[str, tuple[str, ...]]:
    return {item.rule: item.others for item in found if item.topic is topic}


def test_a_rule_that_asks_for_what_cannot_be_is_dead(pack: Pack) -> None:
    never = All((Words("tie", ("none",)), Words("tie_via", ("self",))))
    found = items(pack, another(pack, "example.never", never, Outcome.ADVISE))
    assert list(about(found, Topic.DEAD)) == ["example.never"]
    dead = next(item for item in found if item.topic is Topic.DEAD)
    assert (dead.gravity, dead.file, dead.line) == (Gravity.FAULT, "rules/all.yaml", 42)


def test_the_order_of_days_makes_a_rule_dead(pack: Pack) -> None:
    """Before two years after care and not before five: no calendar has such a day."""

    def day(when: When, period: str) -> Day:
        return Day("tie_began_on", when, AfterCare(Period(period)))

    never = All((day(When.BEFORE, "2 years"), day(When.ON_OR_AFTER, "5 years")))
    later = All((day(When.ON_OR_AFTER, "2 years"), day(When.BEFORE, "5 years")))
    found = items(
        pack,
        another(pack, "example.never", never, Outcome.ADVISE),
        another(pack, "example.later", later, Outcome.ADVISE),
    )
    assert list(about(found, Topic.DEAD)) == ["example.never"]


def test_a_rule_behind_a_stricter_one_is_shadowed_and_the_stricter_is_named(pack: Pack) -> None:
    found = items(pack, another(pack, "example.behind", Words("tie", ("friend",)), Outcome.ADVISE))
    assert about(found, Topic.SHADOWED) == {"example.behind": (FRIEND,)}


def test_a_rule_behind_two_that_only_together_cover_it_names_both(pack: Pack) -> None:
    wider = Words("tie", ("friend", "relative", "neighbour"))
    found = items(
        pack,
        another(pack, "example.behind", wider, Outcome.ADVISE),
        another(pack, "example.neighbour", Words("tie", ("neighbour",)), Outcome.MONITOR),
    )
    assert about(found, Topic.SHADOWED) == {"example.behind": (FRIEND, "example.neighbour")}


def test_a_stricter_rule_is_not_shadowed_by_a_laxer(pack: Pack) -> None:
    found = items(pack, another(pack, "example.over", Words("tie", ("friend",)), Outcome.PROHIBIT))
    assert "example.over" not in about(found, Topic.SHADOWED)


def test_pairs_that_can_hold_together_with_different_outcomes_are_told_once(pack: Pack) -> None:
    overlaps = about(items(pack), Topic.OVERLAP)
    assert overlaps == {
        "example.former-client.two-years": ("example.event.gift", FRIEND),
        "example.event.gift": (FRIEND,),
    }


def test_gaps_count_the_combinations_in_which_no_rule_speaks(pack: Pack) -> None:
    only = replace(pack, rules=(pack.rule(FRIEND),))
    found = {(gap.fact, gap.word): gap for gap in gaps(read_rules(only.rules))}
    assert found["tie", "friend"].silent == 0
    neighbour = found["tie", "neighbour"]
    assert neighbour.silent == neighbour.combinations > 0
    assert neighbour.unheard
    assert not found["tie", "relative"].unheard
    assert found["event_kind", "gift"].unheard


def test_a_word_that_matters_only_sometimes_is_heard_but_partly_silent(pack: Pack) -> None:
    found = {(gap.fact, gap.word): gap for gap in gaps(read_rules(pack.rules))}
    gift = found["event_kind", "gift"]
    assert 0 < gift.silent < gift.combinations
    assert not gift.unheard


def test_each_side_of_a_limit_wants_a_test(tmp_path: Path) -> None:
    far = RULES.replace("{event_amount: 5001}", "{event_amount: 9000}")
    assert [
        item.sentence
        for item in missing_tests(example_pack(tmp_path, far))
        if item.gravity is Gravity.FAULT
    ] == ["lacks a test with event_amount 5001"]


def test_each_side_of_a_day_wants_a_test(pack: Pack) -> None:
    rule = another(pack, FRIEND, Day("tie_began_on", When.BEFORE, None), Outcome.DELIBERATE)
    tests = (replace(rule.tests[0], given={"tie_began_on": Known("not_applicable")}),)
    with_day = replace(pack, rules=(replace(rule, tests=tests),))
    sentences = {item.sentence for item in missing_tests(with_day)}
    assert "lacks a test with tie_began_on on the day before the as-of date" in sentences
    assert "lacks a test with tie_began_on on the as-of date" in sentences


def test_a_low_score_of_a_pack_in_force_is_a_fault_at_each_survivor(pack: Pack) -> None:
    report = check_packs([pack])
    survivors = [item for item in report.items if item.topic is Topic.MUTATION]
    assert survivors
    assert {item.gravity for item in survivors} == {Gravity.FAULT}
    assert report.packs[0].mutation.score_basis_points < 9_500


def test_a_pack_too_large_to_compare_is_told_and_hangs_nothing(pack: Pack) -> None:
    rules = tuple(
        another(
            pack,
            f"example.many-{years}",
            All(
                (
                    Day("tie_began_on", When.BEFORE, AfterCare(Period(f"{years} years"))),
                    Day("tie_began_on", When.BEFORE, date(1900 + years, 1, 1)),
                )
            ),
            Outcome.ADVISE,
        )
        for years in range(1, 41)
    )
    untested = tuple(replace(rule, tests=()) for rule in rules)
    report = check_packs([replace(pack, rules=untested)])
    assert any("cannot be compared" in item.sentence for item in report.items)
    assert report.packs[0].gaps == ()


def test_every_item_has_a_place_and_a_sentence() -> None:
    packs = tuple(load_shipped_packs())[:3]
    for item in check_packs(packs).items:
        assert item.file.endswith(".yaml")
        assert item.line >= 1
        assert item.sentence


def test_no_shipped_rule_is_dead() -> None:
    for pack in load_shipped_packs():
        assert about(list(Standing.of(pack).items()), Topic.DEAD) == {}


def test_a_report_is_canonical_json_without_floats(pack: Pack) -> None:
    assert canonical_json(check_packs([pack]).to_json())
