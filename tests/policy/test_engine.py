"""The engine: gaps, evidence, ties, drafts, dates in force, and the traps of other engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import Decision, FindingKind, Truth, decide
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    Facts,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.outcomes import Outcome
from policy_service.policy.conditions import Compiled, Kleene, World
from policy_service.policy.engine import evaluate
from policy_service.policy.faults import FactsFault, PackFault
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Status

from .example_pack import RULES, example_pack

AS_OF = date(2026, 6, 15)
SETTLED: dict[str, Fact] = {
    "event_kind": Known(NOT_APPLICABLE),
    "event_amount": Known(NOT_APPLICABLE),
    "intimacy_after_care": Known("no"),
    "tie": Known("none"),
}


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return example_pack(tmp_path)


def decided(pack: Pack, *ties: dict[str, Fact], **base: Fact) -> Decision:
    found = tuple(TieFacts(f"t{n}", tie) for n, tie in enumerate(ties))
    return decide(evaluate([pack], Facts(AS_OF, SETTLED | base, found)), ())


def test_nothing_known_against_it_is_no_finding(pack: Pack) -> None:
    decision = decided(pack)
    assert (decision.outcome, decision.complete) == (Outcome.NO_FINDING, True)


def test_a_gap_advises_and_shows_the_worst(pack: Pack) -> None:
    decision = decided(pack, tie=Unknown(Why.NOT_ATTESTED))
    assert decision.outcome is Outcome.ADVISE
    assert decision.could_become is Outcome.DELIBERATE
    assert decision.findings == ()
    assert [(ask.fact, ask.why) for ask in decision.ask] == [("tie", Why.NOT_ATTESTED)]


def test_evidence_raises_to_if_unknown(pack: Pack) -> None:
    unsure = OneOf(frozenset({"none", "friend"}), Why.IDENTITY_UNCONFIRMED)
    decision = decided(pack, {"tie": unsure})
    assert decision.outcome is Outcome.ADVISE
    assert [finding.undecided for finding in decision.findings] == [True]
    assert decision.ask[0].tie == "t0"


def test_a_gap_that_leaves_no_room_for_none_is_not_closed(pack: Pack) -> None:
    stated = OneOf(frozenset({"friend", "relative"}), Why.NOT_ATTESTED)
    assert decided(pack, tie=stated).outcome is Outcome.DELIBERATE


def test_an_absent_fact_is_unknown_never_false(pack: Pack) -> None:
    facts = Facts(AS_OF, {name: fact for name, fact in SETTLED.items() if name != "tie"})
    decision = decide(evaluate([pack], facts), ())
    assert not decision.complete
    assert [(ask.fact, ask.why) for ask in decision.ask] == [("tie", Why.NOT_ASKED)]


def test_rules_about_ties_are_read_on_the_base_and_on_each_tie(pack: Pack) -> None:
    ties = tuple(TieFacts(ref, {"tie": Known("friend")}) for ref in "ab")
    facts = Facts(AS_OF, SETTLED | {"tie": Unknown(Why.DECLINED)}, ties)
    read = [r.tie for r in evaluate([pack], facts) if r.facets.rule == "example.tie.friend"]
    assert read == [None, "a", "b"]


def test_the_kind_of_a_tie_finding_follows_the_tie(pack: Pack) -> None:
    decision = decided(pack, {"tie": Known("relative")}, {"tie": Known("friend")})
    kinds = {finding.reading.facets.kind for finding in decision.findings}
    assert kinds == {FindingKind.RELATIVE, FindingKind.FRIEND}


def test_a_rule_that_is_false_whatever_comes_gives_no_reading(pack: Pack) -> None:
    assert evaluate([pack], Facts(AS_OF, SETTLED)) == ()


def test_an_unknown_trigger_is_a_condition_and_never_silence(pack: Pack) -> None:
    gift = decided(pack, event_kind=Unknown(Why.NOT_RECORDED), event_amount=Known(9000))
    assert gift.could_become is Outcome.MONITOR
    assert [ask.fact for ask in gift.ask] == ["event_kind"]


def test_a_partial_date_can_settle_a_clock_or_leave_it_open(pack: Pack) -> None:
    base: dict[str, Fact] = {
        "intimacy_after_care": Known("yes"),
        "intimacy_after_care_began_on": On(PartialDate("2024-09-01")),
        "relationship_ended_on": Known(NOT_APPLICABLE),
        "terminated_on": Known(NOT_APPLICABLE),
    }
    outcomes = {
        text: decided(
            pack, **base, last_professional_contact_on=On(PartialDate(text))
        ).outcome.value
        for text in ("2021", "2022", "2023")
    }
    assert outcomes == {"2021": "no_finding", "2022": "deliberate", "2023": "prohibit"}


def test_an_unknown_anchor_leaves_the_clock_undecided(pack: Pack) -> None:
    decision = decided(
        pack,
        intimacy_after_care=Known("yes"),
        intimacy_after_care_began_on=On(PartialDate("2024-09-01")),
        last_professional_contact_on=On(PartialDate("2010-01-01")),
        relationship_ended_on=Known(NOT_APPLICABLE),
        terminated_on=Unknown(Why.NOT_RECORDED),
    )
    assert decision.outcome is Outcome.DELIBERATE
    assert decision.findings[0].reading.clock is not None
    assert decision.findings[0].reading.clock.clears_on is None
    assert [ask.fact for ask in decision.ask] == ["terminated_on"]


def test_the_first_free_day_is_told(pack: Pack) -> None:
    decision = decided(
        pack,
        intimacy_after_care=Known("yes"),
        intimacy_after_care_began_on=On(PartialDate("2025-01-01")),
        last_professional_contact_on=On(PartialDate("2024-02-29")),
        relationship_ended_on=Known(NOT_APPLICABLE),
        terminated_on=Known(NOT_APPLICABLE),
    )
    clock = decision.findings[0].reading.clock
    assert clock is not None
    assert (clock.anchor_on, clock.clears_on) == ("2024-02-29", "2026-03-01")
    assert clock.then is Outcome.DELIBERATE


def test_former_care_without_any_anchor_is_a_contradiction_to_ask_about(pack: Pack) -> None:
    decision = decided(
        pack,
        intimacy_after_care=Known("yes"),
        intimacy_after_care_began_on=On(PartialDate("2025-01-01")),
        last_professional_contact_on=Known(NOT_APPLICABLE),
        relationship_ended_on=Known(NOT_APPLICABLE),
        terminated_on=Known(NOT_APPLICABLE),
    )
    assert decision.outcome is Outcome.DELIBERATE
    assert {ask.why for ask in decision.ask} == {Why.CONTRADICTED}


def _raise(world: World) -> Kleene:
    raise RuntimeError("broken on purpose")


def test_a_rule_that_raises_is_broken_and_never_vanishes(pack: Pack) -> None:
    broken = replace(pack.rules[2], compiled=Compiled(_raise, (), None))
    readings = evaluate([replace(pack, rules=(broken,))], Facts(AS_OF, SETTLED))
    assert [reading.closed for reading in readings] == [Truth.BROKEN]
    decision = decide(readings, ())
    assert (decision.outcome, decision.could_become) == (Outcome.DELIBERATE, Outcome.PROHIBIT)
    assert not decision.complete


@pytest.mark.parametrize("status", [Status.SUPERSEDED, Status.STRUCK_DOWN])
def test_rules_no_longer_standing_are_listed_and_never_read(pack: Pack, status: Status) -> None:
    gone = replace(pack.rules[2], status=status, authority="a later ruling")
    changed = replace(pack, rules=(gone,))
    assert changed.rule("example.tie.friend") is gone
    assert evaluate([changed], Facts(AS_OF, SETTLED | {"tie": Known("friend")})) == ()


def test_the_day_of_the_conduct_picks_the_rule(tmp_path: Path) -> None:
    rules = RULES.replace(
        'in_force: {seen_in_force_on: "2026"}', "in_force: {from: 2020-01-01, to: 2024-01-01}", 1
    )
    pack = example_pack(tmp_path, rules)
    gift: dict[str, Fact] = {"event_kind": Known("gift"), "event_amount": Known(6000)}
    outcomes = [
        decided(pack, **gift, event_on=On(PartialDate(text))).outcome.value
        for text in ("2019-12-31", "2020-01-01", "2023-12-31", "2024-01-01", "2019")
    ]
    assert outcomes == ["no_finding", "monitor", "monitor", "no_finding", "no_finding"]


@pytest.mark.parametrize("when", [Unknown(Why.DECLINED), On(PartialDate("2024"), Why.DECLINED)])
def test_a_rule_that_may_not_have_been_in_force_is_undecided(tmp_path: Path, when: Fact) -> None:
    """Else learning the day of the conduct would take a definite finding away."""
    rules = RULES.replace(
        'in_force: {seen_in_force_on: "2026"}', "in_force: {from: 2020-01-01, to: 2024-06-01}", 1
    )
    gift: dict[str, Fact] = {"event_kind": Known("gift"), "event_amount": Known(6000)}
    decision = decided(example_pack(tmp_path, rules), **gift, event_on=when)
    assert (decision.outcome, decision.could_become) == (Outcome.ADVISE, Outcome.MONITOR)
    assert [(ask.fact, ask.why) for ask in decision.ask] == [("event_on", Why.DECLINED)]
    assert decision.findings[0].undecided


EXCEPTION = (
    RULES
    + """\
  - id: example.tie.friend-where-no-other-care
    title: A friend in an emergency
    because: "The purpose is {purpose}."
    cite: [{code: EX, section: "3"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.3, read_on: "2026", reviewed_by: null}
    when: {all: [{purpose: emergency}, {tie: {in: [friend, relative]}}]}
    outcome: monitor
    exception_to: [example.tie.friend]
    kind: by_tie
    tests:
      - {given: {purpose: emergency, tie: friend}, expect: monitor}
      - {given: {purpose: intake, tie: friend}, expect: no_finding}
"""
)


def test_an_exception_speaks_in_place_of_its_rule(tmp_path: Path) -> None:
    rules = EXCEPTION.replace("given: {tie: friend}", "given: {tie: friend, purpose: intake}")
    rules = rules.replace("given: {tie: none}", "given: {tie: none, purpose: intake}")
    pack = example_pack(tmp_path, rules)
    friend = {"tie": Known("friend")}
    assert decided(pack, friend, purpose=Known("emergency")).outcome is Outcome.MONITOR
    assert decided(pack, friend, purpose=Known("intake")).outcome is Outcome.DELIBERATE
    unknown = decided(pack, friend, purpose=Unknown(Why.NOT_RECORDED))
    assert unknown.could_become is Outcome.DELIBERATE


def test_two_exceptions_that_disagree_are_refused(tmp_path: Path) -> None:
    second = EXCEPTION.split(RULES)[1].replace("no-other-care", "twice")
    second = second.replace("outcome: monitor", "outcome: advise").replace(
        "tie: friend}, expect: monitor", "tie: friend}, expect: advise"
    )
    with pytest.raises(PackFault, match="disagree"):
        example_pack(tmp_path, EXCEPTION + second)


# The seven traps seen in other engines (docs/design/policy.md): here each is caught.


def test_trap_1_a_misspelt_fact_is_refused(pack: Pack) -> None:
    with pytest.raises(FactsFault, match="did you mean 'event_kind'"):
        decided(pack, event_knd=Known("gift"))


def test_trap_2_text_is_never_compared_with_a_number(pack: Pack) -> None:
    with pytest.raises(FactsFault, match="unknown value 'friend'"):
        decided(pack, event_kind=Known("gift"), event_amount=Known("friend"))


def test_trap_3_a_misspelt_word_is_refused(pack: Pack) -> None:
    with pytest.raises(FactsFault, match="did you mean 'friend'"):
        decided(pack, {"tie": Known("freind")})


def test_trap_4_a_missing_date_is_unknown_in_a_comparison_and_in_its_negation(
    tmp_path: Path,
) -> None:
    before = "- intimacy_after_care_began_on: {before: {anchor: care_ended, plus: 2 years}}"
    negated = (
        "- not: {intimacy_after_care_began_on: {on_or_after: {anchor: care_ended, plus: 2 years}}}"
    )
    for n, text in enumerate((before, negated)):
        pack = example_pack(tmp_path / str(n), RULES.replace(before, text))
        assert decided(pack, intimacy_after_care=Known("yes")).outcome is Outcome.DELIBERATE


def test_trap_5_a_null_date_cannot_be_said(pack: Pack) -> None:
    with pytest.raises(FactsFault):
        decided(pack, event_on=Known(0))


def test_trap_6_a_broken_cell_is_refused_at_load(tmp_path: Path) -> None:
    with pytest.raises(PackFault):
        example_pack(tmp_path, RULES.replace("{more_than: 5000}", "{'<<': 5000}"))


def test_trap_7_unknown_or_true_is_true(tmp_path: Path) -> None:
    either = "when: {any: [{purpose: emergency}, {tie: {in: [friend, relative]}}]}"
    rules = RULES.replace("when: {tie: {in: [friend, relative]}}", either)
    rules = rules.replace("given: {tie: none}", "given: {tie: none, purpose: intake}")
    pack = example_pack(tmp_path, rules)
    assert decided(pack, {"tie": Known("friend")}).outcome is Outcome.DELIBERATE
