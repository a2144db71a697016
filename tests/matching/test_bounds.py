"""Nobody of whom anything would be said is passed over: a sketch bounds the score from above."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Address, Handle, PersonName, PersonRecord
from policy_service.matching import bounds, comparisons, default_model
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.hypotheses import Scales
from policy_service.matching.normalise import normalise
from policy_service.matching.recognition import Asked
from policy_service.matching.sketch_levels import may_be_close, may_share, may_slip
from policy_service.matching.sketches import Sketch, read_sketch, sketch_of, spelt
from policy_service.matching.spelling import ratio, slips, word_ratio
from tests.matching.test_hypotheses import records

MODEL = default_model()
ANNA = PersonRecord(
    (PersonName("Anna", "Berg"),),
    "1984-05-17",
    "female",
    ("5128672309",),
    ("anna.berg@mail.org",),
    (Address("12", "Juniper Street", "", "Austin", "78701"),),
)
COUNTED = ("", "family:berg", "given:anna", "phone:15128672309", "postcode:78701", "city:austin")
words = st.text("abeno", max_size=8)
few_words = st.one_of(words, st.builds("{} {}".format, words, words))
slipping = st.builds(
    PersonRecord,
    st.lists(st.builds(PersonName, few_words, few_words, words), min_size=1, max_size=2).map(tuple),
    st.builds("198{}-0{}-1{}".format, *(st.integers(1, 4) for _ in range(3))),
    st.sampled_from(["", "female", "male"]),
    st.just(()),
    st.lists(st.builds("{}@mail.org".format, st.text("abeno", min_size=4, max_size=8)), max_size=1),
    st.lists(
        st.builds(
            Address,
            st.sampled_from(["", "12", "14"]),
            few_words,
            st.sampled_from(["", "4", "rose lodge", "rose"]),
            words,
            st.text("123", min_size=4, max_size=5),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(st.builds(Handle, st.sampled_from("xy"), words), max_size=1).map(tuple),
    few_words,
)


def scales(count: int, counted: str) -> Scales:
    return Scales(MODEL, Frequencies(40_000, {counted: count} if counted else {}))


def sketched(record: PersonRecord) -> Sketch:
    sketch = read_sketch(sketch_of(normalise(record)))
    assert sketch is not None
    return sketch


def is_bounded(one: PersonRecord, other: PersonRecord, told: Scales) -> bool:
    """Whether the bound is at least the score: the score itself as the bar is still reached."""
    asked = Asked(normalise(one), told)
    found = asked.compare(normalise(other))
    score = max(found.bits, found.identity_bits)
    prospects = bounds.Prospects(asked.query, told, score - MODEL.thresholds["possible"])
    return prospects.may_matter(sketched(other))


@given(records, records, st.sampled_from([1, 3, 900]), st.sampled_from(COUNTED))
def test_no_score_exceeds_its_bound(
    one: PersonRecord, other: PersonRecord, count: int, counted: str
) -> None:
    assert is_bounded(one, other, scales(count, counted))


@given(slipping, slipping)
def test_no_score_of_slips_exceeds_its_bound(one: PersonRecord, other: PersonRecord) -> None:
    assert is_bounded(one, other, scales(0, ""))


@given(records, slipping)
def test_a_record_is_bounded_against_itself(one: PersonRecord, other: PersonRecord) -> None:
    assert is_bounded(one, one, scales(2, "family:berg"))
    assert is_bounded(other, other, scales(0, ""))


@given(records, records, st.sampled_from([1000, 10**5, 10**7]))
def test_of_whom_a_sketch_rules_all_out_nothing_is_said(
    one: PersonRecord, other: PersonRecord, people: int
) -> None:
    asked = Asked(normalise(one), Scales(MODEL, Frequencies(people, {"family:berg": 3})))
    if not asked.prospects.may_matter(sketched(other)):
        assert asked.unless_weak(normalise(other)) is None


def test_a_stranger_is_ruled_out_and_a_kinswoman_is_not() -> None:
    asked = Asked(normalise(ANNA), Scales(MODEL, Frequencies(100_000)))
    stranger = replace(ANNA, names=(PersonName("Hugo", "Lindqvist"),), birth_date="1961-11-02")
    elsewhere = Address("7", "Harbor Road", "", "Dayton", "45402")
    apart = replace(stranger, phones=(), emails=(), addresses=(elsewhere,), sex="male")
    sister = replace(ANNA, names=(PersonName("Clara", "Berg"),), birth_date="1986-01-09")
    assert not asked.prospects.may_matter(sketched(apart))
    assert asked.prospects.may_matter(sketched(sister))


def test_a_bound_that_forgets_a_field_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without the home the law above fails."""
    monkeypatch.setattr(bounds, "most_of_homes", lambda *_: 0)
    assert not is_bounded(ANNA, replace(ANNA, names=()), scales(0, ""))


@given(words, words)
def test_words_that_are_close_may_be_close(one: str, other: str) -> None:
    mine, theirs = spelt(one), spelt(other)
    if comparisons._is_close(one, other):
        assert may_be_close(*mine[1:], *theirs[1:])
    for most in (1, 2):
        if slips(one, other, most) <= most:
            assert may_slip(mine, theirs, most)


@given(few_words, few_words)
def test_texts_that_share_letters_may_share_them(one: str, other: str) -> None:
    mine, theirs = spelt(one), spelt(other)
    if one and other and ratio(one, other) >= 80:
        assert may_share(mine, theirs, 80)
    if one.strip() and other.strip() and word_ratio(one.strip(), other.strip()) >= 90:
        assert may_share(spelt(one.strip()), spelt(other.strip()), 90)


def test_every_limited_group_is_bounded_as_a_whole() -> None:
    """The group of names with the sexes, that of homes with the phone: no limit spans two sums."""
    together = {
        "name": {"given", "family", "middle", "suffix", "sex"},
        "household": {"street", "house", "unit", "building", "postcode", "city", "phone"},
    }
    for group in MODEL.limits:
        fields = {name for name, field in MODEL.fields.items() if field.group is group}
        assert fields == together[group.value]
