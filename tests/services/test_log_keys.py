"""The log's key changes: both keys sign, old proofs hold, and no swapped key is ever accepted."""

from __future__ import annotations

import pytest

from policy_service.audit.verification import verify_log
from policy_service.errors import InvalidRequest
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.key_change import open_key_change
from policy_service.ledger.note import Note, Verifier
from policy_service.ledger.proof_file import verify_proof
from policy_service.services import audit_reading
from policy_service.services.log_keys import (
    KEY_CHANGED,
    KEY_RETIRED,
    key_changes,
    retire_key,
    rotate_key,
)
from policy_service.vault.signing import SigningKey
from tests.cast import World


def _key(world: World) -> Verifier:
    return world.desk.log_verifiers(world.desk.practice(world.practice_id).log_origin)[0]


def _verdict(world: World) -> tuple[int, str]:
    origin = world.desk.practice(world.practice_id).log_origin
    signer, keys = world.desk.log_key(origin), world.desk.log_verifiers(origin)
    found = verify_log(world.desk.database, world.practice_id, signer, keys)
    return found.exit_code, found.text


def _proof(world: World) -> tuple[str, bytes]:
    """A proof of the newest entry and its leaf."""
    [entry] = audit_reading.browse(
        world.desk, world.cleo, audit_reading.EntryFilter(action="log.created"), None, 1
    ).entries
    proof = audit_reading.entry_proof(world.desk, world.cleo, str(entry.leaf["id"]))
    with world.reading() as context:
        rows = audit_reading.reading.entries(context.session, world.practice_id)
        return proof, next(rows).leaf


def test_during_a_changeover_both_keys_sign_and_afterwards_the_new_one_alone(world: World) -> None:
    old = _key(world)
    proof, leaf = _proof(world)
    vkey = rotate_key(world.desk, world.cleo)
    new = _key(world)
    assert (new.vkey, new != old) == (vkey, True)
    during = audit_reading.checkpoint(world.desk, world.cleo)
    assert open_checkpoint(during, old) == open_checkpoint(during, new)
    assert retire_key(world.desk, world.cleo) == old.vkey
    after = audit_reading.checkpoint(world.desk, world.cleo)
    open_checkpoint(after, new)
    with pytest.raises(NoteRefused, match="not signed by"):
        open_checkpoint(after, old)
    assert verify_proof(proof, leaf, old), "a proof given before stays good"
    assert _verdict(world)[0] == 0
    assert world.actions()[-2:] == [KEY_CHANGED, KEY_RETIRED]


def test_the_entry_leads_whoever_pinned_the_old_key_to_the_new_one(world: World) -> None:
    old = _key(world)
    rotate_key(world.desk, world.cleo)
    with world.reading() as context:
        [said] = key_changes(context)
    assert open_key_change(said, old).new == _key(world)


def test_without_the_retired_keys_the_older_heads_would_not_verify(sqlite_world: World) -> None:
    """The control: the verdict rests on the retired vkey that is kept."""
    audit_reading.checkpoint(sqlite_world.desk, sqlite_world.cleo)
    rotate_key(sqlite_world.desk, sqlite_world.cleo)
    retire_key(sqlite_world.desk, sqlite_world.cleo)
    assert _verdict(sqlite_world)[0] == 0
    for kept in sqlite_world.settings.key_dir.glob("*.vkey"):
        kept.unlink()
    assert "a stored checkpoint is not ours" in _verdict(sqlite_world)[1]


def test_the_retired_secret_is_gone_and_its_vkey_is_kept(sqlite_world: World) -> None:
    world = sqlite_world
    old = _key(world)
    rotate_key(world.desk, world.cleo)
    retire_key(world.desk, world.cleo)
    folder = world.settings.key_dir
    names = sorted(path.name for path in folder.glob("log-*"))
    stem = f"log-{world.practice_id}"
    assert names == [f"{stem}.1.vkey", f"{stem}.2.pem"]
    assert (folder / names[0]).read_text(encoding="ascii") == f"{old.vkey}\n"


def test_keys_change_again_and_again(sqlite_world: World) -> None:
    seen = [_key(sqlite_world)]
    for _ in range(2):
        rotate_key(sqlite_world.desk, sqlite_world.cleo)
        retire_key(sqlite_world.desk, sqlite_world.cleo)
        seen.insert(0, _key(sqlite_world))
    origin = sqlite_world.desk.practice(sqlite_world.practice_id).log_origin
    assert list(sqlite_world.desk.log_verifiers(origin)) == seen
    assert _verdict(sqlite_world)[0] == 0


def test_a_change_cut_short_before_its_entry_is_taken_up_again(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    before = _key(world)

    def dead(_origin: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.desk.log_keys, "put_in_force", dead)
        with pytest.raises(KeyboardInterrupt):
            rotate_key(world.desk, world.cleo)
    assert _key(world) == before, "the next key signs nothing before it is in force"
    vkey = rotate_key(world.desk, world.cleo)
    assert _key(world).vkey == vkey
    assert world.actions().count(KEY_CHANGED) == 1


def test_a_second_change_waits_for_the_first_to_end(sqlite_world: World) -> None:
    rotate_key(sqlite_world.desk, sqlite_world.cleo)
    with pytest.raises(InvalidRequest) as caught:
        rotate_key(sqlite_world.desk, sqlite_world.cleo)
    assert "retire the older key first" in caught.value.errors[0].detail


def test_there_is_nothing_to_retire_without_a_changeover(sqlite_world: World) -> None:
    with pytest.raises(InvalidRequest) as caught:
        retire_key(sqlite_world.desk, sqlite_world.cleo)
    assert "No changeover" in caught.value.errors[0].detail
    assert KEY_RETIRED not in sqlite_world.actions()


def test_attack_23_a_swapped_key_is_refused_by_a_pinned_one(sqlite_world: World) -> None:
    """Whoever may write files gives the reader a log and a vkey that fit each other."""
    pinned = _key(sqlite_world)
    thief = SigningKey.generate(pinned.name)
    head = open_checkpoint(audit_reading.checkpoint(sqlite_world.desk, sqlite_world.cleo), pinned)
    swapped = sign_checkpoint(Checkpoint(head.origin, head.size, head.root), thief).to_text()
    assert open_checkpoint(swapped, Verifier.of(thief)) == head, "they fit each other"
    with pytest.raises(NoteRefused, match="not signed by"):
        open_checkpoint(swapped, pinned)
    relabelled = (
        Note.parse(swapped).to_text().replace(Verifier.of(thief).key_id.hex(), pinned.key_id.hex())
    )
    with pytest.raises(NoteRefused):
        open_checkpoint(relabelled, pinned)
