"""verify.py follows a change of the log's key, and no key that nobody pinned leads anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy_service.audit.log import Owned
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.key_change import sign_key_change
from policy_service.ledger.note import Note, Verifier
from policy_service.services.bundle_choice import Range
from policy_service.services.log_keys import KEY_CHANGED, retire_key, rotate_key
from policy_service.vault.signing import SigningKey
from tests.audit.evidence.bundles import Change, Kit, members, spoiled
from tests.cast import World

CHANGES = "key-changes.jsonl"
AT = "2026-03-02T09:00:00.000000Z"


@pytest.fixture
def kit(sqlite_world: World, tmp_path: Path) -> Kit:
    """A world with a check in its log."""
    sqlite_world.check("ben", "nora")
    return Kit(sqlite_world, tmp_path)


def changed(kit: Kit, *, retired: bool = True) -> str:
    """The log changes its key; the vkey it had before."""
    old = kit.key
    rotate_key(kit.world.desk, kit.world.cleo)
    if retired:
        retire_key(kit.world.desk, kit.world.cleo)
    return old


def checked(kit: Kit, bundle: bytes, key: str) -> int:
    """The exit code of verify.py under that pinned key."""
    return kit.verify(bundle, "--key", key, pinned=False)


def resigned(bundle: bytes, signer: SigningKey) -> dict[str, Change]:
    """What a forger changes to put the bundle's head under a key of his."""
    found = members(bundle)
    old = found["checkpoint"].decode()
    head = Checkpoint.parse(Note.parse(old).text)
    new = sign_checkpoint(head, signer).to_text()
    return {
        name: content.replace(old.encode(), new.encode())
        for name, content in found.items()
        if name == "checkpoint" or name.startswith("proofs/")
    }


def forged_head(kit: Kit, change: Callable[[dict[str, Any]], object]) -> int:
    """A statement that is signed well and then changed goes into the log, and leads to the key
    that signs the head: the exit code under the key from before."""
    desk = kit.world.desk
    before = desk.log_key(desk.practice(kit.world.practice_id).log_origin)
    assert isinstance(before, SigningKey)
    after = SigningKey(before.name, Ed25519PrivateKey.generate())
    said = sign_key_change(AT, before, after)
    change(said)
    with kit.world.writing() as context:
        context.log(KEY_CHANGED, {"keys": Owned(said)})
    bundle = kit.bundle(Range())
    return checked(kit, spoiled(bundle, resigned(bundle, after)), kit.key)


@pytest.mark.parametrize("retired", [True, False])
def test_the_old_key_and_the_new_one_verify_a_bundle_that_spans_the_change(
    kit: Kit, retired: bool
) -> None:
    old = changed(kit, retired=retired)
    bundle = kit.bundle(Range())
    assert CHANGES in members(bundle)
    assert [checked(kit, bundle, key) for key in (old, kit.key)] == [0, 0]


def test_a_key_is_followed_over_many_changes_and_never_back(kit: Kit) -> None:
    before = kit.bundle(Range())
    keys = [changed(kit), changed(kit), kit.key]
    after = kit.bundle(Range(1, 2))
    assert [checked(kit, after, key) for key in keys] == [0, 0, 0]
    assert [checked(kit, before, key) for key in keys] == [0, 1, 1]


def test_an_older_head_under_the_old_key_is_continued(kit: Kit) -> None:
    note = members(kit.bundle(Range()))["checkpoint"].decode()
    old = changed(kit)
    kept = kit.folder / "kept.checkpoint"
    kept.write_text(note, encoding="utf-8")
    bundle = kit.bundle(Range(), previous=note)
    for key in (old, kit.key):
        assert kit.verify(bundle, "--key", key, "--since", str(kept), pinned=False) == 0


def test_without_the_entry_only_the_new_key_verifies(
    kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    old = changed(kit)
    bundle = spoiled(kit.bundle(Range()), {CHANGES: None})
    assert checked(kit, bundle, kit.key) == 0
    assert checked(kit, bundle, old) == 1
    assert "not signed by the key" in capsys.readouterr().out


def test_a_retired_key_that_was_stolen_signs_no_newer_head(kit: Kit) -> None:
    """The thief has the old secret, and the true entry of the change beside his head."""
    desk = kit.world.desk
    thief = desk.log_key(desk.practice(kit.world.practice_id).log_origin)
    old = changed(kit)
    assert isinstance(thief, SigningKey)
    bundle = kit.bundle(Range())
    stolen = spoiled(bundle, resigned(bundle, thief))
    assert [checked(kit, stolen, key) for key in (old, kit.key)] == [0, 1]


def test_a_swapped_key_is_refused_with_the_true_change_beside_it_or_with_none(kit: Kit) -> None:
    """Attack 23: head, proofs and keys.json under a key of the forger's."""
    pinned = changed(kit, retired=False)
    bundle = kit.bundle(Range())
    forger = SigningKey(Verifier.from_vkey(pinned).name, Ed25519PrivateKey.generate())
    vkey = Verifier.of(forger).vkey
    swapped = resigned(bundle, forger)
    swapped["keys.json"] = canonical_bytes({"log": [vkey], "receipts": [], "witnesses": []})
    assert checked(kit, spoiled(bundle, swapped), pinned) == 1
    assert checked(kit, spoiled(bundle, {**swapped, CHANGES: None}), pinned) == 1


def test_a_statement_that_both_keys_signed_leads_to_the_new_one(kit: Kit) -> None:
    """The control of the next test."""
    assert forged_head(kit, lambda said: None) == 0


OTHER = SigningKey("policy-service/other", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(at="2026-03-03T09:00:00.000000Z"),
        lambda said: said.update(log="policy-service/other"),
        lambda said: said.update(old_sig=said["new_sig"]),
        lambda said: said.update(new_sig=said["old_sig"]),
        lambda said: said.pop("old_sig"),
        lambda said: said.update(old=said["new"], old_sig=said["new_sig"]),
        lambda said: said.update(sign_key_change(AT, OTHER, OTHER)),
    ],
    ids=["time", "log", "not by old", "not by new", "unsigned", "by new alone", "other log"],
)
def test_a_statement_in_the_log_that_both_keys_did_not_sign_leads_nowhere(
    kit: Kit, change: Callable[[dict[str, Any]], object]
) -> None:
    assert forged_head(kit, change) == 1


def test_the_entry_of_the_change_must_be_proven(
    kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    old = changed(kit)
    bundle = kit.bundle(Range(0, 1))
    place = json.loads(members(bundle)[CHANGES])["index"]
    assert checked(kit, bundle, old) == 0
    assert checked(kit, spoiled(bundle, {f"proofs/{place}.tlog-proof": None}), old) == 1
    assert f"at index {place}: its proof is missing" in capsys.readouterr().out


def test_a_log_that_never_changed_its_key_has_no_such_member(kit: Kit) -> None:
    assert CHANGES not in members(kit.bundle(Range()))
