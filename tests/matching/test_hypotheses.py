"""The rules of docs/design on recognition, each a test, and the laws of the score."""

from __future__ import annotations

from dataclasses import replace

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
)
from policy_service.matching import (
    Band,
    Comparison,
    Frequencies,
    Hypothesis,
    compare,
    default_model,
    frequency_texts,
)
from policy_service.matching.model import Group

HOME = Address("12", "Juniper Street", "", "Austin", "78701", "TX")
ELSEWHERE = Address("88", "Harbor Road", "", "Dayton", "45402", "OH")
ANNA = PersonRecord(
    names=(PersonName("Anna", "Berg"),),
    birth_date="1984-05-17",
    sex="female",
    phones=("512-867-2309",),
    emails=("anna.berg@mail.org",),
    addresses=(HOME,),
)


def judge(one: PersonRecord, other: PersonRecord, total: int = 5000) -> Comparison:
    return compare(one, other, Frequencies(total), default_model())


def named(given: str, family: str, kind: NameKind = NameKind.LEGAL) -> PersonName:
    return PersonName(given, family, kind=kind)


def test_a_record_is_certain_to_be_itself() -> None:
    found = judge(ANNA, ANNA)
    assert (found.hypothesis, found.band, found.label) == (
        Hypothesis.SELF,
        Band.CERTAIN,
        "ONESELF",
    )


def test_strangers_are_none() -> None:
    stranger = PersonRecord(
        (named("Hugo", "Paredes"),), "1961-11-02", "male", addresses=(ELSEWHERE,)
    )
    found = judge(ANNA, stranger)
    assert (found.hypothesis, found.band, found.label) == (Hypothesis.NONE, Band.WEAK, "")


def test_twin_is_kin_never_self() -> None:
    twin = replace(ANNA, names=(named("Clara", "Berg"),), emails=())
    found = judge(ANNA, twin)
    assert found.hypothesis is Hypothesis.KIN
    assert found.label == "TWINSIS"


@pytest.mark.parametrize("birth_date", ["1984", "1984-05", "1984-05-18"])
def test_a_twin_with_an_imprecise_birth_date_is_kin_too(birth_date: str) -> None:
    twin = replace(ANNA, names=(named("Clara", "Berg"),), birth_date=birth_date)
    assert judge(ANNA, twin).hypothesis is Hypothesis.KIN


def test_twins_with_names_alike_are_kin_too() -> None:
    erica, erick = (replace(ANNA, names=(named(name, "Berg"),)) for name in ("Erica", "Erick"))
    found = judge(erica, erick)
    assert (found.hypothesis, found.label) == (Hypothesis.KIN, "TWINSIS")


def test_a_mistyped_given_name_is_no_twin() -> None:
    mistyped = replace(ANNA, names=(named("Annna", "Berg"),))
    assert judge(ANNA, mistyped).band is Band.CERTAIN


def test_without_the_rule_the_twin_would_be_certain_self() -> None:
    """Negative control: the rule is what keeps a twin from being taken for the same person."""
    twin = replace(ANNA, names=(named("Clara", "Berg"),))
    model = replace(
        default_model(),
        rules={},
    )
    found = compare(ANNA, twin, Frequencies(5000), model)
    assert found.hypothesis is Hypothesis.SELF


def test_a_changed_given_name_is_not_ruled_out_by_the_twin_rule() -> None:
    found = judge(ANNA, replace(ANNA, names=(named("Clara", "Berg"),)))
    assert found.identity is Band.PROBABLE


def test_a_recorded_former_given_name_makes_one_person() -> None:
    renamed = replace(ANNA, names=(named("Max", "Berg"), named("Anna", "Berg", NameKind.FORMER)))
    assert judge(ANNA, renamed).hypothesis is Hypothesis.SELF


@pytest.mark.parametrize(("years", "kin"), [(15, True), (14, False), (30, True)])
def test_namesake_a_generation_apart_at_one_address_is_kin(years: int, kin: bool) -> None:
    senior = replace(ANNA, phones=(), emails=())
    junior = replace(senior, birth_date=f"{1984 + years}-11-02")
    found = judge(senior, junior)
    assert (found.hypothesis is Hypothesis.KIN) is kin
    if kin:
        assert found.label == "MTH"  # the query person is the elder


def test_unlike_suffixes_are_father_and_son() -> None:
    senior = replace(ANNA, names=(PersonName("John", "Berg", suffix="Sr."),), birth_date="")
    junior = replace(senior, names=(PersonName("John", "Berg Jr"),))
    assert judge(senior, junior).hypothesis is Hypothesis.KIN


