"""Mutation score: slips are noticed, equivalents are proved, survivors are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policy_service.domain.facts import Known
from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis.mutants import mutants
from policy_service.policy.analysis.mutation import (
    MutationReport,
    full_rule,
    mutation_score,
    same_voice,
)
from policy_service.policy.canonical import canonical_json
from policy_service.policy.conditions import All, Not, Some, Words
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import Rule

from ..example_pack import CASES, RULES, example_pack, write_pack

FRIEND = "      - {given: {tie: friend}, expect: deliberate}\n"
THOROUGH = (
    "      - {given: {tie: {one_of: [friend, relative], why: declined}}, expect: deliberate}\n"
    "      - given:\n"
    "          tie:\n"
    "            one_of: [none, partner, ex_partner, guardian, acquaintance, colleague, business,\n"
    "              employer, employee, supervisor, supervisee, teacher, student, neighbour,\n"
    "              room_mate, co_member, other]\n"
    "            why: declined\n"
    "        expect: no_finding\n"
    "      - {given: {tie: {one_of: [none, friend], why: declined}}, expect: advise}\n"
)


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return example_pack(tmp_path)


def _score(report: MutationReport, rule: str) -> dict[str, object]:
    body: dict[str, object] = next(score.to_json() for score in report.rules if score.rule == rule)
    return body


def test_a_word_that_no_test_misses_survives_and_is_named(pack: Pack) -> None:
    said = [survivor.sentence for survivor in mutation_score(pack).survivors]
    assert "tie: 'relative' dropped" in said
    assert "tie: 'acquaintance' added" in said
    assert "tie: 'friend' dropped" not in said


def test_one_test_over_all_words_kills_every_mutant_of_a_list_of_words(tmp_path: Path) -> None:
    thorough = example_pack(tmp_path, RULES.replace(FRIEND, FRIEND + THOROUGH))
    body = _score(mutation_score(thorough), "example.tie.friend")
    assert body["survivors"] == []
    assert body["score_basis_points"] == 10_000


def test_a_dropped_test_lowers_the_score(tmp_path: Path) -> None:
    """Negative control: the score can fall."""
    whole = example_pack(tmp_path / "whole")
    poor = example_pack(
        tmp_path / "poor",
        RULES.replace(
            "      - {given: {event_amount: 5001}, expect: monitor}\n",
            "      - {given: {event_amount: 9000}, expect: monitor}\n",
        ),
    )
    before, after = mutation_score(whole), mutation_score(poor)
    assert after.score_basis_points < before.score_basis_points
    assert "event_amount: limit 5001 for 5000" in [s.sentence for s in after.survivors]
    assert "event_amount: limit 5001 for 5000" not in [s.sentence for s in before.survivors]


def test_the_boundary_day_is_watched_by_the_tests_that_the_loader_demands(pack: Pack) -> None:
    said = [s.sentence for s in mutation_score(pack).survivors if "two-years" in s.rule]
    assert not [sentence for sentence in said if "boundary day" in sentence]
    assert not [sentence for sentence in said if "years" in sentence]


def test_a_mutant_that_says_the_same_is_proved_and_leaves_the_denominator(pack: Pack) -> None:
    rule = pack.rule("example.tie.friend")
    via_self = Words("tie_via", ("self",))
    doubled = replace(rule, when=All((rule.when, via_self)), trigger=())
    tests = tuple(
        replace(test, given={**test.given, "tie_via": Known("self")}) for test in rule.tests
    )
    body = mutation_score(_with(pack, replace(doubled, tests=tests))).to_json()
    own = next(item for item in body["rules"] if item["rule"] == rule.id)
    assert own["equivalent"] == 1, "a tie of none has no path, so adding 'none' changes nothing"
    assert own["mutants"] == own["killed"] + own["equivalent"] + len(own["survivors"])


def _with(pack: Pack, rule: Rule) -> Pack:
    swapped = [rule if other.id == rule.id else other for other in pack.rules]
    compiled = tuple(full_rule(other, swapped).rule for other in swapped)
    return replace(pack, rules=compiled)


def test_same_voice_sees_through_another_way_to_write_it(pack: Pack) -> None:
    rule = pack.rule("example.tie.friend")
    apart = Some((Words("tie", ("friend",)), Words("tie", ("relative",))))
    twice_negated = replace(rule, when=Not(Not(apart)))
    assert same_voice(full_rule(rule, (rule,)), full_rule(twice_negated, (twice_negated,)))


def test_same_voice_tells_a_lower_if_unknown(pack: Pack) -> None:
    rule = pack.rule("example.former-client.two-years")
    lower = replace(rule, if_unknown=Outcome.ADVISE)
    assert not same_voice(full_rule(rule, (rule,)), full_rule(lower, (lower,)))


def test_mutants_come_in_one_order_and_never_twice(pack: Pack) -> None:
    for rule in pack.rules:
        once, again = list(mutants(rule)), list(mutants(rule))
        assert once == again
        assert len(set(map(repr, once))) == len(once)


def test_an_exception_is_tested_through_the_rule_it_excepts(tmp_path: Path) -> None:
    """The exception's own tests are dropped: only those of the excepted rule are left to notice."""
    rules = RULES.replace(FRIEND, FRIEND.replace("friend}", "friend, tie_via: self}")) + EXCEPTION
    pack = example_pack(tmp_path, rules)
    exception = pack.rule("example.tie.friend.far")
    report = mutation_score(_with(pack, replace(exception, tests=())))
    body = _score(report, "example.tie.friend.far")
    assert body["killed"] != 0


EXCEPTION = """\
  - id: example.tie.friend.far
    title: A friend of a friend
    because: "The tie is to a {tie_via}."
    cite: [{code: EX, section: "3"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.3, read_on: "2026", reviewed_by: null}
    when: {tie_via: friend}
    outcome: advise
    kind: by_tie
    exception_to: [example.tie.friend]
    tests:
      - {given: {tie: friend, tie_via: friend}, expect: advise}
      - {given: {tie: friend, tie_via: self}, expect: no_finding}
"""


def test_a_test_that_fails_anyway_kills_nothing(pack: Pack) -> None:
    """Else a pack whose tests are all wrong would score best of all."""
    rule = pack.rule("example.tie.friend")
    wrong = tuple(replace(test, expect=Outcome.PROHIBIT) for test in rule.tests)
    body = _score(mutation_score(_with(pack, replace(rule, tests=wrong))), rule.id)
    assert body["killed"] == 0


def test_a_case_notices_what_the_tests_of_the_rule_do_not(tmp_path: Path) -> None:
    given = "given: {service: ended}, ties: [{tie: relative}]"
    kin = f"{{name: kin, {given}, expect: {{outcome: deliberate}}}}"
    cases = f"{CASES}  - {kin}\n"
    folder = write_pack(tmp_path, cases=cases)
    pack = load_pack(folder)
    baseline = load_shipped_packs().by_id("baseline")
    missed = "tie: 'relative' dropped"
    assert missed in [one.sentence for one in mutation_score(pack).survivors]
    assert missed not in [one.sentence for one in mutation_score(pack, (baseline,)).survivors]


def test_the_report_is_canonical_json_without_floats(pack: Pack) -> None:
    assert canonical_json(mutation_score(pack).to_json())
