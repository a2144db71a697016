"""A sketch comes back as it was written, holds no value, and tells another release from its own."""

from __future__ import annotations

from hypothesis import given

from policy_service.domain.people import PersonName, PersonRecord
from policy_service.matching.normalise import normalise
from policy_service.matching.sketches import SKETCHES, hashed, read_sketch, sketch_of, spelt
from tests.matching.test_hypotheses import records
from tests.matching.test_stored import CORPUS


@given(records)
def test_as_many_of_each_kind_come_back_as_the_record_has(record: PersonRecord) -> None:
    features = normalise(record)
    sketch = read_sketch(sketch_of(features))
    assert sketch is not None
    assert sketch.birth == features.birth
    assert (sketch.birth.digits if sketch.birth else "") == (
        features.birth.digits if features.birth else ""
    )
    for kind in ("names", "phones", "emails", "places", "handles", "related"):
        assert len(getattr(sketch, kind)) == len(getattr(features, kind))


def test_every_word_comes_back_by_hash_letters_and_length() -> None:
    for record in CORPUS:
        features = normalise(record)
        sketch = read_sketch(sketch_of(features))
        assert sketch is not None
        assert sketch.company == spelt(features.company)
        for mine, name in zip(sketch.names, features.names, strict=True):
            assert mine[2:5] == spelt(name.given)
            assert (mine.family, mine.family_letters, mine.family_length) == spelt(name.family)
            assert mine[-3:] == spelt(name.middle)
        for place, known in zip(sketch.places, features.places, strict=True):
            assert (place.house, place.unit) == (hashed(known.house), hashed(known.unit))
            assert place[-3:] == spelt(known.city)
        for email, address in zip(sketch.emails, features.emails, strict=True):
            assert email[:3] == spelt(address.whole)


def test_no_word_of_a_record_stands_in_its_sketch() -> None:
    raw = sketch_of(normalise(PersonRecord((PersonName("Annabel", "Bergstrom"),))))
    assert not any(word in raw.lower() for word in (b"annabel", b"bergstrom", b"berg"))


def test_a_sketch_of_another_release_is_not_read() -> None:
    raw = sketch_of(normalise(CORPUS[0]))
    assert read_sketch(bytes((SKETCHES + 1,)) + raw[1:]) is None
    assert read_sketch(b"") is None
