"""Keyed digests meet for equal texts of one practice and purpose, and for nothing else."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.vault.blind import keyed_digest, keyed_mac, match_key, pseudonym, same_digest
from policy_service.vault.keys import Key, Purpose

FERN, OAK = Key(bytes(range(32))), Key(bytes(32))
SECRET = FERN.derive(Purpose.MATCH_KEY)
texts = st.text(st.characters(exclude_categories=["Cs"]))


def test_the_digest_is_hmac_sha256_of_the_text_in_utf_8():
    expected = hmac.digest(SECRET.secret, "Bérg".encode(), hashlib.sha256)
    assert keyed_digest(SECRET, "Bérg") == expected


@given(texts)
def test_a_match_key_fits_a_bigint_and_repeats(text):
    number = match_key(SECRET, text)
    assert -(2**63) <= number < 2**63
    assert number == match_key(SECRET, text)
    assert number.to_bytes(8, "big", signed=True) == keyed_digest(SECRET, text)[:8]


def test_match_keys_use_both_signs():
    signs = {match_key(SECRET, str(number)) < 0 for number in range(64)}
    assert signs == {True, False}


@given(texts, texts)
def test_different_texts_have_different_digests(one, two):
    assert (keyed_digest(SECRET, one) == keyed_digest(SECRET, two)) == (one == two)


@given(texts)
def test_the_same_name_never_meets_across_practices_or_purposes(text):
    others = (OAK.derive(Purpose.MATCH_KEY), FERN.derive(Purpose.FREQUENCY))
    assert all(match_key(SECRET, text) != match_key(other, text) for other in others)


@given(texts)
def test_a_pseudonym_is_22_characters_that_a_leaf_may_carry(text):
    name = pseudonym(FERN.derive(Purpose.PSEUDONYM), text)
    assert len(name) == 22
    assert name.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("one", "two"), [([b"ab", b"c"], [b"a", b"bc"]), ([b"a"], [b"a", b""]), ([], [b""])]
)
def test_parts_of_a_mac_cannot_shift_into_each_other(one, two):
    assert not same_digest(keyed_mac(SECRET, one), keyed_mac(SECRET, two))
    assert same_digest(keyed_mac(SECRET, one), keyed_mac(SECRET, list(one)))
