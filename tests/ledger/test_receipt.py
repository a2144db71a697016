"""Receipts promise an entry and tell nothing else, not even by their length."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from policy_service.ledger.commitments import commit
from policy_service.ledger.errors import ReceiptRefused
from policy_service.ledger.receipt import Receipt, open_receipt, sign_receipt
from tests.ledger.keys import (
    LOG_KEY,
    LOG_VERIFIER,
    ORIGIN,
    RECEIPT_KEY,
    RECEIPT_VERIFIER,
    SeededKey,
)
from tests.ledger.test_leaf import leaves
from tests.ledger.worked_example import CREATED, GOLDEN, LEAF, salt

RECEIPT = Receipt.of(LEAF, ORIGIN, 60)
RAW = sign_receipt(RECEIPT, RECEIPT_KEY)


def test_a_receipt_opens_under_the_receipt_key_and_matches_its_entry():
    assert open_receipt(RAW, RECEIPT_VERIFIER) == RECEIPT
    assert RECEIPT.matches(LEAF)


def test_the_golden_receipt_has_not_changed_by_a_byte():
    assert (GOLDEN / "receipt-v1.json").read_bytes() == RAW


def test_a_receipt_does_not_match_the_entry_rewritten_or_another_one():
    assert not RECEIPT.matches(replace(LEAF, outcome="no_finding"))
    assert not RECEIPT.matches(CREATED)


@given(leaves)
def test_every_receipt_of_a_practice_has_the_same_length(leaf):
    here = replace(leaf, practice=LEAF.practice)
    assert len(sign_receipt(Receipt.of(here, ORIGIN, 60), RECEIPT_KEY)) == len(RAW)


@given(leaves)
def test_two_receipts_of_a_practice_differ_only_in_the_declared_fields(leaf):
    here = replace(leaf, practice=LEAF.practice)
    other = json.loads(sign_receipt(Receipt.of(here, ORIGIN, 60), RECEIPT_KEY))
    ours = json.loads(RAW)
    changed = {name for name in ours if ours[name] != other[name]}
    assert changed <= {"id", "leaf_hash", "at", "sig"}
    assert all(len(ours[name]) == len(other[name]) for name in changed)


def test_the_outcome_cannot_be_found_by_trying_leaves_against_the_receipt():
    """An entry's salted digest is in its hash: knowing all the rest does not rebuild it."""
    guessed_salts = commit({"decision": "x"}, [bytes(16)]).digests
    for outcome in ("no_finding", "advise", "monitor", "deliberate", "prohibit"):
        guess = replace(LEAF, outcome=outcome, sd=guessed_salts)
        assert guess.hash != RECEIPT.leaf_hash
    assert (
        replace(LEAF, outcome="deliberate").hash == RECEIPT.leaf_hash
    )  # control: with the digests


def test_the_log_key_cannot_stand_in_for_the_receipt_key():
    with pytest.raises(ReceiptRefused, match="not signed by the key"):
        open_receipt(sign_receipt(RECEIPT, LOG_KEY), RECEIPT_VERIFIER)
    assert open_receipt(sign_receipt(RECEIPT, LOG_KEY), LOG_VERIFIER) == RECEIPT


def test_an_impostor_of_the_same_name_is_refused():
    impostor = SeededKey(RECEIPT_KEY.name, seed="impostor")
    with pytest.raises(ReceiptRefused, match="not signed by the key"):
        open_receipt(sign_receipt(RECEIPT, impostor), RECEIPT_VERIFIER)


def test_any_flipped_bit_is_noticed():
    for at in range(len(RAW)):
        broken = RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :]
        with pytest.raises(ReceiptRefused):
            open_receipt(broken, RECEIPT_VERIFIER)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        RAW + b" ",
        RAW.replace(b'"v":1', b'"v":1,"x":2'),
        RAW.replace(b'"mmd":60', b'"mmd":60.0'),
    ],
)
def test_malformed_receipts_are_refused(raw):
    with pytest.raises(ReceiptRefused):
        open_receipt(raw, RECEIPT_VERIFIER)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"at": "today"},
        {"leaf_hash": b""},
        {"practice": ""},
        {"log": ""},
        {"mmd": 0},
        {"mmd": 86_401},
    ],
)
def test_a_receipt_with_an_impossible_field_is_never_made(changes):
    with pytest.raises(ReceiptRefused, match="receipt"):
        replace(RECEIPT, **changes)


def test_a_receipt_key_that_signs_another_version_is_not_believed():
    members = {name: value for name, value in json.loads(RAW).items() if name != "sig"}
    members["v"] = 2
    import rfc8785

    from policy_service.ledger.encoding import base64url

    signature = RECEIPT_KEY.sign(b"policy_service receipt v1\n" + rfc8785.dumps(members))
    with pytest.raises(ReceiptRefused, match="version 1"):
        open_receipt(rfc8785.dumps(members | {"sig": base64url(signature)}), RECEIPT_VERIFIER)


def test_a_commitment_is_what_makes_the_leaf_hash_unguessable():
    one = replace(LEAF, sd=commit({"decision": "x"}, [salt(5)]).digests)
    two = replace(LEAF, sd=commit({"decision": "x"}, [salt(6)]).digests)
    assert one.hash != two.hash
