"""Values that cannot be used are told by place, and never quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import (
    Address,
    Handle,
    PersonName,
    PersonRecord,
    RelatedPerson,
)
from policy_service.matching.normalise import normalise
from policy_service.matching.quality import remarks
from tests.townsfolk import townsfolk

NAME = PersonName("Anna", "Berg")
CASES = {
    "placeholder name": (PersonRecord((PersonName("Baby Boy", "Berg"),)), "/names/0"),
    "name without letters": (PersonRecord((NAME, PersonName("???"))), "/names/1"),
    "filler date": (PersonRecord((NAME,), birth_date="1900-01-01"), "/birth_date"),
    "no date": (PersonRecord((NAME,), birth_date="soon"), "/birth_date"),
    "first of January": (PersonRecord((NAME,), birth_date="1980-01-01"), "/birth_date"),
    "filler phone": (PersonRecord((NAME,), phones=("+15126670101", "0000000000")), "/phones/1"),
    "no e-mail": (PersonRecord((NAME,), emails=("none@none.com",)), "/emails/0"),
    "empty address": (PersonRecord((NAME,), addresses=(Address(house="1"),)), "/addresses/0"),
    "empty handle": (PersonRecord((NAME,), handles=(Handle("linkedin", "@"),)), "/handles/0"),
    "no employer": (PersonRecord((NAME,), company="n/a"), "/company"),
    "relative's phone": (
        PersonRecord((NAME,), related=(RelatedPerson(NAME, phone="123"),)),
        "/related/0/phone",
    ),
    "relative's date": (
        PersonRecord((NAME,), related=(RelatedPerson(NAME, birth_date="1900-01-01"),)),
        "/related/0/birth_date",
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_unusable_value_is_told_at_its_place(case: str) -> None:
    record, pointer = CASES[case]
    [remark] = remarks(record)
    assert remark.pointer == pointer
    assert remark.detail.endswith(".")


def test_usable_records_have_no_remark() -> None:
    assert [remark for record in townsfolk(50) for remark in remarks(record)] == []


def test_the_kind_of_a_remark_does_not_tell_which_value() -> None:
    record = PersonRecord((NAME,), phones=("0000000000", "1111111111"))
    assert len({remark.kind for remark in remarks(record)}) == 1


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_remark_quotes_what_was_written(given_name: str, phone: str) -> None:
    record = PersonRecord((PersonName(given_name),), phones=(phone,), birth_date=phone)
    usual = {remark.detail for one, _ in CASES.values() for remark in remarks(one)}
    usual |= {"Has no valid month.", "Has no valid day.", "A placeholder."}
    assert {remark.detail for remark in remarks(record)} <= usual | {"Not a date."}


@given(st.text(max_size=30))
def test_whatever_recognition_warns_of_is_told_by_place(phone: str) -> None:
    record = PersonRecord((NAME,), phones=(phone,))
    assert bool(normalise(record).warnings) <= bool(remarks(record))
