"""Person blob format v1 and the neutralising of odd text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import (
    Address,
    Handle,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
    clean_text,
)

FULL = PersonRecord(
    names=(PersonName("Anna", "Berg", "Maria", "", NameKind.MAIDEN), PersonName("Anna", "Roth")),
    birth_date="1984-05-17",
    sex="female",
    phones=("512-867-2309",),
    emails=("anna@mail.org",),
    addresses=(Address("12", "Juniper Street", "4", "Austin", "78701", "TX"),),
    handles=(Handle("x", "anna"),),
    company="Acme",
    related=(
        RelatedPerson(PersonName("Hugo", "Roth"), "HUSB", RelatedRole.GUARANTOR, "1980", "5121"),
    ),
)


def test_format_v1_is_final() -> None:
    """The sealed form of today must open for ever; this text may never change."""
    assert json.dumps(FULL.to_json(), sort_keys=True, separators=(",", ":")) == (
        '{"addresses":[{"city":"Austin","house":"12","postcode":"78701","state":"TX",'
        '"street":"Juniper Street","unit":"4"}],"birth_date":"1984-05-17","company":"Acme",'
        '"emails":["anna@mail.org"],"handles":[{"handle":"anna","platform":"x"}],'
        '"names":[{"family":"Berg","given":"Anna","kind":"maiden","middle":"Maria"},'
        '{"family":"Roth","given":"Anna","kind":"legal"}],"phones":["512-867-2309"],'
        '"related":[{"birth_date":"1980","name":{"family":"Roth","given":"Hugo","kind":"legal"},'
        '"phone":"5121","relation":"HUSB","role":"guarantor"}],"sex":"female","v":1}'
    )


def test_what_was_written_reads_back() -> None:
    assert PersonRecord.from_json(json.loads(json.dumps(FULL.to_json()))) == FULL
    assert PersonRecord.from_json({"v": 1}) == PersonRecord()


def test_another_format_number_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="format v must be 1, not 2"):
        PersonRecord.from_json({"v": 2})


@given(st.text(max_size=500))
def test_cleaned_text_is_one_printable_line_within_its_limit(text: str) -> None:
    cleaned = clean_text(text, 50)
    assert len(cleaned) <= 50
    assert cleaned.isprintable()
    assert clean_text(cleaned, 50) == cleaned


@pytest.mark.parametrize("odd", ["An\u202ena", "An\x00na", "An\u200bna", "An\ufeffna"])
def test_overrides_and_null_bytes_are_dropped(odd: str) -> None:
    assert PersonName(odd, "Berg").given == "Anna"


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(list(NameKind)))
def test_any_record_survives_a_round_trip(one: str, two: str, kind: NameKind) -> None:
    record = PersonRecord(
        names=(PersonName(one, two, two, one, kind),),
        birth_date=two,
        phones=(one, two),
        addresses=(Address(street=one),),
        handles=(Handle(one, two),),
        related=(RelatedPerson(PersonName(two, one), one),),
    )
    assert PersonRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
