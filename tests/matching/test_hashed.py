"""Third parties as keyed hashes: nothing readable is kept, and little is lost."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from policy_service.matching import Band, Comparison, Frequencies, Hypothesis, default_model
from policy_service.matching.hashed import HashedRecord, hash_record
from policy_service.matching.recognition import HashedComparer, compare

HOME = Address("12", "Juniper Street", "", "Austin", "78701", "TX")
ANNA = PersonRecord(
    (PersonName("Anna", "Berg"),),
    "1984-05-17",
    "female",
    ("512-867-2309",),
    ("anna.berg@mail.org",),
    (HOME,),
    (Handle("instagram", "annaberg"),),
    "Acme",
)


def keyed(text: str, key: bytes = b"one practice") -> int:
    return int.from_bytes(hmac.digest(key, text.encode(), hashlib.sha256)[:8], "big", signed=True)


COMPARER = HashedComparer.under(keyed)


def judge(query: PersonRecord, third: PersonRecord) -> Comparison:
    text = canonical_bytes(hash_record(third, keyed).to_json())
    stored = HashedRecord.from_json(json.loads(text))
    return COMPARER.compare(query, stored, Frequencies(2000), default_model())


def test_nothing_that_is_stored_can_be_read() -> None:
    stored = canonical_bytes(hash_record(ANNA, keyed).to_json()).decode().lower()
    for text in ("anna", "berg", "1984-05", "8672309", "juniper", "austin", "female", "acme"):
        assert text not in stored
    assert "anna" in canonical_bytes(ANNA.to_json()).decode().lower()  # control


def test_another_practices_key_finds_nobody() -> None:
    stored = hash_record(ANNA, lambda text: keyed(text, b"another practice"))
    found = COMPARER.compare(ANNA, stored, Frequencies(2000), default_model())
    assert found.hypothesis is Hypothesis.NONE


def test_all_fields_count_as_they_do_in_plain_text() -> None:
    plain = compare(ANNA, ANNA, Frequencies(2000), default_model())
    by_hash = judge(ANNA, ANNA)
    assert {(e.field, e.level, e.bits) for e in by_hash.evidence} == {
        (e.field, e.level, e.bits) for e in plain.evidence
    }


@pytest.mark.parametrize(
    ("name", "field", "level"),
    [
        (PersonName("Annab", "Berg"), "given", "close"),
        (PersonName("Ana", "Berg"), "given", "variant"),
        (PersonName("Berg", "Anna"), "family", "swapped"),
        (PersonName("Anna", "Berg-Lund"), "family", "part"),
        (PersonName("Clara", "Berg"), "given", "different"),
        (PersonName("Anna", "Berg", kind=NameKind.MAIDEN), "family", "former"),
    ],
)
def test_names_that_differ_a_little_are_seen(name: PersonName, field: str, level: str) -> None:
    found = judge(replace(ANNA, names=(name,)), ANNA)
    assert {e.level for e in found.evidence if e.field == field} == {level}


def test_a_twin_is_kin_by_hashes_too() -> None:
    twin = replace(ANNA, names=(PersonName("Clara", "Berg"),), emails=(), handles=())
    found = judge(twin, ANNA)
    assert (found.hypothesis, found.label) == (Hypothesis.KIN, "TWINSIS")


def test_a_generation_is_seen_through_the_hashes() -> None:
    senior = PersonRecord((PersonName("John", "Berg"),), "1951-03-04", addresses=(HOME,))
    junior = replace(senior, birth_date="1979-11-20")
    assert judge(junior, senior).hypothesis is Hypothesis.KIN


def test_an_emergency_contact_meets_the_hashed_person() -> None:
    contact = RelatedPerson(
        PersonName("Anna", "Berg"), "SIS", RelatedRole.EMERGENCY_CONTACT, "", "512-867-2309"
    )
    client = PersonRecord((PersonName("Max", "Olsen"),), "1990-01-30", "male", related=(contact,))
    found = judge(client, ANNA)
    assert (found.hypothesis, found.label) == (Hypothesis.KIN, "BRO")


def test_values_of_the_third_party_are_not_shown() -> None:
    assert {e.candidate for e in judge(ANNA, ANNA).evidence} == {""}


names = st.builds(
    PersonName,
    st.sampled_from(["Anna", "Anne", "Robert", "Bob", "Clara", "Christopher", ""]),
    st.sampled_from(["Berg", "Bergg", "Lindqvist", "Lindquist", "de la Cruz", ""]),
)
records = st.builds(
    PersonRecord,
    names=st.lists(names, max_size=2).map(tuple),
    birth_date=st.sampled_from(["", "1984", "1984-05", "1984-05-17", "1984-05-18", "1951-02-03"]),
    sex=st.sampled_from(["", "female", "male"]),
    phones=st.lists(st.sampled_from(["5128672309", "4128672309"]), max_size=2),
    emails=st.lists(st.sampled_from(["a.berg@mail.org", "a.berg@post.org"]), max_size=2),
    addresses=st.lists(st.sampled_from([HOME, replace(HOME, house="14")]), max_size=1),
)


@given(records, records)
@settings(deadline=None)
def test_what_is_certain_in_plain_text_stays_at_least_possible(
    query: PersonRecord, third: PersonRecord
) -> None:
    plain = compare(query, third, Frequencies(2000), default_model())
    if plain.identity is Band.CERTAIN:
        assert judge(query, third).identity is not Band.WEAK


@given(records, records)
@settings(deadline=None)
def test_the_evidence_sums_to_the_score_by_hashes_too(
    query: PersonRecord, third: PersonRecord
) -> None:
    found = judge(query, third)
    assert sum(row.bits for row in found.evidence) == found.bits
