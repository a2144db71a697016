"""Leaf v1 is final: the golden bytes never change, and nothing else reads as a leaf."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.errors import LeafRefused
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.merkle import leaf_hash
from tests.ledger.worked_example import CREATED, GOLDEN, LEAF

GOLDEN_LEAF = (GOLDEN / "leaf-v1.json").read_bytes()
MEMBERS = json.loads(GOLDEN_LEAF)


def spelled(**changes):
    return rfc8785.dumps(MEMBERS | changes)


def test_the_golden_leaf_has_not_changed_by_a_byte():
    assert LEAF.to_bytes() == GOLDEN_LEAF
    assert Leaf.from_bytes(GOLDEN_LEAF) == LEAF
    assert LEAF.hash == leaf_hash(GOLDEN_LEAF)


def test_the_golden_first_entry_writes_absent_values_as_null():
    raw = (GOLDEN / "leaf-v1-created.json").read_bytes()
    assert CREATED.to_bytes() == raw
    absent = {
        name: json.loads(raw)[name] for name in ("actor_ref", "outcome", "semantics", "model")
    }
    assert absent == dict.fromkeys(absent)
    assert Leaf.from_bytes(raw) == CREATED


def test_the_fields_are_those_of_version_one_and_no_others():
    expected = "v id action at practice actor_ref subject_refs outcome packs semantics model"
    assert MEMBERS.keys() == {*expected.split(), "_sd_alg", "_sd"}


refs = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,40}", fullmatch=True)
hexes = st.binary(min_size=32, max_size=32).map(bytes.hex)
leaves = st.builds(
    Leaf,
    id=st.uuids().map(str),
    action=st.sampled_from(["check.decided", "log.created", "identity.verdict_given"]),
    at=st.datetimes().map(lambda moment: format_at(moment.replace(tzinfo=UTC))),
    practice=refs,
    sd=st.just(LEAF.sd),
    actor_ref=st.none() | refs,
    subject_refs=st.sets(refs, max_size=4).map(lambda each: tuple(sorted(each))),
    outcome=st.none() | st.sampled_from(["no_finding", "prohibit"]),
    packs=st.sets(hexes, max_size=4).map(lambda each: tuple(sorted(each))),
    semantics=st.none() | st.integers(1, 1000),
    model=st.none() | hexes,
)


@given(leaves)
def test_every_leaf_reads_back_equal_and_is_rfc_8785(leaf):
    raw = leaf.to_bytes()
    assert Leaf.from_bytes(raw) == leaf
    assert rfc8785.dumps(json.loads(raw)) == raw


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"v": 2}, "v"),
        ({"v": True}, "v"),
        ({"v": "1"}, "v"),
        ({"id": "019A9F3C-6D2E-7C41-9B1A-2F60C1D4E5F6"}, "id"),
        ({"id": None}, "id"),
        ({"action": "decided"}, "action"),
        ({"action": "check.Decided"}, "action"),
        ({"action": "check." + "x" * 60}, "action"),
        ({"at": "2026-03-01T09:30:00Z"}, "at"),
        ({"at": "2026-03-01T09:30:00.000000+00:00"}, "at"),
        ({"at": "2026-02-30T09:30:00.000000Z"}, "at"),
        ({"practice": "two words"}, "practice"),
        ({"practice": None}, "practice"),
        ({"actor_ref": "Anna Berg"}, "actor_ref"),
        ({"actor_ref": ""}, "actor_ref"),
        ({"actor_ref": 7}, "actor_ref"),
        ({"subject_refs": None}, "subject_refs"),
        ({"subject_refs": ["b", "a"]}, "subject_refs"),
        ({"subject_refs": ["a", "a"]}, "subject_refs"),
        ({"subject_refs": ["a@b.example"]}, "subject_refs"),
        ({"subject_refs": [1]}, "subject_refs"),
        ({"outcome": "Prohibit!"}, "outcome"),
        ({"packs": ["abc"]}, "packs"),
        ({"packs": list(reversed(LEAF.packs))}, "packs"),
        ({"semantics": 0}, "semantics"),
        ({"semantics": True}, "semantics"),
        ({"semantics": "1"}, "semantics"),
        ({"model": "A" * 64}, "model"),
        ({"_sd_alg": "sha-512"}, "_sd_alg"),
        ({"_sd": []}, "_sd"),
        ({"_sd": list(reversed(LEAF.sd))}, "_sd"),
        ({"_sd": ["short"]}, "_sd"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_field(changes, field):
    Leaf.from_bytes(spelled())  # control
    with pytest.raises(LeafRefused, match=f"leaf field {field}: "):
        Leaf.from_bytes(spelled(**changes))


def test_a_missing_or_additional_field_is_refused():
    fewer = {name: value for name, value in MEMBERS.items() if name != "model"}
    for members in (fewer, MEMBERS | {"note": "x"}, [MEMBERS], None):
        with pytest.raises(LeafRefused, match="exactly the fields"):
            Leaf.from_bytes(rfc8785.dumps(members))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        GOLDEN_LEAF + b"\n",
        GOLDEN_LEAF.replace(b",", b", "),
        GOLDEN_LEAF.replace(b'"v":1', b'"v":1.0'),
        GOLDEN_LEAF.replace(b'"v":1', b'"v":1,"v":1'),
        GOLDEN_LEAF.replace(b"check.decided", b"check\\u002edecided"),
        GOLDEN_LEAF.replace(b"fern", b"fe\nrn"),
        json.dumps(MEMBERS).encode(),
        b" " * 40_000,
    ],
)
def test_other_spellings_of_a_leaf_are_refused(raw):
    with pytest.raises(LeafRefused, match="the leaf"):
        Leaf.from_bytes(raw)


def test_a_leaf_of_32_kib_is_written_and_a_larger_one_refused():
    refs = tuple(f"r{number:063}" for number in range(483))
    assert len(replace(LEAF, subject_refs=refs[:460]).to_bytes()) <= 32 * 1024
    with pytest.raises(LeafRefused, match="the cap is 32768"):
        replace(LEAF, subject_refs=refs).to_bytes()


def test_two_different_leaves_never_share_bytes_by_shifting_text_between_fields():
    one = replace(LEAF, practice="ab", actor_ref="c")
    two = replace(LEAF, practice="a", actor_ref="bc")
    assert one.to_bytes() != two.to_bytes()


def test_times_are_written_in_utc_with_a_fixed_length():
    vienna = timezone(timedelta(hours=1))
    assert format_at(datetime(2026, 3, 1, 10, 30, tzinfo=vienna)) == LEAF.at
    assert len(format_at(datetime(1, 1, 1, tzinfo=UTC))) == 27
    with pytest.raises(LeafRefused, match="zone"):
        format_at(datetime(2026, 3, 1, 10, 30))  # noqa: DTZ001 - the naive time is the point
