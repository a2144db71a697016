"""What rederive.py finds: a decision that does not follow, although the log holds and signs it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from policy_service.audit.evidence import rederive
from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.vocabulary import JURISDICTION, VOCABULARY
from policy_service.ledger.canonical import parse_strict
from policy_service.ledger.leaf import Leaf
from policy_service.services.audit_entries import open_entry
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.bundle_choice import Chosen, Matching
from tests.audit.evidence.bundles import Kit, lines, members, spoiled

Forge = Callable[[dict[str, Any]], object]


def forged(kit: Kit, change: Forge) -> str:
    """A false entry, written with every key: what no log can find by itself. Its id."""
    true = kit.world.check("alma", "tomas")["id"]
    with kit.world.writing() as context:
        entry = open_entry(context, true)
        leaf = Leaf.from_bytes(context.session.get_one(EntryRow, (context.practice_id, true)).leaf)
        groups = {group.name: group.value for group in entry.groups}
        change(groups)
        false_id = context.new_id()
        made = NewEntry(
            id=false_id,
            action=leaf.action,
            at=context.now,
            actor_ref=leaf.actor_ref or "",
            groups={name: Owned(value) for name, value in groups.items()},
            subject_refs=frozenset(leaf.subject_refs),
            outcome=groups["decision"]["outcome"],
            packs=frozenset(leaf.packs),
            semantics=leaf.semantics,
            model=leaf.model,
        )
        append(context.session, context.keyring, made)
    return false_id


def milder(groups: dict[str, Any]) -> None:
    groups["decision"] = {**groups["decision"], "outcome": "advise"}


def one_finding_less(groups: dict[str, Any]) -> None:
    groups["decision"] = {**groups["decision"], "findings": groups["decision"]["findings"][1:]}


def nothing_to_ask(groups: dict[str, Any]) -> None:
    groups["decision"] = {**groups["decision"], "ask": [], "complete": True}


def another_tie(groups: dict[str, Any]) -> None:
    facts = {**groups["tie:0"]["facts"], "tie": {"value": "acquaintance"}}
    groups["tie:0"] = {**groups["tie:0"], "facts": facts}


def a_number_for_a_truth(groups: dict[str, Any]) -> None:
    [first, *others] = groups["decision"]["findings"]
    told = {**first, "undecided": int(first["undecided"])}
    groups["decision"] = {**groups["decision"], "findings": [told, *others]}


@pytest.mark.parametrize(
    "change", [milder, one_finding_less, nothing_to_ask, another_tie, a_number_for_a_truth]
)
def test_a_false_decision_under_valid_signatures_is_found(
    kit: Kit, capsys: pytest.CaptureFixture[str], change: Forge
) -> None:
    """Attack 13: the log holds, verify.py says ok, and the decision does not follow."""
    false_id = forged(kit, change)
    bundle = kit.bundle(Chosen((false_id,)))
    assert kit.verify(bundle) == 0
    assert kit.rederive(bundle) == 1
    assert f"FALSE at index {lines(bundle)[0]['index']}:" in capsys.readouterr().out


def test_the_same_entry_unchanged_follows(kit: Kit) -> None:
    """The control: forging as such is not what is found."""
    assert kit.rederive(kit.bundle(Chosen((forged(kit, lambda groups: None),)))) == 0


def test_every_decision_of_the_log_follows(kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    assert kit.rederive(kit.bundle(Matching(EntryFilter(action="clinician.registered")))) == 0
    decided = kit.world.check("ben", "tomas")["id"]
    assert kit.rederive(kit.bundle(Chosen((decided,)))) == 0
    assert "1 entries follow" in capsys.readouterr().out


@pytest.mark.parametrize("group", ["care", "decision", "identity", "tie"])
def test_a_withheld_group_is_never_false(
    kit: Kit, capsys: pytest.CaptureFixture[str], group: str
) -> None:
    decided = kit.world.check("alma", "tomas")["id"]
    whole = ("care", "events", "accounts", "no_tie", "tie", "identity", "request", "decision")
    bundle = kit.bundle(Chosen((decided,)), groups=frozenset(whole) - {group})
    assert kit.rederive(bundle) == 2
    assert "cannot tell (withheld)" in capsys.readouterr().out


def test_a_pack_that_is_not_in_the_bundle_cannot_be_told(kit: Kit) -> None:
    decided = kit.world.check("ben", "nora")["id"]
    bundle = kit.bundle(Chosen((decided,)))
    packs = {name: None for name in members(bundle) if name.startswith("packs/")}
    assert kit.rederive(spoiled(bundle, packs)) == 2


def test_an_altered_pack_or_opening_is_not_decided_by(kit: Kit) -> None:
    decided = kit.world.check("ben", "nora")["id"]
    bundle = kit.bundle(Chosen((decided,)))
    pack = next(name for name in members(bundle) if name.startswith("packs/"))
    assert (
        kit.rederive(spoiled(bundle, {pack: lambda raw: raw.replace(b"advise", b"monitor")})) == 1
    )

    def lie(raw: bytes) -> bytes:
        line = json.loads(raw)
        salt, group, value = json.loads(base64.b64decode(line["openings"][0]))
        said = rederive.written([salt, group, {**value, "x": 1}]).encode()
        line["openings"][0] = base64.b64encode(said).decode()
        return json.dumps(line).encode() + b"\n"

    assert kit.rederive(spoiled(bundle, {"entries.jsonl": lie})) == 1


def test_a_file_that_is_no_bundle_cannot_be_told(kit: Kit) -> None:
    assert kit.rederive(b"no zip") == 2
    assert rederive.main([]) == 2


def test_its_vocabulary_is_that_of_the_service() -> None:
    specs = {**VOCABULARY, **JURISDICTION}
    assert rederive.SPECS.keys() == specs.keys()
    for name, spec in specs.items():
        words = spec.values if spec.type == "enum" else ()
        told = (spec.group.value, spec.type.value, set(words), spec.none_value)
        group, kind, found, none = rederive.SPECS[name]
        assert (group, kind, set(found), none) == told


def test_the_facts_of_a_decision_are_put_together_again_from_its_groups(kit: Kit) -> None:
    """What is committed to, group by group, is what was decided on."""
    decided = kit.world.check("alma", "nora")["id"]
    [line] = lines(kit.bundle(Chosen((decided,))))
    opened = [json.loads(base64.b64decode(raw)) for raw in line["openings"]]
    facts = rederive.facts_of({group: value for _, group, value in opened})
    with kit.world.reading() as context:
        row = context.session.get_one(DecisionRow, (context.practice_id, decided))
        client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))
        where = ("decision", row.id, "facts")
        raw = context.keyring.open(context.session, client.person_id, row.sealed_facts, where)
    assert facts == {"candidates": [], **dict(parse_strict(raw))}
