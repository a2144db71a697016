"""Twins, seniors and juniors over generated records: kin or a question, never one person."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy_service.domain.people import Address, Handle, PersonName, PersonRecord
from policy_service.matching import Band, Comparison, Frequencies, Hypothesis, compare
from policy_service.matching.model import MatchModel, default_model
from policy_service.matching.short_names import is_form_of

# What may happen without making one person of two: every field may be missing or shared.
HOMES = (
    (),
    (Address(city="Austin"),),
    (Address("12", "Oak Street", "", "Austin", "78701"),),
)
GIVEN = st.sampled_from(["Gary", "Jerry", "Linda", "Rosa", "Hayden", "Jayden", "Anna", "Thomas"])
FAMILY = st.sampled_from(["Berg", "Lindqvist", "Campbell", "Thomas", "de la Cruz"])
PHONES = st.sampled_from([(), ("5128672309",), ("4128672309",)])
EMAILS = st.sampled_from([(), ("t.berg@mail.org",), ("t.berg@post.org",), ("tberg2@mail.org",)])
SLIPS = st.sampled_from(["", "swapped", "initial"])
people = st.builds(
    PersonRecord,
    names=st.builds(PersonName, GIVEN, FAMILY).map(lambda name: (name,)),
    birth_date=st.sampled_from(["1984-05-17", "1971-12-30", "2001-02-03"]),
    sex=st.sampled_from(["", "female", "male"]),
    phones=PHONES,
    emails=EMAILS,
    addresses=st.sampled_from(HOMES),
)
LAW = settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


def judge(one: PersonRecord, other: PersonRecord, model: MatchModel | None = None) -> Comparison:
    return compare(one, other, Frequencies(2000), model or default_model())


def written(record: PersonRecord, slip: str) -> PersonRecord:
    """The name as another front desk may have written it."""
    (name,) = record.names
    if slip == "swapped":
        return replace(record, names=(PersonName(name.family, name.given),))
    if slip == "initial":
        return replace(record, names=(PersonName(name.given[0], name.family),))
    return record


def twin_of(one: PersonRecord, given: str, birth_date: str) -> PersonRecord:
    name = PersonName(given, one.names[0].family)
    return replace(one, names=(name,), birth_date=birth_date)


@given(people, GIVEN, st.sampled_from([4, 7, 10]), EMAILS)
@LAW
def test_a_twin_is_never_one_person(
    one: PersonRecord, given: str, precision: int, emails: tuple[str, ...]
) -> None:
    assume(given != one.names[0].given)
    assume(not is_form_of(given.lower(), one.names[0].given.lower()))
    twin = replace(twin_of(one, given, one.birth_date[:precision]), emails=emails)
    assert judge(one, twin).hypothesis is not Hypothesis.SELF


@given(people, st.sampled_from(["", "1950", "1950-08", "1950-08-09"]), SLIPS, st.data())
@LAW
def test_a_senior_is_never_one_person(
    junior: PersonRecord, birth_date: str, slip: str, data: st.DataObject
) -> None:
    """With or without a birth date, a home, a line; an address of one's own is not shared."""
    senior = replace(
        written(junior, slip),
        birth_date=birth_date,
        phones=data.draw(PHONES),
        emails=tuple(text for text in data.draw(EMAILS) if text not in junior.emails),
        addresses=data.draw(st.sampled_from(HOMES)),
    )
    assert judge(junior, senior).hypothesis is not Hypothesis.SELF
    assert judge(senior, junior).hypothesis is not Hypothesis.SELF


def test_without_the_rules_both_would_be_one_person() -> None:
    """The control: the fields alone say SELF of a twin in one home and of a senior in one home."""
    model = replace(default_model(), rules={})
    (home,) = HOMES[2]
    junior = PersonRecord((PersonName("Thomas", "Berg"),), "1984-05-17", "male", addresses=(home,))
    senior = replace(junior, birth_date="")
    assert judge(junior, senior, model).hypothesis is Hypothesis.SELF
    twin = replace(junior, names=(PersonName("Walter", "Berg"),), emails=("a@mail.org",))
    known = replace(junior, emails=("a@mail.org",))
    assert judge(known, twin, model).hypothesis is Hypothesis.SELF


@given(people, SLIPS, st.sampled_from(HOMES))
@LAW
def test_a_birth_date_or_a_handle_makes_one_person_again(
    one: PersonRecord, slip: str, home: tuple[Address, ...]
) -> None:
    """The rules do not swallow everybody: what is personal tells."""
    again = replace(written(one, slip), addresses=home)
    assert judge(one, again).hypothesis is Hypothesis.SELF
    handles = (Handle("instagram", "t.berg"),)
    entry = replace(again, birth_date="", handles=handles)
    assert judge(replace(one, handles=handles), entry).hypothesis is Hypothesis.SELF


@given(people, SLIPS, st.sampled_from(HOMES))
@LAW
def test_a_sparse_entry_of_one_person_is_still_asked_about(
    one: PersonRecord, slip: str, home: tuple[Address, ...]
) -> None:
    """KIN leads, and the question of identity stands beside it: nobody is lost."""
    assume(slip != "initial" and not (one.addresses and home and one.addresses != home))
    entry = PersonRecord(written(one, slip).names, addresses=home)
    found = judge(one, entry)
    assert found.hypothesis is Hypothesis.KIN
    assert found.identity is not Band.WEAK
    assert found.band is not Band.WEAK
