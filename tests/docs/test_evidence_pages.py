"""docs/semantics.md and docs/evidence.md say what the programs do."""

from __future__ import annotations

import re
from pathlib import Path

from policy_service.audit.evidence import rederive, verify
from policy_service.cli.bundles import bundle
from policy_service.domain.decisions import Decision, Outcome
from policy_service.domain.facts import Why

DOCS = Path(__file__).parents[2] / "docs"
SEMANTICS = (DOCS / "semantics.md").read_text(encoding="utf-8")
EVIDENCE = (DOCS / "evidence.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (enum|date|count|amount) \| (.*) ?\|$", re.MULTILINE)


def test_the_vocabulary_of_the_page_is_that_of_the_program() -> None:
    told = {}
    for name, group, kind, words in ROW.findall(SEMANTICS):
        given = [word.strip() for word in words.split(",") if word.strip()]
        none = next((word.strip("*") for word in given if word.startswith("**")), None)
        told[name] = (group, kind, tuple(word.strip("*") for word in given), none)
    assert told == rederive.SPECS


def test_the_page_names_every_reason_and_every_part_of_the_body() -> None:
    body = Decision(Outcome.ADVISE, Outcome.ADVISE, complete=True).to_json()
    for word in (*Why, *body):
        assert f"`{word}`" in SEMANTICS, word


def test_the_page_names_every_member_of_a_bundle() -> None:
    others = {"range.json", "previous.checkpoint", "consistency.json", "key-changes.jsonl"}
    for name in sorted(verify.ALWAYS | others):
        assert f"`{name}`" in EVIDENCE, name


def test_the_options_in_the_page_exist() -> None:
    ours = {option for parameter in bundle.params for option in parameter.opts}
    theirs = {"--app", "--key", "--since", "--witness"}
    assert set(re.findall(r"--[a-z]+", EVIDENCE)) <= ours | theirs


def test_the_programs_are_as_short_as_the_page_says() -> None:
    files = [str(module.__file__) for module in (verify, rederive)]
    lengths = [Path(file).read_text(encoding="utf-8").count("\n") for file in files]
    assert lengths[0] < 300
    assert lengths[1] <= 600
    assert sum(lengths) < 900
