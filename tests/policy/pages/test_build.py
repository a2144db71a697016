"""The model behind a rule page: nothing that the pack says is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policy_service.policy.clocks import NEVER
from policy_service.policy.pack import LicenceScope, Pack, Scope
from policy_service.policy.pages.build import (
    NOT_ASKED,
    binds_in_words,
    in_force_in_words,
    rule_page,
)
from policy_service.policy.registry import load_shipped_packs, shipped_rows
from policy_service.policy.render import obligation_in_words
from policy_service.policy.rule import InForce
from tests.policy.example_pack import RULES, example_pack

PACKS = load_shipped_packs()
ROWS = shipped_rows()
EVERY_RULE = [(pack, rule.id) for pack in PACKS for rule in pack.rules]
EXCEPTION = """\
  - id: example.tie.long-ago
    title: A friendship that ended
    because: "The tie is {tie_state}."
    cite: [{code: EX, section: "3"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.3, read_on: "2026", reviewed_by: null}
    when: {tie_state: ended}
    outcome: advise
    kind: by_tie
    exception_to: [example.tie.friend]
    tests:
      - {given: {tie_state: ended}, expect: advise}
      - {given: {tie_state: current}, expect: no_finding}
"""


def _with_exception(folder: Path) -> Pack:
    rules = RULES.replace("{given: {tie: friend}, ", "{given: {tie: friend, tie_state: current}, ")
    return example_pack(folder, rules + EXCEPTION)


@pytest.mark.parametrize(("pack", "rule_id"), EVERY_RULE, ids=[rule for _, rule in EVERY_RULE])
def test_a_page_tells_all_that_the_rule_says(pack: Pack, rule_id: str) -> None:
    rule = pack.rule(rule_id)
    page = rule_page(pack, rule, ROWS, PACKS)
    assert page.condition.lines()
    assert page.table, "a condition that no table can show"
    assert page.obligations == tuple(map(obligation_in_words, rule.obligations))
    assert len(page.tests.lines) == len(rule.tests)
    assert bool(page.clock) == (rule.clock is not None)
    assert page.history[0].digest == pack.digest
    assert (page.verified.row is None) == (rule.verification.tag == "ours")


def test_a_rule_that_is_not_waivable_never_ends_says_so() -> None:
    pack = PACKS.by_id("us-tx-lmft")
    rule = next(rule for rule in pack.rules if rule.clock and rule.clock.period is None)
    page = rule_page(pack, rule, ROWS)
    assert page.clock == "It has no end, however long ago care ended."
    assert NEVER not in page.clock


def test_an_exception_stands_in_the_condition_and_both_pages_name_each_other(
    tmp_path: Path,
) -> None:
    pack = _with_exception(tmp_path)
    rule = rule_page(pack, pack.rule("example.tie.friend"), {})
    assert [other.id for other in rule.exceptions.gives_way_to] == ["example.tie.long-ago"]
    assert rule.condition.lines()[-1] == "the tie is anything but ended"
    assert [row.fact for row in rule.table] == ["tie", "tie_state"]
    other = rule_page(pack, pack.rule("example.tie.long-ago"), {})
    assert [named.id for named in other.exceptions.excepts] == ["example.tie.friend"]


def test_each_test_tells_what_differs_from_the_first(tmp_path: Path) -> None:
    pack = example_pack(tmp_path)
    table = rule_page(pack, pack.rule("example.former-client.two-years"), {}).tests
    assert table.start["last_professional_contact_on"] == "2023-05-01"
    assert table.lines[0].changed == {}
    assert table.lines[1].changed == {"intimacy_after_care_began_on": "2025-05-01"}
    assert set(table.lines[3].changed) == {
        "last_professional_contact_on",
        "intimacy_after_care_began_on",
    }


def test_a_fact_that_a_later_test_leaves_out_is_not_asked() -> None:
    pack = PACKS.by_id("baseline")
    table = rule_page(pack, pack.rule("baseline.ties.close-tie-as-client"), {}).tests
    assert {"tie": "none", "tie_via": NOT_ASKED} in [line.changed for line in table.lines]


def test_history_tells_the_versions_that_hold_the_rule_and_whether_they_differ(
    tmp_path: Path,
) -> None:
    old = example_pack(tmp_path / "old")
    same = replace(example_pack(tmp_path / "same"), version="1.1.0", digest="1" * 64)
    words = RULES.replace("title: A gift", "title: A present")
    new = replace(example_pack(tmp_path / "new", words), version="1.10.0", digest="2" * 64)
    gone = replace(old, version="2.0.0", digest="3" * 64, rules=old.rules[:1])
    stranger = replace(old, id="other", digest="4" * 64)
    page = rule_page(old, old.rule("example.event.gift"), {}, (stranger, gone, new, same, old))
    assert [(held.version, held.same) for held in page.history] == [
        ("1.10.0", False),
        ("1.1.0", True),
        ("1.0.0", True),
    ]


def test_who_is_bound_is_said() -> None:
    assert binds_in_words(Scope(every=True)) == "every clinician"
    assert binds_in_words(Scope(membership=("ACA",))) == "members of ACA"
    held = Scope(
        licences=(
            LicenceScope("US-TX", "LPC"),
            LicenceScope("US-OH", "LSW"),
            LicenceScope("US-OH", "LISW"),
        )
    )
    assert binds_in_words(held) == "holders of LPC in US-TX; LSW or LISW in US-OH"


def test_since_when_a_rule_binds_is_said_as_far_as_it_is_known() -> None:
    aca, apa = (PACKS.by_id(name).rules[0].in_force for name in ("aca-2014", "apa-2016"))
    assert in_force_in_words(aca) == "from 2014"
    assert in_force_in_words(apa) == "seen in force (2026); since when is not known"
    ended = InForce(aca.first, apa.seen_on, None)
    assert in_force_in_words(ended) == "from 2014 until 2026"
