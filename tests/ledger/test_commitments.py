"""Commitments: nothing in clear, nothing guessable, every opening matches one digest or none."""

import base64
import hashlib
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.commitments import (
    Opening,
    commit,
    is_digest,
    open_commitments,
    open_matches,
)
from policy_service.ledger.errors import CommitmentRefused, NotCanonical
from tests.ledger.test_canonical import values
from tests.ledger.worked_example import COMMITMENT, GOLDEN, GROUPS, LEAF, salt

group_names = st.from_regex(r"[a-z][a-z0-9_]{0,20}(:[1-9][0-9]{0,4})?", fullmatch=True)
groups_strategy = st.dictionaries(group_names, values, min_size=1, max_size=6)


def salts_for(groups):
    return [salt(number) for number in range(len(groups))]


def test_the_digest_is_sha256_over_the_canonical_array_of_salt_group_and_value():
    opening = Opening(bytes(16), "care", {"b": 1, "a": None})
    raw = b'["AAAAAAAAAAAAAAAAAAAAAA","care",{"a":null,"b":1}]'
    assert opening.to_bytes() == raw
    expected = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
    assert opening.digest == expected


def test_the_golden_openings_have_not_changed():
    lines = (GOLDEN / "openings-v1.jsonl").read_bytes().splitlines()
    openings = [Opening.from_bytes(line) for line in lines]
    assert {opening.group: opening.value for opening in openings} == GROUPS
    assert sorted(opening.digest for opening in openings) == list(LEAF.sd)
    assert [opening.to_bytes() for opening in COMMITMENT.openings] == lines


@given(groups_strategy)
def test_every_group_opens_to_what_was_committed(groups):
    commitment = commit(groups, salts_for(groups))
    opened = open_commitments(commitment.digests, commitment.openings)
    assert opened.values == groups
    assert not opened.withheld
    assert not opened.foreign
    assert list(commitment.digests) == sorted(commitment.digests)


@given(groups_strategy)
def test_openings_survive_their_bytes(groups):
    for opening in commit(groups, salts_for(groups)).openings:
        assert Opening.from_bytes(opening.to_bytes()) == opening


@given(groups_strategy, st.data())
def test_a_withheld_group_is_named_withheld_and_never_foreign(groups, data):
    commitment = commit(groups, salts_for(groups))
    kept = data.draw(st.lists(st.sampled_from(commitment.openings), unique_by=lambda o: o.group))
    opened = open_commitments(commitment.digests, kept)
    assert len(opened.withheld) == len(groups) - len(kept)
    assert set(opened.withheld).isdisjoint(opening.digest for opening in kept)
    assert not opened.foreign


def test_a_changed_value_is_foreign_and_its_digest_withheld():
    honest = COMMITMENT.openings[0]
    forged = Opening(honest.salt, honest.group, {"episodes": ["one"]})
    assert open_matches(honest.digest, honest)
    assert not open_matches(honest.digest, forged)
    opened = open_commitments(COMMITMENT.digests, [forged])
    assert opened.foreign == (forged,)
    assert honest.digest in opened.withheld


@pytest.mark.parametrize("change", ["salt", "group", "value"])
def test_each_part_of_an_opening_binds(change):
    honest = COMMITMENT.openings[0]
    parts = {"salt": bytes(16), "group": "events", "value": None}
    fields = {"salt": honest.salt, "group": honest.group, "value": honest.value}
    assert not open_matches(honest.digest, Opening(**(fields | {change: parts[change]})))


def test_the_same_group_cannot_be_opened_twice():
    other = commit({"care": "another story"}, [salt(7)])
    digests = [*COMMITMENT.digests, *other.digests]
    with pytest.raises(CommitmentRefused, match="'care' is opened twice"):
        open_commitments(digests, [*COMMITMENT.openings, *other.openings])


def test_group_names_and_values_never_stand_in_the_leaf():
    raw = LEAF.to_bytes()
    assert not any(f'"{group}"'.encode() in raw for group in GROUPS)
    assert b"friend" not in raw
    assert b"episodes" not in raw


def test_without_salt_a_small_value_could_be_found_by_trying():
    """Negative control: the search that finds an unsalted value fails against a salted one."""
    kinds = ["friend", "ex_partner", "sibling", "cousin"]
    unsalted = hashlib.sha256(json.dumps(["tie:0", "sibling"]).encode()).digest()
    found = [
        k for k in kinds if hashlib.sha256(json.dumps(["tie:0", k]).encode()).digest() == unsalted
    ]
    assert found == ["sibling"]
    digest = commit({"tie:0": "sibling"}, [salt(3)]).digests[0]
    guesses = (Opening(guess, "tie:0", k) for guess, k in itertools.product([bytes(16)], kinds))
    assert not any(open_matches(digest, guess) for guess in guesses)


def test_equal_values_have_different_digests_under_different_salts():
    one, two = commit({"care": 1}, [salt(0)]), commit({"care": 1}, [salt(1)])
    assert one.digests != two.digests


@pytest.mark.parametrize(
    "salts", [[], [salt(0)], [salt(0)] * 2, [salt(0), salt(1), salt(2)], [salt(0), b"short"]]
)
def test_each_group_needs_a_salt_of_its_own(salts):
    with pytest.raises(CommitmentRefused, match="salt"):
        commit({"care": 1, "events": 2}, salts)


@pytest.mark.parametrize(
    "group", ["", "Care", "tie:", "tie:01", "tie:-1", "a b", "é", "care\n", "tie:1:2", "x" * 40]
)
def test_group_names_are_a_word_or_a_word_with_a_number(group):
    with pytest.raises(CommitmentRefused, match="group"):
        Opening(bytes(16), group, None)


def test_a_value_with_a_float_is_refused_by_place():
    with pytest.raises(NotCanonical, match="at /2/amount: float"):
        commit({"events": {"amount": 1.5}}, [salt(0)])


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'["AAAAAAAAAAAAAAAAAAAAAA","care"]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",1,null]',
        b'["AAAAAAAAAAAAAAAAAAAAAB","care",null]',
        b'["AAAAAAAAAAAAAAAAAAAAAA==","care",null]',
        b'["AAAA","care",null]',
        b'["AAAAAAAAAAAAAAAAAAAAAA", "care",null]',
        b'["AAAAAAAAAAAAAAAAAAAAAA","care",{"a":1,"a":1}]',
    ],
)
def test_other_spellings_of_an_opening_are_refused(raw):
    with pytest.raises((CommitmentRefused, NotCanonical)):
        Opening.from_bytes(raw)


@pytest.mark.parametrize("text", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "é" * 43, "+" * 43])
def test_only_the_one_spelling_of_a_digest_is_a_digest(text):
    assert is_digest("A" * 43)
    assert not is_digest(text)


@given(st.binary(min_size=32, max_size=32))
def test_every_32_bytes_have_a_spelling_that_is_a_digest(raw):
    assert is_digest(base64.urlsafe_b64encode(raw).rstrip(b"=").decode())
