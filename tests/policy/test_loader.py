"""What a pack may not say: every fault is refused with its file, its line and a suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_service.policy.faults import PackFault
from policy_service.policy.loader import load_pack

from .example_pack import CASES, HEADER, RULES, example_pack, write_pack

MUTATIONS = [
    (
        "event_kind: gift}",
        "event_knd: gift}",
        "unknown fact 'event_knd'; did you mean 'event_kind'",
    ),
    ("tie: {in: [friend, ", "tie: {in: [freind, ", "did you mean 'friend'"),
    ("outcome: prohibit", "outcome: prohibited", "did you mean 'prohibit'"),
    ("plus: 2 years}", "plus: 1 years}", "no condition counts 2 years"),
    ("event_amount: {more_than: 5000}", "event_amount: {more_then: 5000}", "'more_than'"),
    ("event_amount: {more_than: 5000}", 'event_amount: {more_than: "5000"}', "whole number"),
    ("event_amount: {more_than: 5000}", "event_amount: {more_than: 50.5}", "reads as a number"),
    ("more_than: 5000", "less_than: 5000", "expect monitor, got no_finding"),
    ("outcome: monitor", "outcome: advise", "test 0: expect monitor, got advise"),
    ('intimacy_after_care: "yes"\n        -', "intimacy_after_care: yes\n        -", "quote it"),
    ("title: A gift", "title: A gift\n    title: A gift", "duplicate key 'title'"),
    ("title: A gift", "titel: A gift", "did you mean 'title'"),
    ('    cite: [{code: EX, section: "2"}]\n', "", "'cite' is missing"),
    ("kind: by_tie", "kind: by_ties", "did you mean 'by_tie'"),
    ("obligations: [consult_colleague]", "obligations: [consult_collegue]", "did you mean"),
    ("{event_amount}.", "{event_amuont}.", "did you mean 'event_amount'"),
    ("{event_amount}.", "{gift_total}.", "at which the rule does not look"),
    ("      - {given: {event_amount: 5000}, expect: no_finding}\n", "", "lacks a near miss"),
    ("      - {given: {event_amount: 5001}, expect: monitor}\n", "", "lacks a firing test"),
    (
        "intimacy_after_care_began_on: 2025-05-01",
        "intimacy_after_care_began_on: 2025-05-09",
        "on the day 2 years",
    ),
    (
        "intimacy_after_care_began_on: 2025-05-02",
        "intimacy_after_care_began_on: 2025-05-03",
        "day after",
    ),
    (
        "2024-02-29, intimacy_after_care_began_on: 2026-02-28",
        "2024-02-28, intimacy_after_care_began_on: 2026-02-27",
        "leap day",
    ),
    (
        "last_professional_contact_on: 2023-05-01",
        "last_professional_contact_on: 2023-02-30",
        "day is out of range",
    ),
    ("period: 2 years", "period: two years", "not a period"),
    (
        "verification: {tag: V, source: ex.2",
        "verification: {tag: V2, source: ex.2",
        "cannot be in_force",
    ),
    ("outcome: monitor", "outcome: monitor\n    waivable: false", "only a prohibition"),
    ("outcome: monitor", "outcome: monitor\n    if_unknown: prohibit", "graver"),
    ("then: deliberate", "then: no_finding", "outcome"),
    ("outcome: monitor", "outcome: monitor\n    status: struck_down", "authority"),
    ('{seen_in_force_on: "2026"}', '{to: "2026"}', "only what is no longer in force"),
    (
        "outcome: monitor",
        "outcome: monitor\n    exception_to: [example.event.gfit]",
        "did you mean",
    ),
    ("id: example.event.gift", "id: example.tie.friend", "used twice"),
    (
        "tie: {in: [friend, relative]}",
        "as_of: {before: {anchor: terminated, plus: 2 years}}",
        "unknown anchor",
    ),
    ("when: {event_amount", "when: &a {event_amount", "anchors and aliases"),
    ("title: A gift", "title: !!python/object:os.system x", "tag"),
    (
        "when: {event_amount: {more_than: 5000}}",
        "when: {event_amount: {more_than: 5000}, tie: friend}",
        "exactly one key",
    ),
]


def test_the_example_pack_loads(tmp_path: Path) -> None:
    pack = example_pack(tmp_path)
    assert [rule.id for rule in pack.rules] == [
        "example.former-client.two-years",
        "example.event.gift",
        "example.tie.friend",
    ]


@pytest.mark.parametrize(("old", "new", "message"), MUTATIONS)
def test_a_faulty_rule_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in RULES
    with pytest.raises(PackFault, match=message) as caught:
        load_pack(write_pack(tmp_path, RULES.replace(old, new, 1)))
    assert caught.value.file == "rules/all.yaml"
    assert 1 < caught.value.line <= RULES.count("\n") + 2


def test_the_fault_names_the_line_of_the_mistake(tmp_path: Path) -> None:
    wrong = RULES.replace("more_than: 5000", "more_then: 5000")
    line = wrong[: wrong.index("more_then")].count("\n") + 1
    with pytest.raises(PackFault) as caught:
        load_pack(write_pack(tmp_path, wrong))
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version: 1.0.0", "version: one", "not a version"),
        ("layer: profession", "layer: profession\nstands_for_board: rarely", "true or false"),
        ("semantics: 1", "semantics: 2", "semantics 2 is not supported"),
        ("boundary-facts/1", "boundary-facts/2", "did you mean 'boundary-facts/1'"),
        ("layer: profession", "layer: professional", "did you mean 'profession'"),
        ("layer: profession", "layer: practice", "practice has the scope {every: true}"),
        ("{membership: [EXAMPLE]}", "{members: [EXAMPLE]}", "did you mean 'membership'"),
        ("{membership: [EXAMPLE]}", "{every: false}", "every is true or absent"),
        ("{membership: [EXAMPLE]}", "{licences: [{jurisdiction: Texas, licence: LPC}]}", "US-TX"),
    ],
)
def test_a_faulty_header_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackFault, match=message) as caught:
        load_pack(write_pack(tmp_path, header=HEADER.replace(old, new)))
    assert caught.value.file == "pack.yaml"


def test_what_is_not_said_of_a_board_is_that_the_pack_stands_for_it(tmp_path: Path) -> None:
    assert example_pack(tmp_path / "a").stands_for_board
    beside = HEADER + "stands_for_board: false\n"
    assert not load_pack(write_pack(tmp_path / "b", header=beside)).stands_for_board


def test_a_rule_that_is_over_may_lack_its_first_day(tmp_path: Path) -> None:
    over = '{to: "2000"}\n    status: struck_down\n    authority: A court'
    pack = example_pack(tmp_path, RULES.replace('{seen_in_force_on: "2026"}', over, 1))
    in_force = pack.rule("example.event.gift").in_force
    assert (in_force.first, in_force.seen_on) == (None, None)
    assert in_force.until is not None
    assert in_force.until.text == "2000"


def test_conditions_nest_at_most_six_deep(tmp_path: Path) -> None:
    deep = "{not: " * 6 + "{tie: friend}" + "}" * 6
    with pytest.raises(PackFault, match="nest at most 6"):
        load_pack(write_pack(tmp_path, RULES.replace("{tie: {in: [friend, relative]}}", deep)))


def test_a_pack_without_its_rationale_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / "README.md").unlink()
    with pytest.raises(PackFault, match=r"README\.md"):
        load_pack(folder)


def test_a_pack_without_rules_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path)
    (folder / "rules" / "all.yaml").unlink()
    with pytest.raises(PackFault, match="1 to 300 rules"):
        load_pack(folder)


def test_the_digest_ignores_layout_and_changes_with_meaning(tmp_path: Path) -> None:
    digest = example_pack(tmp_path / "a").digest
    spaced = RULES.replace("    outcome: monitor\n", "    # a comment\n    outcome:   monitor\n")
    assert example_pack(tmp_path / "b", spaced).digest == digest
    other = RULES.replace("title: A gift", "title: A present")
    assert example_pack(tmp_path / "c", other).digest != digest


def test_rules_may_be_spread_over_files_without_changing_the_digest(tmp_path: Path) -> None:
    digest = example_pack(tmp_path / "one").digest
    head, first, second, third = RULES.replace("  - id:", "\0  - id:").split("\0")
    folder = write_pack(tmp_path / "two", head + third + first)
    (folder / "rules" / "zz.yaml").write_text(head + second, encoding="utf-8")
    assert load_pack(folder).digest == digest


def test_cases_demand_known_outcomes(tmp_path: Path) -> None:
    with pytest.raises(PackFault, match="did you mean 'no_finding'"):
        load_pack(write_pack(tmp_path, cases=CASES.replace("no_finding", "no_findings")))


def test_a_rule_that_one_record_could_hold_a_process_up_with_is_refused(tmp_path: Path) -> None:
    two_more = (
        "        - any:\n"
        "            - event_on: {before: {anchor: care_ended, plus: 5 years}}\n"
        "            - tie_began_on: {before: {anchor: care_ended, plus: 3 years}}\n"
    )
    costly = RULES.replace("    outcome: prohibit\n", two_more + "    outcome: prohibit\n", 1)
    with pytest.raises(PackFault, match=r"all.yaml:2: the dates of .* allowed: 50000"):
        load_pack(write_pack(tmp_path, costly))