def test_swapped_given_and_family_name_is_one_person() -> None:
    swapped = replace(ANNA, names=(named("Berg", "Anna"),), phones=(), emails=())
    found = judge(ANNA, swapped)
    assert (found.hypothesis, found.band) == (Hypothesis.SELF, Band.CERTAIN)
    assert {"swapped"} == {e.level for e in found.evidence if e.field in ("given", "family")}


def test_a_maiden_name_beside_the_married_name_is_one_person() -> None:
    married = replace(
        ANNA, names=(named("Anna", "Lindqvist"), named("Anna", "Berg", NameKind.MAIDEN))
    )
    assert judge(ANNA, married).band is Band.CERTAIN


def test_another_family_name_weighs_less_for_a_woman_than_for_a_man() -> None:
    def bits(sex: str) -> int:
        one = PersonRecord((named("Alex", "Berg"),), sex=sex)
        other = PersonRecord((named("Alex", "Lindqvist"),), sex=sex)
        return next(e.bits for e in judge(one, other).evidence if e.field == "family")

    assert bits("male") < bits("") < bits("female") < 0


def test_one_part_of_a_hyphenated_name_agrees() -> None:
    double = replace(ANNA, names=(named("Anna", "Berg-Lindqvist"),))
    family = next(e for e in judge(ANNA, double).evidence if e.field == "family")
    assert family.level == "part"
    assert family.bits > 0


def test_particles_do_not_part_one_family_name() -> None:
    one, other = (PersonRecord((named("Ana", f),)) for f in ("de la Cruz", "Cruz"))
    assert "exact" in {e.level for e in judge(one, other).evidence if e.field == "family"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("William", "Bill"), ("José", "Pepe"), ("Alexander", "Саша"), ("Mohammed", "Mo")],
)
def test_nicknames_of_many_languages_are_variants(one: str, other: str) -> None:
    found = judge(PersonRecord((named(one, "Roth"),)), PersonRecord((named(other, "Roth"),)))
    assert "variant" in {e.level for e in found.evidence if e.field == "given"}


@pytest.mark.parametrize("label", ["Anna (MB)", "Anna [JK]", "Anna - MB", "Anna MB"])
def test_clinician_initials_in_a_preferred_name_are_not_part_of_it(label: str) -> None:
    profile = replace(ANNA, names=(named(label, "Berg", NameKind.CHOSEN),))
    found = judge(ANNA, profile)
    assert "exact" in {e.level for e in found.evidence if e.field == "given"}


def test_name_only_is_never_more_than_possible() -> None:
    rare = PersonRecord((named("Zebulon", "Quackenbush"),))
    assert judge(rare, rare).band is Band.POSSIBLE


def test_name_and_sex_are_still_name_only() -> None:
    rare = PersonRecord((named("Zebulon", "Quackenbush"),), sex="male")
    assert judge(rare, rare).band is Band.POSSIBLE


def test_certain_needs_a_birth_date_or_a_contact_point() -> None:
    known = replace(ANNA, birth_date="", phones=(), emails=())
    moved = replace(ANNA, addresses=(replace(HOME, house="70", street="Harbor Road"),))
    found = judge(known, moved, total=1000)
    assert found.hypothesis is not Hypothesis.NONE
    assert Band.CERTAIN not in (found.band, found.identity)


def test_one_name_in_one_home_without_birth_dates_is_a_question_not_one_person() -> None:
    known = replace(ANNA, birth_date="", phones=(), emails=())
    found = judge(known, ANNA)
    assert (found.hypothesis, found.identity) == (Hypothesis.KIN, Band.PROBABLE)
    assert found.self_bits == found.kin_bits  # it cannot be told
    assert found.identity_odds < found.self_bits - 1000
    control = judge(replace(known, emails=ANNA.emails), ANNA)
    assert control.hypothesis is Hypothesis.SELF  # an address of her own tells


def test_one_name_and_one_town_without_birth_dates_are_one_person_or_a_namesake() -> None:
    """A senior's entry would look the same: it is asked about, and never claimed to be hers."""
    social = PersonRecord(ANNA.names, addresses=(Address(city="Austin"),))
    found = judge(social, ANNA)
    assert (found.hypothesis, found.identity) == (Hypothesis.KIN, Band.POSSIBLE)
    assert found.band is Band.POSSIBLE
    control = judge(replace(social, birth_date=ANNA.birth_date), ANNA)
    assert control.hypothesis is Hypothesis.SELF


def _brothers(one: str, other: str) -> Comparison:
    """Two given names, all else in common but the e-mail address."""
    return judge(
        *(replace(ANNA, names=(named(given, "Berg"),), emails=()) for given in (one, other))
    )


