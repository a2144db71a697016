"""Cosignatures: dated, over a text of their own, under a key id of their own type."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.cosignature import Cosigner, cosign, cosigned_at
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note, Signature, Verifier
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, OTHER_KEY, SeededKey

WITNESS = Cosigner.of(OTHER_KEY)
NOTE = sign_checkpoint(Checkpoint(ORIGIN, 70_000, bytes(range(32))), LOG_KEY)
AT = 1_679_315_147


def _cosigned(at: int = AT, key: SeededKey = OTHER_KEY) -> Note:
    return NOTE.with_signatures([cosign(NOTE.text, key, at)])


def test_the_signed_text_is_the_one_that_the_specification_spells_out():
    line = cosign(NOTE.text, OTHER_KEY, AT).line
    mark, name, encoded = line.removesuffix("\n").split(" ")
    raw = base64.b64decode(encoded)
    named = OTHER_KEY.name.encode() + b"\n\x04" + OTHER_KEY.public_key
    assert (mark, name) == ("—", OTHER_KEY.name)
    assert raw[:4] == hashlib.sha256(named).digest()[:4]
    assert int.from_bytes(raw[4:12], "big") == AT
    stated = f"cosignature/v1\ntime {AT}\n{NOTE.text}".encode()
    Ed25519PublicKey.from_public_bytes(OTHER_KEY.public_key).verify(raw[12:], stated)


def test_a_cosigned_note_satisfies_its_witness_and_still_its_log():
    note = Note.parse(_cosigned().to_text())
    note.require(WITNESS)
    note.require(LOG_VERIFIER)
    assert cosigned_at(WITNESS.find(note)) == AT


def test_a_changed_time_does_not_verify():
    line = cosign(NOTE.text, OTHER_KEY, AT)
    later = Signature(line.name, line.key_id, (AT + 1).to_bytes(8, "big") + line.value[8:])
    with pytest.raises(NoteRefused, match="does not verify"):
        NOTE.with_signatures([later]).require(WITNESS)


def test_a_cosignature_of_another_head_does_not_verify():
    other = sign_checkpoint(Checkpoint(ORIGIN, 70_001, bytes(32)), LOG_KEY)
    moved = other.with_signatures([cosign(NOTE.text, OTHER_KEY, AT)])
    with pytest.raises(NoteRefused, match="does not verify"):
        moved.require(WITNESS)


def test_an_uncosigned_note_is_refused_by_name():
    with pytest.raises(NoteRefused, match=r"not signed by witness\.example/w1"):
        WITNESS.find(NOTE)


def test_a_plain_signature_of_the_same_key_is_no_cosignature():
    plain = Verifier.of(OTHER_KEY)
    assert plain.key_id != WITNESS.key_id
    value = OTHER_KEY.sign(NOTE.text.encode())
    forged = NOTE.with_signatures([Signature(WITNESS.name, WITNESS.key_id, value)])
    with pytest.raises(NoteRefused, match="does not verify"):
        forged.require(WITNESS)


def test_a_cosigner_vkey_comes_back_and_a_log_vkey_is_not_taken_for_one():
    assert Cosigner.from_vkey(WITNESS.vkey) == WITNESS
    with pytest.raises(NoteRefused, match="must be of type 0x04"):
        Cosigner.from_vkey(LOG_VERIFIER.vkey)
    with pytest.raises(NoteRefused, match="must be of type 0x01"):
        Verifier.from_vkey(WITNESS.vkey)


@pytest.mark.parametrize("value", [b"", b"\x00" * 8, b"\xff" * 72])
def test_nonsense_is_not_accepted(value):
    assert not WITNESS.accepts(NOTE.text.encode(), value)


@pytest.mark.parametrize("at", [-1, 2**63])
def test_a_time_outside_the_format_is_refused(at):
    with pytest.raises(NoteRefused, match="cosignature time"):
        cosign(NOTE.text, OTHER_KEY, at)
