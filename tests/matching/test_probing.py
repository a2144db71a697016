"""Which keys are asked for, and what the number of their holders says."""

from __future__ import annotations

from policy_service.domain.people import Address, PersonName, PersonRecord
from policy_service.matching import KeyText, default_model, match_texts
from policy_service.matching.probing import (
    HOT_KEY,
    HOT_OPTIONAL_KEY,
    PeopleInMemory,
    frequencies,
    probe,
)

HOME = Address("12", "Juniper Street", "", "Austin", "78701")
ANNA = PersonRecord((PersonName("Anna", "Berg"),), "1984-05-17", phones=("5128672309",))


def test_a_key_too_many_people_hold_is_skipped_and_named() -> None:
    texts = {1: KeyText("name by sound", "a"), 2: KeyText("phone", "b")}
    probes = probe(texts, {1: HOT_KEY + 1, 2: HOT_KEY})
    assert (probes.usable, probes.skipped) == ((2,), ("name by sound",))


def test_an_optional_key_is_passed_over_without_leaving_a_question() -> None:
    texts = {1: KeyText("family name", "fa:smith", is_optional=True)}
    assert probe(texts, {1: HOT_OPTIONAL_KEY}).usable == (1,)
    hot = probe(texts, {1: HOT_KEY + 1})
    assert (hot.usable, hot.skipped) == ((), ())


def test_the_holders_of_a_key_measure_a_value() -> None:
    texts = {text.text: text for text in match_texts(ANNA)}
    found = frequencies(texts, {"fa:berg": 7, "ph:8672309": 40, "bd:1984-05-17": 3}, 5000)
    assert found.total == 5000
    assert found.counts == {"family:berg": 7, "phone:15128672309": 40}


def test_a_person_is_found_by_a_rare_family_name_alone() -> None:
    index = PeopleInMemory({"hugo": PersonRecord((PersonName("Hugo", "Berg"),))}, default_model())
    assert [found.ref for found in index.recognise(ANNA).candidates] == ["hugo"]


def test_a_phone_that_a_whole_shelter_shares_says_less_in_a_check() -> None:
    def bits(people: int) -> int:
        others = {
            f"p{number}": PersonRecord((PersonName("", f"N{number}x"),), phones=ANNA.phones)
            for number in range(people)
        }
        index = PeopleInMemory({"anna": ANNA, **others}, default_model())
        found = {one.ref: one.comparison for one in index.recognise(ANNA).candidates}
        rows = found["anna"].evidence
        return next((row.bits for row in rows if row.field == "phone"), 0)

    assert bits(0) > bits(15) > 0
    assert bits(30) == 0  # more than a household: an institution's phone is not compared
