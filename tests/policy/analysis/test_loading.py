"""Loading packs to look at them: all faults at once, with file, line and suggestion."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_service.policy.analysis.loading import load_all
from policy_service.policy.registry import load_shipped_packs

from ..example_pack import CASES, HEADER, RULES, write_pack

OURS = RULES.replace("tag: V, source: ex.", "tag: ours, source: practice.")
PRACTICE = HEADER.replace("layer: profession", "layer: practice").replace(
    "{membership: [EXAMPLE]}", "{every: true}"
)


def faults(folder: Path, rules: str = OURS, cases: str = CASES) -> list[str]:
    write_pack(folder, rules, PRACTICE, cases)
    found = load_all(folder, tuple(load_shipped_packs())).faults
    return [f"{fault.file}:{fault.line}: {fault.sentence}" for fault in found]


def test_a_sound_pack_loads(tmp_path: Path) -> None:
    write_pack(tmp_path, OURS, PRACTICE)
    loaded = load_all(tmp_path, tuple(load_shipped_packs()))
    assert loaded.faults == ()
    assert [pack.id for pack in loaded.packs] == ["example"]


def test_faults_in_several_rules_are_all_told_with_suggestions(tmp_path: Path) -> None:
    broken = OURS.replace("event_kind: gift", "event_knd: gift").replace(
        "{in: [friend, relative]}", "{in: [freind, relative]}"
    )
    first, second = faults(tmp_path, broken)
    assert "did you mean 'event_kind'?" in first
    assert "did you mean 'friend'?" in second
    assert first.startswith("rules/all.yaml:")


def test_failing_tests_of_several_rules_are_all_told(tmp_path: Path) -> None:
    broken = OURS.replace("5001}, expect: monitor", "5001}, expect: advise").replace(
        "{tie: friend}, expect: deliberate", "{tie: friend}, expect: prohibit"
    )
    said = faults(tmp_path, broken)
    assert [line.split(": ", 2)[2] for line in said] == [
        "expect advise, got monitor",
        "expect prohibit, got deliberate",
    ]


def test_failing_cases_are_all_told(tmp_path: Path) -> None:
    cases = CASES + CASES.removeprefix("cases:\n").replace("a stranger", "another")
    said = faults(tmp_path, cases=cases.replace("no_finding", "prohibit"))
    assert [line.split(":")[2] for line in said] == [" case 'a stranger'", " case 'another'"]


def test_a_rule_beyond_its_source_is_told(tmp_path: Path) -> None:
    write_pack(tmp_path, RULES, HEADER)
    said = [fault.sentence for fault in load_all(tmp_path).faults]
    assert sum("unknown source row" in sentence for sentence in said) == 3


def test_packs_that_share_a_rule_id_are_told_of_each_other(tmp_path: Path) -> None:
    """Control: two versions of one pack may share their ids."""
    write_pack(tmp_path / "one", OURS, PRACTICE)
    write_pack(tmp_path / "two", OURS, PRACTICE.replace("pack: example", "pack: other"))
    shipped = tuple(load_shipped_packs())
    loaded = load_all(tmp_path, shipped)
    assert loaded.packs == ()
    said = {
        (fault.pack, fault.sentence) for fault in loaded.faults if "two-years" in fault.sentence
    }
    shared = "rule id 'example.former-client.two-years' is also used by pack"
    assert said == {("example", f"{shared} 'other'"), ("other", f"{shared} 'example'")}
    (older,) = load_all(tmp_path / "one", shipped).packs
    assert load_all(tmp_path / "one", (*shipped, older)).faults == ()


def test_a_rule_id_of_a_pack_that_stands_beside_is_told(tmp_path: Path) -> None:
    taken = load_shipped_packs().by_id("baseline").rules[0].id
    assert any(
        f"rule id {taken!r} is also used by pack 'baseline'" in line
        for line in faults(tmp_path, OURS.replace("example.event.gift", taken))
    )


def test_a_folder_without_packs_is_a_fault(tmp_path: Path) -> None:
    (fault,) = load_all(tmp_path).faults
    assert "neither a pack nor a folder of packs" in fault.sentence


def test_one_broken_pack_does_not_hide_the_others(tmp_path: Path) -> None:
    write_pack(tmp_path / "sound", OURS, PRACTICE)
    write_pack(tmp_path / "broken", "rules: yes\n", PRACTICE.replace("example", "broken"))
    loaded = load_all(tmp_path, tuple(load_shipped_packs()))
    assert [pack.id for pack in loaded.packs] == ["example"]
    assert [fault.pack for fault in loaded.faults] == ["broken"]


@pytest.mark.parametrize("file", ["README.md", "cases.yaml"])
def test_a_missing_file_is_told(tmp_path: Path, file: str) -> None:
    write_pack(tmp_path, OURS, PRACTICE)
    (tmp_path / file).unlink()
    assert [fault.file for fault in load_all(tmp_path).faults] == [file]
