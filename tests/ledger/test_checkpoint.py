"""Checkpoints: three lines, the origin's own key, no other reading."""

import pytest

from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.merkle import Head
from policy_service.ledger.note import Verifier, sign_note
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, OTHER_KEY, SeededKey

ROOT = bytes(range(32))
CHECKPOINT = Checkpoint(ORIGIN, 70_000, ROOT)
BODY = f"{ORIGIN}\n70000\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_the_body_is_origin_size_and_root_on_three_lines():
    assert CHECKPOINT.text == BODY
    assert Checkpoint.parse(BODY) == CHECKPOINT
    assert CHECKPOINT.head == Head(70_000, ROOT)


def test_a_signed_checkpoint_opens_under_the_pinned_key():
    signed = sign_checkpoint(CHECKPOINT, LOG_KEY).to_text()
    assert signed.startswith(BODY + f"\n— {ORIGIN} ")
    assert open_checkpoint(signed, LOG_VERIFIER) == CHECKPOINT


def test_a_changed_size_does_not_open():
    signed = sign_checkpoint(CHECKPOINT, LOG_KEY).to_text()
    with pytest.raises(NoteRefused, match="does not verify"):
        open_checkpoint(signed.replace("70000", "70001"), LOG_VERIFIER)


def test_a_checkpoint_of_another_log_does_not_open_even_if_signed():
    foreign = Checkpoint("log.example/practice/oak", 5, ROOT)
    signed = sign_note(foreign.text, LOG_KEY).to_text()
    with pytest.raises(NoteRefused, match=r"expected 'log\.example"):
        open_checkpoint(signed, LOG_VERIFIER)


def test_a_checkpoint_signed_with_a_swapped_key_does_not_open():
    thief = SeededKey(ORIGIN, seed="another")
    with pytest.raises(NoteRefused, match="not signed by"):
        open_checkpoint(sign_checkpoint(CHECKPOINT, thief).to_text(), LOG_VERIFIER)


def test_only_a_key_named_for_the_origin_signs():
    with pytest.raises(NoteRefused, match="the log key is named"):
        sign_checkpoint(CHECKPOINT, OTHER_KEY)


def test_extension_lines_are_kept_and_signed():
    extended = Checkpoint(ORIGIN, 3, ROOT, ("extension one",))
    signed = sign_checkpoint(extended, LOG_KEY).to_text()
    assert open_checkpoint(signed, Verifier.of(LOG_KEY)) == extended


@pytest.mark.parametrize(
    "body",
    [
        "",
        f"{ORIGIN}\n3\n",
        BODY.rstrip("\n"),
        BODY + "\n",
        BODY.replace("70000", "070000"),
        BODY.replace("70000", "+70000"),
        BODY.replace("70000", "0"),
        BODY.replace("70000", "-1"),
        BODY.replace("70000", "٧"),
        BODY.replace("70000", str(2**63)),
        BODY.replace("Hh8=", "Hh8"),
        BODY.replace("Hh8=", "Hh9="),
        BODY.replace("AAEC", ""),
        BODY.replace(ORIGIN, ""),
    ],
)
def test_malformed_bodies_are_refused(body):
    with pytest.raises(NoteRefused):
        Checkpoint.parse(body)


@pytest.mark.parametrize(("size", "root"), [(0, ROOT), (-1, ROOT), (2**63, ROOT), (1, b"")])
def test_an_empty_tree_or_a_short_root_is_never_published(size, root):
    with pytest.raises(NoteRefused):
        Checkpoint(ORIGIN, size, root)


@pytest.mark.parametrize("line", ["", "two\nlines", "tab\t"])
def test_origin_and_extensions_are_single_lines(line):
    with pytest.raises(NoteRefused):
        Checkpoint(line, 1, ROOT)
    with pytest.raises(NoteRefused):
        Checkpoint(ORIGIN, 1, ROOT, (line,))