@pytest.mark.parametrize(("one", "other"), [("Gary", "Jerry"), ("Linda", "Rosa")])
def test_twins_whose_names_may_be_short_for_a_third_are_kin(one: str, other: str) -> None:
    assert _brothers(one, other).hypothesis is Hypothesis.KIN
    assert _brothers("William", "Bill").hypothesis is Hypothesis.SELF  # control: one is short


def test_twins_registered_with_one_postcode_are_not_one_child() -> None:
    """NHSDigital manage-vaccinations-in-schools, pull request 2264: twins share family name,
    birth date and postcode, and were taken for duplicates."""
    area = Address(postcode="78701")
    one, other = (
        PersonRecord((named(given, "Berg"),), "2015-03-09", addresses=(area,))
        for given in ("Mia", "Leo")
    )
    found = judge(one, other)
    assert (found.hypothesis, found.label) == (Hypothesis.KIN, "TWIN")
    assert found.self_bits < 0
    assert judge(one, one).hypothesis is Hypothesis.SELF  # control


def test_a_rule_leaves_nothing_that_speaks_for_one_person() -> None:
    found = judge(ANNA, replace(ANNA, names=(named("Clara", "Berg"),)))
    assert found.self_bits < 0 < found.identity_bits


def test_a_name_alone_against_a_full_birth_date_is_no_flag() -> None:
    one, other = (PersonRecord((named("Anna", "Berg"),), born) for born in ("1984-05-17", "1987"))
    assert judge(one, replace(other, birth_date="1987-11-30")).band is Band.WEAK


def test_swapped_names_meet_through_a_nickname() -> None:
    one, other = (
        PersonRecord((named("Bob", "Lindqvist"),)),
        PersonRecord((named("Lindqvist", "Robert"),)),
    )
    assert "swapped" in {e.level for e in judge(one, other).evidence}


def test_a_mistyped_name_in_the_other_column_is_displaced() -> None:
    one, other = (
        PersonRecord((named("Jasper", "Colemann"),)),
        PersonRecord((named("Coleman", "Osric"),)),
    )
    assert "displaced" in {e.level for e in judge(one, other).evidence}


def test_one_postcode_says_less_once_the_homes_are_known_to_differ() -> None:
    def bits(street: str) -> int:
        other = replace(ANNA, addresses=(Address("", street, "", "Austin", "78701"),))
        bare = replace(other, names=(named("Hugo", "Berg"),), birth_date="", phones=(), emails=())
        rows = judge(bare, ANNA).evidence
        return next(row.bits for row in rows if row.field == "postcode")

    assert 0 < bits("Harbor Road") < bits("")


def test_a_surname_alone_is_never_a_flag() -> None:
    one, other = (PersonRecord((named(g, "Quackenbush"),)) for g in ("Zoe", "Hugo"))
    assert judge(one, other).band is Band.WEAK


@pytest.mark.parametrize(("bearers", "band"), [(1, Band.POSSIBLE), (40, Band.WEAK)])
def test_a_surname_counted_and_found_rare_is_a_question(bearers: int, band: Band) -> None:
    one, other = (PersonRecord((named(g, "Quackenbush"),)) for g in ("Zoe", "Hugo"))
    counted = Frequencies(2400, {"family:quackenbush": bearers})
    assert compare(one, other, counted, default_model()).band is band


def test_room_mates_are_possible_kin_and_labelled_room() -> None:
    one = PersonRecord((named("Omar", "Haddad"),), "1990-02-03", "male", addresses=(HOME,))
    other = PersonRecord((named("Pete", "Olsen"),), "1992-08-09", "male", addresses=(HOME,))
    found = judge(one, other)
    assert (found.hypothesis, found.band, found.label) == (Hypothesis.KIN, Band.POSSIBLE, "ROOM")


def test_one_street_name_in_two_towns_is_no_common_home() -> None:
    one = PersonRecord((named("Omar", "Haddad"),), addresses=(HOME,))
    away = replace(HOME, city="Dayton", postcode="45402")
    other = PersonRecord((named("Pete", "Olsen"),), addresses=(away,))
    assert judge(one, other).hypothesis is Hypothesis.NONE


def test_a_household_is_one_witness_not_three() -> None:
    one = PersonRecord((named("Omar", "Haddad"),), phones=ANNA.phones, addresses=(HOME,))
    other = PersonRecord((named("Pete", "Olsen"),), phones=ANNA.phones, addresses=(HOME,))
    household = [e.bits for e in judge(one, other).evidence if e.group == "household"]
    assert sum(household) == default_model().limits[Group.HOUSEHOLD][1]


