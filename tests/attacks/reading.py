"""Attacks on what a reader is given: other spellings, nodes shown as leaves, other keys, less."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import orjson
import pytest

from policy_service.ledger.canonical import Json
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.commitments import Opening
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.key_change import open_key_change, sign_key_change
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import leaf_hash, subtree_reader
from policy_service.ledger.note import Note, Verifier
from policy_service.ledger.proof_file import verify_proof
from policy_service.services import audit_reading
from policy_service.services.log_keys import key_changes, retire_key, rotate_key
from policy_service.vault.signing import SigningKey
from tests.attacks.forger import rows_of
from tests.audit.evidence.bundles import Change, Kit, lines, spoiled, written
from tests.cast import World


def twist(leaf: bytes) -> Mapping[str, bytes]:
    """Other bytes that a lenient reader takes for the same leaf."""
    members = orjson.loads(leaf)
    return {
        "a key twice": leaf.replace(b'"v":1}', b'"v":2,"v":1}'),
        "1.0 for 1": leaf.replace(b'"v":1}', b'"v":1.0}'),
        "1e0 for 1": leaf.replace(b'"v":1}', b'"v":1e0}'),
        "keys in another order": orjson.dumps(dict(reversed(members.items()))),
        "spaces": orjson.dumps(members, option=orjson.OPT_INDENT_2),
        "an escape": leaf.replace(b'"action":"n', b'"action":"\\u006e'),
        "a newline behind": leaf + b"\n",
    }


def taken_for_the_same(leaf: bytes, read: Callable[[bytes], object]) -> str:
    """The spellings that a reader takes for the leaf, though they hash to something else."""
    found = []
    for name, raw in twist(leaf).items():
        assert raw != leaf, name
        try:
            same = read(raw) == read(leaf)
        except ValueError:
            same = False
        found += [name] if same else []
    return ", ".join(found)


def strictly(raw: bytes) -> object:
    """As every reader of the log reads a leaf; what it refuses is a ValueError."""
    try:
        return Leaf.from_bytes(raw)
    except Exception as error:
        raise ValueError(str(error)) from error


def shifted() -> Sequence[tuple[bytes, bytes]]:
    """Pairs of openings that say different things in, field by field, the same characters."""
    salt = bytes(16)
    pairs = [
        (Opening(salt, "tie", "bother"), Opening(salt, "ti", "ebother")),
        (Opening(salt, "care", ["ab", "c"]), Opening(salt, "care", ["a", "bc"])),
        (Opening(salt, "care", 1), Opening(salt, "care", "1")),
        (Opening(salt, "care", "a\nb"), Opening(salt, "care", ["a", "b"])),
        (_named("NFC"), _named("NFD")),
    ]
    return [(one.to_bytes(), other.to_bytes()) for one, other in pairs]


def _named(form: Literal["NFC", "NFD"]) -> Opening:
    return Opening(bytes(16), "care", unicodedata.normalize(form, "Zoë"))


def joined(raw: bytes) -> bytes:
    """As a log that hashes fields one behind the other would see an opening."""
    _, group, value = json.loads(raw)
    parts = [group, *(value if isinstance(value, list) else [value])]
    return unicodedata.normalize("NFC", "".join(map(str, parts))).replace("\n", "").encode()


def digests_that_meet(pairs: Sequence[tuple[bytes, bytes]]) -> int:
    """How many of the pairs one digest would stand for."""
    return sum(hashlib.sha256(a).digest() == hashlib.sha256(b).digest() for a, b in pairs)


def nodes_that_pass_for_leaves(leaf_hashes: Sequence[bytes], hashed: Callable[..., bytes]) -> int:
    """How many inner nodes some 64 bytes, shown as an entry, would hash to."""
    read = subtree_reader(leaf_hashes)
    pairs = [(read(0, 2 * n), read(0, 2 * n + 1), read(1, n)) for n in range(len(leaf_hashes) // 2)]
    return sum(hashed(left + right) == node for left, right, node in pairs)


def unprefixed(patch: pytest.MonkeyPatch) -> Callable[[bytes], bytes]:
    """Hashing without the prefixes of RFC 6962; returns the hash of a leaf."""

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(left + right).digest()

    patch.setattr("policy_service.ledger.merkle.node_hash", node)
    return lambda raw: hashlib.sha256(raw).digest()


def hash_leaf(raw: bytes) -> bytes:
    """As the log hashes an entry."""
    return leaf_hash(raw)


def pinned_key(world: World) -> Verifier:
    """The key that a reader learnt from elsewhere."""
    return world.desk.log_verifiers(world.desk.practice(world.practice_id).log_origin)[0]


def swap_key(world: World) -> tuple[str, Verifier]:
    """The log's head under a key of the attacker's own, and that key, which fit each other."""
    pinned = pinned_key(world)
    thief = SigningKey.generate(pinned.name)
    head = open_checkpoint(audit_reading.checkpoint(world.desk, world.cleo), pinned)
    note = sign_checkpoint(Checkpoint(head.origin, head.size, head.root), thief).to_text()
    return note, Verifier.of(thief)


def refused_by(note: str, key: Verifier) -> str:
    """What a reader who trusts this key says to a head."""
    try:
        open_checkpoint(note, key)
    except NoteRefused as error:
        return str(error)
    return ""


def relabelled(note: str, thief: Verifier, pinned: Verifier) -> str:
    """The same head, its signature given out as the pinned key's."""
    text = Note.parse(note).to_text()
    return text.replace(thief.key_id.hex(), pinned.key_id.hex())


