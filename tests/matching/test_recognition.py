"""Recognition over candidates, its order, its gaps, and the JSON it leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Address, PersonName, PersonRecord, RelatedPerson
from policy_service.domain.people import RelatedRole as Role
from policy_service.matching import (
    Band,
    Frequencies,
    Hypothesis,
    default_model,
    match_texts,
    rank,
    read_model,
    recognise,
)

HOME = Address("12", "Juniper Street", "", "Austin", "78701", "TX")
ANNA = PersonRecord((PersonName("Anna", "Berg"),), "1984-05-17", "female", addresses=(HOME,))
TWIN = replace(ANNA, names=(PersonName("Clara", "Berg"),))
OTHER = PersonRecord((PersonName("Hugo", "Paredes"),), "1961-11-02", "male")
PRACTICE = Frequencies(5000)


def test_the_same_person_comes_before_the_twin_and_strangers_last() -> None:
    people = [("c", OTHER, 1), ("b", TWIN, 9), ("a", ANNA, 20)]
    found = recognise(ANNA, people, PRACTICE, default_model())
    assert [one.ref for one in found.candidates] == ["a", "b", "c"]
    assert [one.ref for one in found.of(Hypothesis.SELF, Band.PROBABLE)] == ["a"]
    assert [one.ref for one in found.of(Hypothesis.KIN, Band.POSSIBLE)] == ["b"]


@given(st.permutations([("a", ANNA, 3), ("b", ANNA, 3), ("c", TWIN, 2), ("d", OTHER, 1)]))
def test_the_order_does_not_depend_on_arrival(people: list[tuple[str, PersonRecord, int]]) -> None:
    found = recognise(ANNA, people, PRACTICE, default_model())
    assert [one.ref for one in found.candidates] == ["a", "b", "c", "d"]


def test_too_few_fields_are_named_so_that_nobody_found_is_not_nobody() -> None:
    nobody: list[tuple[str, PersonRecord, int]] = []
    found = recognise(
        PersonRecord((PersonName("Anna", ""),), "1984"), nobody, PRACTICE, default_model()
    )
    assert not found.enough_fields
    assert found.missing == (
        "given and family name",
        "full birth date, phone, e-mail or handle",
    )


def test_a_placeholder_birth_date_is_not_enough() -> None:
    nobody: list[tuple[str, PersonRecord, int]] = []
    record = replace(ANNA, birth_date="1900-01-01")
    found = recognise(record, nobody, PRACTICE, default_model())
    assert not found.enough_fields
    assert found.warnings == ("birth_date is a placeholder",)


def test_full_records_are_enough() -> None:
    nobody: list[tuple[str, PersonRecord, int]] = []
    assert recognise(ANNA, nobody, PRACTICE, default_model()).enough_fields


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    return (
        [leaf for part in value for leaf in _leaves(part)] if isinstance(value, list) else [value]
    )


def test_the_explanation_is_made_of_integers_and_text() -> None:
    found = recognise(ANNA, [("b", TWIN, 9)], PRACTICE, default_model()).candidates[0].comparison
    explained = found.to_json()
    assert {type(leaf) for leaf in _leaves(explained)} <= {int, str}
    assert json.loads(json.dumps(explained, sort_keys=True)) == explained
    assert sum(row["bits"] for row in explained["evidence"]) == explained["bits"]
    assert "phone: not usable in query and candidate" in explained["not_compared"]


def test_an_explanation_without_values_names_nobody() -> None:
    found = recognise(ANNA, [("b", TWIN, 9)], PRACTICE, default_model()).candidates[0].comparison
    said = json.dumps(found.to_json(with_values=False)).lower()
    assert "clara" not in said
    assert "juniper" not in said
    assert "clara" in json.dumps(found.to_json()).lower()  # control: values do name her


def test_an_emergency_contact_on_record_is_kin_and_labelled_by_what_was_said() -> None:
    person = RelatedPerson(
        PersonName("Hugo", "Paredes"), "BRO", Role.EMERGENCY_CONTACT, "1961-11-02"
    )
    client = replace(ANNA, related=(person,))
    shared = {k.text for k in match_texts(client)} & {k.text for k in match_texts(OTHER)}
    assert shared
    found = recognise(client, [("h", OTHER, 2)], PRACTICE, default_model()).candidates[0]
    assert found.comparison.hypothesis is Hypothesis.KIN
    assert found.comparison.band is Band.PROBABLE
    assert found.comparison.label == "SIS"


def test_rare_keys_rank_before_many_common_ones() -> None:
    best = rank([("common", [400, 400, 400]), ("rare", [1])], total=5000, limit=1)
    assert (best.best, best.left_out) == ((("rare", 1),), 1)


@given(st.permutations([("a", [5]), ("b", [5]), ("c", [1, 9])]))
def test_ranking_is_the_same_for_every_order(people: list[tuple[str, list[int]]]) -> None:
    assert [ref for ref, _ in rank(people, 5000).best] == ["c", "a", "b"]


def test_the_model_digest_follows_its_content() -> None:
    text = json.dumps({**_model_json(), "note": "another"})
    assert read_model(text).digest != default_model().digest
    assert read_model(json.dumps(_model_json(), indent=3)).digest == default_model().digest


def _model_json() -> dict[str, Any]:
    from importlib import resources

    text = resources.files("policy_service.matching").joinpath("model.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def test_agreement_is_never_evidence_against() -> None:
    agreeing = {
        "exact",
        "variant",
        "close",
        "near",
        "sound",
        "swapped",
        "part",
        "one_digit",
        "year",
    }
    for name, field in default_model().fields.items():
        for level in agreeing & field.levels.keys():
            chances = field.levels[level]
            assert chances.same >= chances.none, (name, level)
            assert chances.kin >= chances.none, (name, level)