def test_a_phone_that_many_share_loses_weight() -> None:
    shelter = PersonRecord(phones=("512-867-2309",))

    def bits(count: int) -> int:
        counts = dict.fromkeys(frequency_texts(shelter), count)
        return (
            compare(shelter, shelter, Frequencies(5000, counts), default_model()).evidence[0].bits
        )

    assert bits(1) > bits(20) > bits(500) >= 0


def test_a_common_family_name_says_less_than_a_rare_one() -> None:
    def bits(count: int) -> int:
        record = PersonRecord((PersonName("", "Berg"),))
        found = compare(record, record, Frequencies(5000, {"family:berg": count}), default_model())
        return found.evidence[0].bits

    assert bits(2) > bits(100)


def test_a_value_that_was_never_counted_is_not_taken_for_rare() -> None:
    uncounted = compare(ANNA, ANNA, Frequencies(50_000), default_model())
    assert uncounted.bits == compare(ANNA, ANNA, Frequencies(), default_model()).bits


def test_a_larger_practice_needs_more_evidence() -> None:
    one = replace(ANNA, birth_date="", phones=(), emails=())
    assert judge(one, ANNA, total=1000).band is Band.PROBABLE
    assert judge(replace(one, addresses=()), ANNA, 10**9).band is Band.WEAK


# -- laws --------------------------------------------------------------------------------------

given_names = st.sampled_from(["Anna", "Anne", "Ana", "Bill", "William", "Bergg", "Clara", ""])
family_names = st.sampled_from(["Berg", "Bergg", "Anna", "Berg-Lund", "Lund", "de la Cruz", ""])
streets = st.sampled_from(["Juniper Street", "Juniper Stret", "Harbor Road", ""])
places = st.builds(
    Address,
    house=st.sampled_from(["12", "14", ""]),
    street=streets,
    city=st.sampled_from(["Austin", "Austn", "Dayton", ""]),
    postcode=st.sampled_from(["78701", "78710", "45402", ""]),
)
borne_names = st.builds(
    PersonName,
    given_names,
    family_names,
    suffix=st.sampled_from(["", "", "Jr"]),
    kind=st.sampled_from([NameKind.LEGAL, NameKind.MAIDEN, NameKind.ALIAS]),
)
contacts = st.builds(
    RelatedPerson,
    st.builds(PersonName, given_names, family_names),
    st.sampled_from(["", "SPS", "FTH"]),
    st.just(RelatedRole.EMERGENCY_CONTACT),
    phone=st.sampled_from(["", "5128672309"]),
)
records = st.builds(
    PersonRecord,
    names=st.lists(borne_names, max_size=2).map(tuple),
    birth_date=st.sampled_from(
        [
            "",
            "1984",
            "1984-05",
            "1984-05-17",
            "1984-05-07",
            "1984-07-05",
            "1999-11-02",
            "1914-05-17",
        ]
    ),
    sex=st.sampled_from(["", "female", "male"]),
    phones=st.lists(st.sampled_from(["5128672309", "4128672309", "3038672310"]), max_size=2),
    emails=st.lists(st.sampled_from(["a@mail.org", "a@post.org", "b@mail.org"]), max_size=2),
    addresses=st.lists(places, max_size=2).map(tuple),
    handles=st.lists(st.sampled_from([Handle("x", "anna"), Handle("x", "bob")]), max_size=1),
    company=st.sampled_from(["", "Acme", "Initech"]),
    related=st.lists(contacts, max_size=1).map(tuple),
)


@given(records, records, st.sampled_from([0, 500, 10**6]))
def test_the_score_is_symmetric(one: PersonRecord, other: PersonRecord, total: int) -> None:
    there, back = judge(one, other, total), judge(other, one, total)
    assert (there.self_bits, there.kin_bits, there.bits) == (
        back.self_bits,
        back.kin_bits,
        back.bits,
    )
    assert (there.hypothesis, there.band, there.identity) == (
        back.hypothesis,
        back.band,
        back.identity,
    )


@given(records, records)
def test_the_evidence_sums_exactly_to_the_score(one: PersonRecord, other: PersonRecord) -> None:
    found = judge(one, other)
    assert sum(row.bits for row in found.evidence) == found.bits


REMOVALS = {
    "birth_date": "birth_date",
    "phone": "phones",
    "email": "emails",
    "handle": "handles",
    "company": "company",
    "sex": "sex",
}


@given(records, records, st.sampled_from(sorted(REMOVALS)))
def test_removing_an_agreeing_field_never_raises_the_score(
    one: PersonRecord, other: PersonRecord, field: str
) -> None:
    before = judge(one, other)
    if not any(row.field == field and row.level == "exact" for row in before.evidence):
        return
    attribute = REMOVALS[field]
    empty = "" if isinstance(getattr(one, attribute), str) else ()
    assert judge(replace(one, **{attribute: empty}), other).bits <= before.bits
