"""A pack is the same pack from its files and from the plain JSON its digest covers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from policy_service.domain.decisions import decide
from policy_service.domain.facts import Facts, TieFacts
from policy_service.policy.canonical import canonical_json, digest
from policy_service.policy.documents import document_of, pack_from_document
from policy_service.policy.engine import evaluate
from policy_service.policy.faults import PackFault
from policy_service.policy.registry import load_shipped_packs

from .example_pack import RULES, example_pack, write_pack
from .test_loader import MUTATIONS

FOLDERS = {
    entry.name: entry
    for entry in resources.files("policy_service.policy").joinpath("packs").iterdir()
    if entry.is_dir()
}


def _document(folder: Path, rules: str = RULES) -> dict[str, Any]:
    return document_of(write_pack(folder, rules))


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_shipped_pack_loads_again_from_its_document_with_an_equal_digest(name: str) -> None:
    document = document_of(FOLDERS[name])
    stored = json.loads(canonical_json(document))
    again = pack_from_document(stored)
    shipped = load_shipped_packs().by_digest(digest(document))
    assert again.digest == shipped.digest
    assert (again.id, again.version, again.layer) == (shipped.id, shipped.version, shipped.layer)
    assert {rule.id for rule in again.rules} == {rule.id for rule in shipped.rules}


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_pack_from_its_document_decides_byte_for_byte_alike(name: str) -> None:
    again = pack_from_document(document_of(FOLDERS[name]))
    shipped = load_shipped_packs().by_digest(again.digest)
    for case in shipped.cases:
        ties = tuple(TieFacts(f"tie-{n}", facts) for n, facts in enumerate(case.ties))
        facts = Facts(case.as_of, case.base, ties)
        bodies = [decide(evaluate([pack], facts), ()).to_json() for pack in (shipped, again)]
        assert canonical_json(bodies[0]) == canonical_json(bodies[1])


def test_the_order_of_the_rules_does_not_change_the_digest(tmp_path: Path) -> None:
    document = _document(tmp_path)
    turned = {**document, "rules": document["rules"][::-1]}
    assert pack_from_document(turned).digest == example_pack(tmp_path).digest


def test_one_changed_letter_changes_the_digest(tmp_path: Path) -> None:
    document = _document(tmp_path)
    before = pack_from_document(document).digest
    document["rules"][0]["title"] += "x"
    assert pack_from_document(document).digest != before


# What only text can get wrong (layout, quoting, YAML's own traps) has no counterpart in JSON.
_ONLY_TEXT = ("duplicate key", "anchors and aliases", "tag", "reads as a number", "quote it")


@pytest.mark.parametrize(
    ("old", "new", "message"), [case for case in MUTATIONS if not case[2].startswith(_ONLY_TEXT)]
)
def test_a_fault_of_a_file_is_refused_in_a_document_too(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    document = _document(tmp_path, RULES.replace(old, new, 1))
    with pytest.raises(PackFault, match=message) as caught:
        pack_from_document(document)
    assert caught.value.line == 0
    assert caught.value.file.startswith("rule example.")


def _set(document: dict[str, Any], path: list[str | int], value: Any) -> None:
    for part in path[:-1]:
        document = document[part]
    document[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        (["rules", 0, "outcome"], True, "rule example.event.gift, outcome", "boolean true"),
        (["rules", 0, "outcome"], 1.5, "rule example.event.gift, outcome", "float has no place"),
        (["rules", 0, "outcome"], 10**20, "rule example.event.gift, outcome", "digits"),
        (["rules", 0, "when", "tie_degre"], 1, "rule example.event.gift, when", "exactly one key"),
        (["pack", "version"], "one", "pack, version", "not a version"),
        (["pack", "pack"], "Not An Id", "pack, pack", "is not an id"),
        (["cases", "cases", 0, "expect", "outcome"], "none", "cases, cases/0/expect/outcome", "al"),
        (["cases"], [], "cases", "a mapping is expected"),
        (["rules"], {}, "rules", "a list"),
        (["rules"], [], "pack", "1 to 300 rules"),
        (["rules", 0], "text", "rules/0", "a mapping is expected"),
        (["ruls"], [], "ruls", "did you mean 'rules'"),
    ],
)
def test_a_fault_of_a_document_names_its_place(
    tmp_path: Path, path: list[str | int], value: Any, place: str, message: str
) -> None:
    document = copy.deepcopy(_document(tmp_path))
    _set(document, path, value)
    with pytest.raises(PackFault, match=message) as caught:
        pack_from_document(document)
    assert caught.value.file == place
    assert str(caught.value).startswith(f"{place}: ")


def _deep(document: dict[str, Any]) -> None:
    nested: Any = "friend"
    for _ in range(5000):
        nested = [nested]
    document["rules"][0]["when"] = nested


def _wide(document: dict[str, Any]) -> None:
    document["rules"][0]["tests"] = document["rules"][0]["tests"] * 300


def _many(document: dict[str, Any]) -> None:
    document["rules"] = document["rules"] * 101


def _large(document: dict[str, Any]) -> None:
    document["rules"] = [
        {**document["rules"][0], "id": f"a.b{n}", "because": "x" * 199_000} for n in range(6)
    ]


def _long(document: dict[str, Any]) -> None:
    document["rules"][0]["title"] = "x" * 200_001


@pytest.mark.parametrize(
    ("grow", "message"),
    [
        (_deep, "nested deeper than 20"),
        (_wide, "more than 400 items"),
        (_many, "1 to 300 rules"),
        (_large, "larger than 1000000 bytes"),
        (_long, "longer than 200000 characters"),
    ],
)
def test_a_huge_document_is_refused_before_anything_is_built(
    tmp_path: Path, grow: Callable[[dict[str, Any]], None], message: str
) -> None:
    document = copy.deepcopy(_document(tmp_path))
    grow(document)
    with pytest.raises(PackFault, match=message):
        pack_from_document(document)
