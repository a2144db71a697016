"""What verify.py finds: every member altered, trimmed or exchanged, each beside a good bundle."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy_service.audit.evidence import contents, proofs, verify
from policy_service.database.tables.registry import ClientRow
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.cosignature import Cosigner, cosign
from policy_service.ledger.note import Note, Verifier
from policy_service.services.bundle_choice import Chosen, Range
from policy_service.services.erasing.people import destroy_keys
from policy_service.vault.signing import SigningKey
from tests.audit.evidence.bundles import Change, Kit, lines, members, spoiled, written
from tests.cast import World

FIRST = 2
"""Where the range of these tests begins."""


@pytest.fixture(scope="module")
def good(kit: Kit) -> bytes:
    """A range with an older head, everything opened."""
    note = members(kit.bundle(Range()))["checkpoint"].decode()
    kit.world.check("ben", "tomas")
    return kit.bundle(Range(FIRST), previous=note)


def flipped(raw: bytes) -> bytes:
    """One bit of one byte in the middle, where it is neither a brace nor a line's end."""
    place = len(raw) // 2
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def test_a_good_bundle_is_ok_and_says_what_was_not_checked(
    kit: Kit, good: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kit.verify(good) == 0
    said = capsys.readouterr().out
    assert "not checked: whether a decision follows" in said
    assert "INCOMPLETE" not in said


NAMES = (
    "README.txt",
    "manifest.json",
    "entries.jsonl",
    "made.jsonl",
    "checkpoint",
    "keys.json",
    "verify.py",
    "rederive.py",
    "range.json",
    "previous.checkpoint",
    "consistency.json",
    f"proofs/{FIRST}.tlog-proof",
)


@pytest.mark.parametrize("name", NAMES)
def test_any_member_altered_is_tampered(kit: Kit, good: bytes, name: str) -> None:
    assert kit.verify(spoiled(good, {name: flipped})) == 1


@pytest.mark.parametrize("name", NAMES)
def test_any_member_left_out_is_tampered(kit: Kit, good: bytes, name: str) -> None:
    assert kit.verify(spoiled(good, {name: None})) == 1


def test_a_pack_altered_left_out_or_exchanged_is_tampered(kit: Kit, good: bytes) -> None:
    found = members(good)
    one, other = sorted(name for name in found if name.startswith("packs/"))[:2]
    for change in (flipped, None, found[other]):
        assert kit.verify(spoiled(good, {one: change})) == 1


def _entries(change: Callable[[list[dict[str, Any]]], object]) -> Change:
    def changed(raw: bytes) -> bytes:
        entries = [json.loads(line) for line in raw.splitlines()]
        change(entries)
        return written(entries)

    return changed


def _swap_leaves(entries: list[dict[str, Any]]) -> None:
    entries[1]["leaf"], entries[2]["leaf"] = entries[2]["leaf"], entries[1]["leaf"]


def _edit_leaf(entries: list[dict[str, Any]]) -> None:
    leaf = base64.b64decode(entries[1]["leaf"]).replace(b'"v":1', b'"v":2')
    entries[1]["leaf"] = base64.b64encode(leaf).decode()


def _edit_time(entries: list[dict[str, Any]]) -> None:
    leaf = base64.b64decode(entries[1]["leaf"]).replace(b'"at":"2026', b'"at":"2025')
    entries[1]["leaf"] = base64.b64encode(leaf).decode()


def _edit_opening(entries: list[dict[str, Any]]) -> None:
    raw = base64.b64decode(entries[1]["openings"][0])
    salt, group, _ = json.loads(raw)
    lie = canonical_bytes([salt, group, {"altered": True}])
    entries[1]["openings"][0] = base64.b64encode(lie).decode()


def _open_twice(entries: list[dict[str, Any]]) -> None:
    entries[1]["openings"] *= 2


@pytest.mark.parametrize(
    ("change", "index"),
    [
        (lambda found: found.pop(1), FIRST + 1),
        (lambda found: found.pop(0), FIRST),
        (lambda found: found.insert(1, found[0]), FIRST + 1),
        (_swap_leaves, FIRST + 1),
        (_edit_leaf, FIRST + 1),
        (_edit_time, FIRST + 1),
        (_edit_opening, FIRST + 1),
        (_open_twice, FIRST + 1),
    ],
    ids=[
        "one left out", "the first left out", "one repeated", "two leaves swapped",
        "leaf of another version", "time altered", "opening altered", "opened twice",
    ],
)  # fmt: skip
def test_the_first_bad_index_is_named(
    kit: Kit,
    good: bytes,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[dict[str, Any]]], object],
    index: int,
) -> None:
    assert kit.verify(spoiled(good, {"entries.jsonl": _entries(change)})) == 1
    assert f"at index {index}:" in capsys.readouterr().out


