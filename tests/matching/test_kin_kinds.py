"""Kinds of kin: each is recognised by what it shares, and none takes agreement for difference."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest

from policy_service.domain.people import (
    Address,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.matching import (
    Band,
    Comparison,
    Frequencies,
    Hypothesis,
    compare,
    default_model,
    read_model,
)
from policy_service.matching.level_bits import AGREEING

HOME = Address("12", "Juniper Street", "", "Austin", "78701", "TX")
AWAY = Address("70", "Harbor Road", "", "Austin", "78745", "TX")
ANNA = PersonRecord((PersonName("Anna", "Berg"),), "1984-05-17", "female", addresses=(HOME,))


def kin(given: str, family: str, born: str, sex: str, home: Address = HOME) -> PersonRecord:
    return PersonRecord((PersonName(given, family),), born, sex, addresses=(home,))


def judge(one: PersonRecord, other: PersonRecord) -> Comparison:
    return compare(one, other, Frequencies(2000), default_model())


@pytest.mark.parametrize(
    ("person", "label"),
    [
        (kin("Tom", "Berg", "1982-11-02", "male"), "HUSB"),
        (kin("Ida", "Berg", "1955-11-02", "female"), "MTH"),
        (kin("Max", "Berg", "2011-11-02", "male"), "SONC"),
        (kin("Clara", "Berg", "1984-05-17", "female"), "TWINSIS"),
        (kin("Maria", "Olsen", "1986-01-30", "female"), "ROOM"),
        (kin("Clara", "Berg", "1987-02-05", "female", AWAY), "SIS"),
        (kin("Anna", "Berg", "1952-02-05", "female"), "MTH"),
    ],
)
def test_who_shares_what_is_labelled(person: PersonRecord, label: str) -> None:
    assert judge(person, ANNA).label == label


def test_a_former_name_and_another_home_are_a_former_spouse() -> None:
    names = (PersonName("Tom", "Olsen"), PersonName("Tom", "Berg", kind=NameKind.FORMER))
    phones = ("512-867-2309",)
    tom = replace(kin("Tom", "Olsen", "1983-03-03", "male", AWAY), names=names, phones=phones)
    assert judge(tom, replace(ANNA, phones=phones)).label == "FMRSPS"


def test_what_is_stated_outranks_what_is_guessed() -> None:
    contact = RelatedPerson(PersonName("Anna", "Berg"), "AUNT", RelatedRole.EMERGENCY_CONTACT)
    niece = replace(kin("Max", "Berg", "1986-11-02", "male"), related=(contact,))
    assert judge(niece, ANNA).label == "NEPHEW"


def test_a_contact_of_ones_own_name_is_kin_and_a_question_of_identity() -> None:
    contact = RelatedPerson(PersonName("John", "Berg"), "FTH", RelatedRole.EMERGENCY_CONTACT)
    known = PersonRecord((PersonName("John", "Berg"),), sex="male", addresses=(HOME,))
    found = judge(replace(known, related=(contact,)), known)
    assert found.hypothesis is Hypothesis.KIN
    assert found.identity is not Band.WEAK
    control = judge(replace(known, birth_date="1984-05-17"), replace(known, birth_date="1984"))
    assert control.hypothesis is Hypothesis.SELF


@pytest.mark.parametrize(
    ("field", "value"),
    [("emails", ("john@post.org",)), ("birth_date", "1984-05-17")],
)
def test_a_namesake_of_one_home_is_ruled_out_by_what_is_personal(field: str, value: object) -> None:
    known = PersonRecord((PersonName("John", "Berg"),), sex="male", addresses=(HOME,))
    assert judge(known, known).hypothesis is Hypothesis.KIN
    told = replace(known, **{field: value})
    assert judge(told, told).hypothesis is Hypothesis.SELF


def test_a_named_contact_of_a_common_name_says_less() -> None:
    contact = RelatedPerson(PersonName("Anna", "Berg"), "SIS", RelatedRole.EMERGENCY_CONTACT)
    client = replace(kin("Max", "Olsen", "1990-01-30", "male", AWAY), related=(contact,))

    def bits(bearers: int) -> int:
        counted = Frequencies(2000, {"given:anna": bearers, "family:berg": bearers})
        rows = compare(client, ANNA, counted, default_model()).evidence
        return next(row.bits for row in rows if row.field == "named_contact")

    assert bits(1) > bits(20) > bits(200)


def test_a_named_contact_with_another_phone_says_less() -> None:
    def bits(phone: str) -> int:
        contact = RelatedPerson(
            PersonName("Anna", "Berg"), "SIS", RelatedRole.EMERGENCY_CONTACT, phone=phone
        )
        client = replace(kin("Max", "Olsen", "1990-01-30", "male", AWAY), related=(contact,))
        rows = judge(client, replace(ANNA, phones=("512-867-2309",))).evidence
        return next(row.bits for row in rows if row.field == "named_contact")

    assert bits("512-867-2309") > bits("") > bits("737-222-1000") > 0


def test_a_junior_beside_a_record_without_suffix_is_kin() -> None:
    junior = PersonRecord((PersonName("John", "Berg", suffix="Jr"),), addresses=(HOME,))
    known = PersonRecord((PersonName("John", "Berg"),), addresses=(HOME,))
    assert judge(junior, known).hypothesis is Hypothesis.KIN
    same_birth = judge(
        replace(junior, birth_date="1984-05-17"), replace(known, birth_date="1984-05-17")
    )
    assert same_birth.hypothesis is Hypothesis.SELF  # control: the date tells


def test_a_given_name_and_a_town_are_no_flag() -> None:
    one, other = kin("Anna", "Berg", "", "female"), kin("Anna", "Olsen", "", "female", AWAY)
    assert judge(one, other).band is Band.WEAK


def test_the_share_of_a_kind_is_a_row_that_the_other_kinds_add_to() -> None:
    """Spouses are 22 in 100 of kin (-2.18 bits); siblings and others explain this pair a little."""
    found = judge(kin("Tom", "Berg", "1982-11-02", "male"), ANNA)
    (row,) = [row for row in found.evidence if row.field == "kind"]
    assert row.level == "spouse"
    assert -218 < row.bits < -190
    assert sum(row.bits for row in found.evidence) == found.kin_bits


def test_what_every_kind_of_kin_explains_counts_for_all_of_them() -> None:
    """A family name alone speaks for most kinds of kin, not for the likeliest only."""
    name_only = PersonRecord((PersonName("Tom", "Berg"),))
    found = judge(name_only, PersonRecord((PersonName("Anna", "Berg"),)))
    (row,) = [row for row in found.evidence if row.field == "kind"]
    leading = next(kind for kind in default_model().kin if kind.name == row.level)
    assert row.bits > leading.bits + 100


def test_a_spouse_in_one_home_is_not_asked_about_as_the_same_person() -> None:
    found = judge(kin("Tom", "Berg", "1982-11-02", "male"), ANNA)
    assert (found.band, found.identity) == (Band.PROBABLE, Band.WEAK)


def test_identity_bits_leave_the_rules_out() -> None:
    twin = judge(kin("Clara", "Berg", "1984-05-17", "female"), ANNA)
    taken = next(row for row in twin.evidence if row.level == "twin")
    assert taken.bits == twin.identity_bits - (twin.kin_bits - taken.bits)
    assert twin.identity_bits > 0 > twin.self_bits


def test_agreement_is_never_evidence_against_any_kind() -> None:
    for name, field in default_model().fields.items():
        for level in AGREEING & field.bits.keys():
            said = field.bits[level]
            assert min(said.same, *said.kin) >= 0, (name, level)


def test_the_kinds_of_kin_make_up_all_of_kin() -> None:
    assert sum(kind.prior for kind in default_model().kin) == 1_000_000


def test_a_wrong_chance_is_named() -> None:
    text = resources.files("policy_service.matching").joinpath("model.json").read_text("utf-8")
    content = json.loads(text)
    content["kin"]["twin"]["levels"]["birth_date"]["exact"] = 0
    with pytest.raises(ValueError, match=r"fields\.birth_date\.levels\.exact"):
        read_model(json.dumps(content))


def test_a_value_borne_by_the_candidate_alone_is_rarer_than_one_that_others_bear() -> None:
    def bits(bearers: int) -> int:
        frequencies = Frequencies(5000, {"family:berg": bearers})
        one = PersonRecord((PersonName("", "Berg"),))
        return compare(one, one, frequencies, default_model()).self_bits

    assert bits(1) > bits(2) > bits(50)
