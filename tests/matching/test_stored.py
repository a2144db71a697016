"""Features as they are kept: nothing is lost, and what made them has a number."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given

from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.ledger.canonical import canonical_bytes
from policy_service.matching import Frequencies, compare, default_model
from policy_service.matching.hypotheses import Scales, weigh_pattern
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.recognition import Asked
from policy_service.matching.stored import NORMALISER, read_stored, stored_form
from tests.matching.test_hypotheses import records

CORPUS = (
    PersonRecord((PersonName("José-María", "de la Cruz Núñez", "Q.", "Jr"),), "1984-05-17", "F"),
    PersonRecord(
        (PersonName("Anna (MB)", "Berg"), PersonName("", "Lund", kind=NameKind.MAIDEN)),
        "1984",
        "male",
        ("+1 (512) 867-2309 ext 4", "0000000000", "+49 30 901820"),
        ("Anna.Berg+x@Gmail.com", "info@clinic.org", "none@none.com"),
        (Address("012", "Juniper St Apt 4B", "", "Austin", "78701-1234", "TX"),),
        (Handle("Instagram", "@AnnaBerg"),),
        "Acme GmbH",
        (
            RelatedPerson(
                PersonName("Tom", "Berg"), "SPS", RelatedRole.PARTNER, "1980-02", "5128672310"
            ),
        ),
    ),
    PersonRecord((PersonName("Мария", "Иванова"),), "1900-01-01", addresses=(Address(city="x"),)),
)  # fmt: skip
MADE = {1: "970537dc25f431fa59c10a4b9d2bcfee650e0821acefb0d736b803ff69275d89"}
"""SHA-256 of what each normaliser makes of the corpus."""


def stored(record: PersonRecord) -> Features:
    return read_stored(json.loads(canonical_bytes(stored_form(normalise(record)))))


@given(records)
def test_features_come_back_as_they_were_kept(record: PersonRecord) -> None:
    assert stored(record) == normalise(record)


def test_every_kind_of_value_comes_back() -> None:
    for record in CORPUS:
        assert stored(record) == normalise(record)


def test_what_the_normaliser_makes_has_its_number() -> None:
    """Changed on purpose? Raise NORMALISER and note here what it makes: people are then refiled."""
    forms = [stored_form(normalise(record)) for record in CORPUS]
    made = hashlib.sha256(canonical_bytes(forms)).hexdigest()
    assert MADE[NORMALISER] == made


@given(records, records)
def test_stored_features_compare_to_the_same_bits(one: PersonRecord, other: PersonRecord) -> None:
    told = Frequencies(40_000, {"family:berg": 700, "given:anna": 90, "phone:15128672309": 3})
    plain = compare(one, other, told, default_model())
    asked = Asked(normalise(one), Scales(default_model(), told))
    assert asked.compare(stored(other)) == plain
    spoken = asked.unless_weak(stored(other))
    assert spoken == plain if spoken else (plain.band, plain.identity) == ("weak", "weak")


@given(records, records)
def test_a_weighing_that_is_remembered_is_the_one_made_anew(
    one: PersonRecord, other: PersonRecord
) -> None:
    scales = Scales(default_model(), Frequencies(5000, {"family:berg": 12}))
    levels, remembered = scales.weigh(normalise(one), normalise(other))
    weigh_pattern.cache_clear()
    again, anew = scales.weigh(normalise(one), normalise(other))
    assert levels == again
    assert (remembered.weights, remembered.kind) == (anew.weights, anew.kind)
    assert all(weight.level.query == weight.level.candidate == "" for weight in remembered.weights)