def test_the_last_entry_left_out_is_found_at_its_index(
    kit: Kit, good: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    last = lines(good)[-1]["index"]
    changed = _entries(lambda found: found.pop())
    assert kit.verify(spoiled(good, {"entries.jsonl": changed})) == 1
    assert f"at index {last}:" in capsys.readouterr().out


def test_openings_left_out_are_withheld_and_never_tampered(
    kit: Kit, good: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    def withhold(entries: list[dict[str, Any]]) -> None:
        for entry in entries:
            entry["openings"] = entry["openings"][:1]

    assert kit.verify(spoiled(good, {"entries.jsonl": _entries(withhold)})) == 2
    assert "(withheld)" in capsys.readouterr().out


def test_without_a_pinned_key_nobody_can_tell_whose_log_it_is(kit: Kit, good: bytes) -> None:
    assert kit.verify(good, pinned=False) == 2


def test_a_log_signed_by_another_key_is_refused_by_the_pinned_one(kit: Kit, good: bytes) -> None:
    """The forger rewrites the checkpoint, every proof and keys.json under a key of his own."""
    found = members(good)
    old = found["checkpoint"].decode()
    checkpoint = Checkpoint.parse(Note.parse(old).text)
    forger = SigningKey(checkpoint.origin, Ed25519PrivateKey.generate())
    forged = sign_checkpoint(checkpoint, forger).to_text()
    swapped: dict[str, Change] = {
        name: content.replace(old.encode(), forged.encode())
        for name, content in found.items()
        if name == "checkpoint" or name.startswith("proofs/")
    }
    swapped["keys.json"] = canonical_bytes(
        {"log": [Verifier.of(forger).vkey], "receipts": [], "witnesses": []}
    )
    assert kit.verify(spoiled(good, swapped)) == 1
    assert kit.verify(spoiled(good, swapped), pinned=False) == 1


def test_chosen_entries_say_incomplete_and_a_lie_about_that_is_found(
    kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    decision = kit.world.check("ben", "nora")["id"]
    chosen = kit.bundle(Chosen((decision,)))
    assert kit.verify(chosen) == 0
    assert "INCOMPLETE" in capsys.readouterr().out

    def lie(raw: bytes) -> bytes:
        said = json.loads(raw)
        index = said["entries"][0]
        return canonical_bytes({**said, "contiguous": True, "entries": [index, index + 1]})

    assert kit.verify(spoiled(chosen, {"manifest.json": lie})) == 1


def test_a_trimmed_bundle_with_a_manifest_to_match_is_found(kit: Kit, good: bytes) -> None:
    """Whoever trims cannot make the log say that less was chosen."""

    def shorter(raw: bytes) -> bytes:
        said = json.loads(raw)
        first, end = said["entries"]
        return canonical_bytes({**said, "entries": [first, end - 1]})

    trimmed = _entries(lambda found: found.pop())
    assert kit.verify(spoiled(good, {"entries.jsonl": trimmed, "manifest.json": shorter})) == 1


def test_members_that_do_not_belong_are_refused(kit: Kit, good: bytes) -> None:
    for name in ("notes.txt", "../verify.py", "packs/x.json", "proofs/01.tlog-proof"):
        assert kit.verify(spoiled(good, {name: b"x"})) == 1


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(kit: Kit, good: bytes) -> None:
    path = kit.folder / "twice.zip"
    path.write_bytes(good)
    with ZipFile(path, "a", ZIP_DEFLATED) as found:
        found.writestr("README.txt", "another")
    assert kit.verify(path.read_bytes()) == 1


def test_a_bundle_of_bytes_or_cut_off_is_refused(kit: Kit, good: bytes) -> None:
    assert kit.verify(b"no zip") == 1
    assert kit.verify(good[:-30]) == 1


def test_a_file_that_is_not_there_cannot_be_told(kit: Kit) -> None:
    assert verify.main([str(kit.folder / "absent.zip")]) == 2


def _witnessed(name: str) -> tuple[SigningKey, str]:
    signer = SigningKey(name, Ed25519PrivateKey.generate())
    return signer, Cosigner.of(signer).vkey


def _cosigned(bundle: bytes, signer: SigningKey, *, wrongly: bool = False) -> bytes:
    """The bundle under a checkpoint that a witness cosigned, proofs and all."""
    found = members(bundle)
    old = found["checkpoint"].decode()
    note = Note.parse(old)
    said = note.text + "x\n" if wrongly else note.text
    new = note.with_signatures([cosign(said, signer, 1_780_000_000)]).to_text()
    changed = {
        name: content.replace(old.encode(), new.encode())
        for name, content in found.items()
        if name == "checkpoint" or name.startswith("proofs/")
    }
    return spoiled(bundle, changed)


def test_a_pinned_witness_must_have_cosigned(kit: Kit, good: bytes) -> None:
    signer, vkey = _witnessed("witness.example/one")
    assert kit.verify(_cosigned(good, signer), "--witness", vkey) == 0
    assert kit.verify(good, "--witness", vkey) == 2
    assert kit.verify(_cosigned(good, signer, wrongly=True), "--witness", vkey) == 1


def test_a_checkpoint_of_the_readers_own_is_continued_from(kit: Kit, good: bytes) -> None:
    found = members(good)
    mine = kit.folder / "mine.checkpoint"
    mine.write_bytes(found["previous.checkpoint"])
    assert kit.verify(good, "--since", str(mine)) == 0
    alone = kit.bundle(Range(FIRST))
    assert kit.verify(alone, "--since", str(mine)) == 2


def test_another_head_of_the_same_size_is_a_fork(
    kit: Kit, good: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log signed two heads of one size: the reader holds the other."""
    desk = kit.world.desk
    signer = desk.log_key(desk.practice(kit.world.practice_id).log_origin)
    old = Checkpoint.parse(Note.parse(members(good)["previous.checkpoint"].decode()).text)
    fork = Checkpoint(old.origin, old.size, hashlib.sha256(b"another history").digest())
    other = kit.folder / "fork.checkpoint"
    other.write_text(sign_checkpoint(fork, signer).to_text(), encoding="utf-8")
    assert kit.verify(good, "--since", str(other)) == 1
    assert "FORK" in capsys.readouterr().out
    forked = {"previous.checkpoint": other.read_bytes()}
    assert kit.verify(spoiled(good, forked)) == 1


def test_a_range_that_is_proven_as_a_whole_names_where_it_begins(
    kit: Kit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (contents, proofs):
        monkeypatch.setattr(module, "MOST_PROOFS", 2)
    bundle = kit.bundle(Range(FIRST, FIRST + 4))
    proven = [name for name in members(bundle) if name.startswith("proofs/")]
    assert proven == [f"proofs/{_own(bundle)}.tlog-proof"]
    assert kit.verify(bundle) == 0
    assert kit.verify(spoiled(bundle, {"entries.jsonl": _entries(_edit_time)})) == 1
    assert f"at index {FIRST} or later" in capsys.readouterr().out


def _own(bundle: bytes) -> int:
    """The place of the entry about the bundle itself."""
    return int(json.loads(members(bundle)["made.jsonl"])["index"])


def test_what_was_erased_is_withheld_and_nothing_else_is_doubted(
    sqlite_world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit = Kit(sqlite_world, tmp_path)
    decision = sqlite_world.check("ben", "nora")["id"]
    with sqlite_world.writing() as context:
        nora = context.session.get_one(ClientRow, (kit.world.practice_id, kit.world.ids["nora"]))
        destroy_keys(context, [nora.person_id])
    bundle = kit.bundle(Chosen((decision,)))
    assert kit.verify(bundle) == 2
    assert kit.rederive(bundle) == 2
    assert "withheld" in capsys.readouterr().out