def genuine_change(world: World) -> Json:
    """The statement of a change of the log's key, as its entry has it; an old proof still holds."""
    proof, leaf, old = *_proof(world), pinned_key(world)
    rotate_key(world.desk, world.cleo)
    retire_key(world.desk, world.cleo)
    assert verify_proof(proof, leaf, old)
    with world.reading() as context:
        [said] = key_changes(context)
    return said


def _proof(world: World) -> tuple[str, bytes]:
    form = audit_reading.EntryFilter(action="log.created")
    [entry] = audit_reading.browse(world.desk, world.cleo, form, None, 1).entries
    proof = audit_reading.entry_proof(world.desk, world.cleo, str(entry.leaf["id"]))
    return proof, rows_of(world)[0]["leaf"]


def change_by_a_thief_of_one(genuine: Json, old: Verifier) -> Json:
    """The new key's holder makes a statement without the old one's signature."""
    assert isinstance(genuine, dict)
    thief = SigningKey.generate(old.name)
    made = sign_key_change(str(genuine["at"]), thief, SigningKey.generate(old.name))
    return {**made, "old": old.vkey}


def change_refused(said: Json, pinned: Verifier) -> str:
    """What a reader who pinned the old key says to a statement of change."""
    try:
        open_key_change(said, pinned)
    except NoteRefused as error:
        return str(error)
    return ""


def children_of_some_node(leaf_hashes: Sequence[bytes]) -> bytes:
    """The 64 bytes that an inner node is the hash of."""
    read = subtree_reader(leaf_hashes)
    return read(0, 0) + read(0, 1)


def verify_bundle(kit: Kit, bundle: bytes, capsys: pytest.CaptureFixture[str]) -> str:
    """What verify.py complains of."""
    code = kit.verify(bundle)
    said = capsys.readouterr().out
    return "" if code == 0 else f"exit {code}: {said}"


def trimmed(bundle: bytes, place: int) -> tuple[bytes, int]:
    """The bundle without one of its entries, and the index of that one."""
    gone = lines(bundle)[place]["index"]

    def without(raw: bytes) -> bytes:
        found = [json.loads(line) for line in raw.splitlines()]
        return written([one for one in found if one["index"] != gone])

    changes: dict[str, Change] = {"entries.jsonl": without}
    return spoiled(bundle, changes), gone
