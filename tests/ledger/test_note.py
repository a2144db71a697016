"""Signed notes: the published example of others verifies, and nothing forged does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note, Signature, Verifier, sign_note
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, OTHER_KEY, SeededKey

# The example in the documentation of Go's golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_signed_by_the_go_implementation_verifies():
    verifier = Verifier.from_vkey(GO_VKEY)
    assert verifier.vkey == GO_VKEY
    Note.parse(GO_NOTE).require(verifier)


def test_the_same_note_with_one_letter_changed_does_not():
    note = Note.parse(GO_NOTE.replace("answer", "Answer"))
    with pytest.raises(NoteRefused, match="does not verify"):
        note.require(Verifier.from_vkey(GO_VKEY))


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])))
def test_any_text_can_be_signed_and_read_back(text):
    note = sign_note(f"{text}\n", LOG_KEY, OTHER_KEY)
    again = Note.parse(note.to_text())
    assert again == note
    again.require(LOG_VERIFIER)
    again.require(Verifier.of(OTHER_KEY))


def test_the_text_may_hold_empty_lines_and_ends_at_the_last_one():
    note = sign_note("a\n\nb\n\n", LOG_KEY)
    assert Note.parse(note.to_text()).text == "a\n\nb\n\n"


def test_signatures_of_unknown_keys_are_ignored():
    note = sign_note("text\n", OTHER_KEY, LOG_KEY)
    note.require(LOG_VERIFIER)
    with pytest.raises(NoteRefused, match="not signed by"):
        sign_note("text\n", OTHER_KEY).require(LOG_VERIFIER)


def test_a_key_of_the_same_name_does_not_stand_in():
    impostor = SeededKey(LOG_KEY.name, seed="impostor")
    with pytest.raises(NoteRefused, match="not signed by"):
        sign_note("text\n", impostor).require(LOG_VERIFIER)


def test_an_impostor_who_borrows_the_key_id_fails_to_verify():
    impostor = SeededKey(LOG_KEY.name, seed="impostor")
    forged = Signature(LOG_KEY.name, LOG_VERIFIER.key_id, impostor.sign(b"text\n"))
    with pytest.raises(NoteRefused, match="does not verify"):
        Note("text\n", (forged,)).require(LOG_VERIFIER)


def test_one_broken_signature_of_the_known_key_refuses_the_note():
    good = sign_note("text\n", LOG_KEY)
    broken = Signature(LOG_KEY.name, LOG_VERIFIER.key_id, bytes(64))
    with pytest.raises(NoteRefused, match="does not verify"):
        good.with_signatures([broken]).require(LOG_VERIFIER)


def test_a_witness_can_add_its_line_to_a_parsed_note():
    line = sign_note("text\n", OTHER_KEY).signatures
    both = Note.parse(sign_note("text\n", LOG_KEY).to_text()).with_signatures(line)
    Note.parse(both.to_text()).require(Verifier.of(OTHER_KEY))


@given(st.integers(0, 255), st.integers(0, 7))
def test_any_flipped_bit_of_a_note_is_noticed(position, bit):
    raw = bytearray(sign_note("log.example\n12\nroot\n", LOG_KEY).to_text().encode())
    raw[position % len(raw)] ^= 1 << bit
    try:
        note = Note.parse(raw.decode())
    except (NoteRefused, UnicodeDecodeError):
        return
    with pytest.raises(NoteRefused):
        note.require(LOG_VERIFIER)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "text\n",
        "text\n\n",
        "text\n\n— name",
        "text\n\n— name !!!!\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n—  AAAAAAAA\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAA\n",
        "text\n\n— name AAAAAAAB\n— name\n",
        "te\txt\n\n— name AAAAAAAA\n",
        "text\r\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 101,
        "x" * 1_000_001,
    ],
)
def test_malformed_notes_are_refused(raw):
    with pytest.raises(NoteRefused):
        Note.parse(raw)


def test_sixteen_signatures_are_accepted():
    assert len(Note.parse("text\n\n" + "— name AAAAAAAA\n" * 16).signatures) == 16


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+AQ==",
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("PeterNeumann", "Peter Neumann"),
        GO_VKEY[:-1],
        GO_VKEY.replace("+ARpc", "+Ahpc"),
    ],
)
def test_malformed_vkeys_are_refused(vkey):
    with pytest.raises(NoteRefused):
        Verifier.from_vkey(vkey)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "lone \ud800\n"])
def test_texts_a_note_cannot_carry_are_not_signed(text):
    with pytest.raises(NoteRefused, match="note text"):
        sign_note(text, LOG_KEY)
