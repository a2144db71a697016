"""`flask packs check`, `diff` and `prove`."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from policy_service.cli.packs import pack_commands

SHIPPED = Path(str(resources.files("policy_service.policy").joinpath("packs")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the pack of Texas counsellors, to be changed."""
    copy = tmp_path / "lpc"
    shutil.copytree(SHIPPED / "us-tx-lpc-2026", copy)
    return copy


def run(*arguments: str) -> Result:
    """The commands need no database, so an application without one will do."""
    app = Flask(__name__)
    app.cli.add_command(pack_commands)
    return app.test_cli_runner().invoke(args=["packs", *arguments])


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "rules" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_pack_passes_the_check_with_its_score(folder: Path) -> None:
    done = run("check", str(folder))
    assert done.exit_code == 0, done.output
    assert "us-tx-lpc 1." in done.output
    assert "mutation score" in done.output
    assert "\n0 faults, " in done.output


def test_every_fault_is_told_with_file_line_and_suggestion(folder: Path) -> None:
    change(folder, "events.yaml", "gift_total: {more_than", "gift_totl: {more_than")
    change(folder, "ties.yaml", "tie: friend}, expect: prohibit", "tie: frend}, expect: prohibit")
    done = run("check", str(folder))
    assert done.exit_code == 2
    assert "lpc/rules/events.yaml:" in done.output
    assert "did you mean 'gift_total'?" in done.output
    assert "did you mean 'friend'?" in done.output


def test_a_pack_tested_too_little_fails_the_check(folder: Path) -> None:
    for path in (folder / "rules").iterdir():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(line for line in lines if "one_of" not in line), encoding="utf-8")
    done = run("check", str(folder), "--json")
    body = json.loads(done.output)
    assert body["faults"] == []
    assert body["packs"][0]["mutation"]["score_basis_points"] < 9_500
    assert done.exit_code == 1


def test_a_dropped_word_is_noticed_by_the_packs_own_tests(folder: Path) -> None:
    change(folder, "ties.yaml", "[friend, business, colleague,", "[friend, colleague,")
    done = run("prove", "us-tx-lpc", str(folder))
    assert done.exit_code == 2
    assert "expect prohibit, got" in done.output


def _loosened(folder: Path) -> None:
    """Gifts and loans ask for a deliberation only, and the tests say so too."""
    lower = "outcome: deliberate\n    if_unknown: deliberate"
    change(folder, "events.yaml", "outcome: prohibit", lower)
    change(folder, "events.yaml", "expect: prohibit", "expect: deliberate")
    change(folder, "events.yaml", "could_become: prohibit", "could_become: deliberate")
    cases = folder / "cases.yaml"
    cases.write_text("cases:\n  - {name: a stranger, given: {}, expect: {outcome: no_finding}}\n")


def test_a_loosened_prohibition_is_refuted_with_an_example(folder: Path) -> None:
    _loosened(folder)
    done = run("prove", "us-tx-lpc", str(folder))
    assert done.exit_code == 1, done.output
    assert "no_prohibit_loosened: refuted" in done.output
    assert "- {given: {" in done.output


def test_the_way_back_is_proved(folder: Path) -> None:
    _loosened(folder)
    done = run("prove", str(folder), "us-tx-lpc", "--strict", "--json")
    assert done.exit_code == 0, done.output
    claims = json.loads(done.output)["claims"]
    assert [claim["result"] for claim in claims] == ["holds", "holds"]


def test_a_diff_counts_and_brings_witnesses(folder: Path) -> None:
    _loosened(folder)
    done = run("diff", "us-tx-lpc", str(folder), "--json")
    assert done.exit_code == 0, done.output
    body = json.loads(done.output)
    assert int(body["known"]["loosened"]) > 0
    assert {"old": "prohibit", "new": "deliberate"}.items() <= body["witnesses"][-1].items()
    text = run("diff", "us-tx-lpc", str(folder)).output
    assert f"{body['known']['changed']} of {body['known']['combinations']} combinations" in text


@pytest.mark.parametrize("command", ["diff", "prove"])
def test_a_misspelt_pack_id_is_answered_with_the_nearest(command: str) -> None:
    done = run(command, "us-tx-lpx", "us-tx-lpc")
    assert done.exit_code == 2
    assert "did you mean 'us-tx-lpc'?" in done.output


def test_a_folder_of_several_packs_is_no_single_pack() -> None:
    done = run("diff", "us-tx-lpc", str(SHIPPED))
    assert done.exit_code == 2
    assert "name the folder of one" in done.output
