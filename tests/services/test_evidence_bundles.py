"""Evidence bundles as they are made: what goes in, who may, what is withheld, what is logged."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.ledger.canonical import parse_canonical
from policy_service.services.audit_entries import open_entry
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.bundle_choice import Chosen, Matching, Range
from policy_service.services.erasing.people import destroy_keys
from policy_service.services.evidence_bundles import BUNDLED, Bundle, BundleForm, make_bundle
from tests.cast import World

WHY = "For the licence board's question of May."


def bundle(world: World, choice: Any, **more: Any) -> Bundle:
    """A bundle made by Cleo."""
    return make_bundle(world.desk, world.cleo, BundleForm(choice, WHY, **more))


def members(made: Bundle) -> dict[str, bytes]:
    with ZipFile(BytesIO(made.content)) as found:
        return {name: found.read(name) for name in found.namelist()}


def test_a_range_holds_every_entry_with_its_proof_and_the_packs_it_names(world: World) -> None:
    world.check("ben", "nora")
    made = bundle(world, Range(2))
    found = members(made)
    lines = [json.loads(line) for line in found["entries.jsonl"].splitlines()]
    assert [line["index"] for line in lines] == list(made.contents.places)
    assert {f"proofs/{line['index']}.tlog-proof" for line in lines} <= found.keys()
    packs = [name for name in found if name.startswith("packs/")]
    assert packs
    for name in packs:
        assert hashlib.sha256(found[name]).hexdigest() in name
    assert json.loads(found["manifest.json"])["contiguous"]
    assert b"INCOMPLETE" not in found["README.txt"]


def test_chosen_entries_are_said_to_be_incomplete(world: World) -> None:
    decision = world.check("ben", "nora")["id"]
    found = members(bundle(world, Chosen((decision,))))
    assert b"INCOMPLETE" in found["README.txt"]
    assert "INCOMPLETE" in json.loads(found["manifest.json"])["note"]


def test_the_making_is_an_entry_that_commits_to_the_manifest(world: World) -> None:
    made = bundle(world, Range())
    with world.writing() as context:
        entry = open_entry(context, made.entry_id)
    [group] = entry.groups
    assert entry.line.action == BUNDLED
    manifest = members(made)["manifest.json"]
    assert group.value["manifest"] == hashlib.sha256(manifest).hexdigest()
    assert parse_canonical(manifest)


def test_only_chosen_groups_are_opened(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    made = bundle(world, Chosen((decision,)), groups=frozenset({"care", "tie"}))
    [line] = members(made)["entries.jsonl"].splitlines()
    assert len(json.loads(line)["openings"]) == 2
    assert made.contents.withheld.not_chosen > 0
    assert made.contents.withheld.erased == 0


def test_what_was_erased_stays_withheld_and_its_leaf_is_given(world: World) -> None:
    decision = world.check("ben", "nora")["id"]
    with world.writing() as context:
        nora = context.session.get_one(ClientRow, (world.practice_id, world.ids["nora"]))
        destroy_keys(context, [nora.person_id])
    made = bundle(world, Chosen((decision,)))
    [line] = members(made)["entries.jsonl"].splitlines()
    assert json.loads(line)["openings"] == []
    assert made.contents.withheld.erased > 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COMPLIANCE])
def test_nobody_else_makes_one(sqlite_world: World, role: Role) -> None:
    with pytest.raises(NotAllowed):
        make_bundle(sqlite_world.desk, sqlite_world.account(role), BundleForm(Range(), WHY))
    assert BUNDLED not in sqlite_world.actions()


@pytest.mark.parametrize(
    ("choice", "purpose"),
    [
        (Range(3, 2), WHY),
        (Range(0, 10_000), WHY),
        (Matching(EntryFilter(action="nothing.such")), WHY),
        (Range(), " "),
    ],
    ids=["backwards", "too far", "nothing", "no purpose"],
)
def test_what_cannot_be_chosen_is_refused_and_logged_nowhere(
    sqlite_world: World, choice: Any, purpose: str
) -> None:
    with pytest.raises(InvalidRequest):
        make_bundle(sqlite_world.desk, sqlite_world.cleo, BundleForm(choice, purpose))
    assert BUNDLED not in sqlite_world.actions()
