"""Values folded, placeholders dropped and remarked on, and nothing odd ever raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Address, Handle, NameKind, PersonName, PersonRecord
from policy_service.matching.contacts import read_email, read_handle, read_phone
from policy_service.matching.dates import read_birth_date
from policy_service.matching.keys import match_texts
from policy_service.matching.names import fold, fold_name
from policy_service.matching.normalise import normalise
from policy_service.matching.places import read_address


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("O'Brien", "obrien"),
        ("Müller-Lüdenscheidt", "muller ludenscheidt"),
        ("Саша", "sasha"),
        ("  José  María ", "jose maria"),
    ],
)
def test_names_fold_to_plain_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_particles_are_kept_in_the_name_and_dropped_from_its_parts() -> None:
    name = fold_name(PersonName("Ana", "de la Cruz"))
    assert name is not None
    assert (name.family, name.family_parts) == ("de la cruz", ("cruz",))


def test_a_name_of_particles_only_keeps_them() -> None:
    name = fold_name(PersonName("Thu", "Van"))
    assert name is not None
    assert name.family_parts == ("van",)


def test_a_suffix_is_read_off_the_family_name() -> None:
    name = fold_name(PersonName("John", "Berg Jr."))
    assert name is not None
    assert (name.family, name.suffix) == ("berg", "jr")


def test_two_capital_letters_are_initials_only_in_a_preferred_name() -> None:
    legal = fold_name(PersonName("Mary JO", "Berg", kind=NameKind.LEGAL))
    chosen = fold_name(PersonName("Mary JO", "Berg", kind=NameKind.CHOSEN))
    assert legal is not None
    assert chosen is not None
    assert (legal.given, chosen.given) == ("mary jo", "mary")


@pytest.mark.parametrize(
    "given", ["Unknown", "Baby Boy", "test", "N/A", "XXX", "baby girl A", "00"]
)
def test_placeholder_names_become_nothing_and_a_warning(given: str) -> None:
    features = normalise(PersonRecord((PersonName(given, "Smith"),)))
    assert features.names[0].given == ""
    assert "name is a placeholder" in features.warnings


@pytest.mark.parametrize(
    ("text", "date", "warned"),
    [
        ("1984-05-17", "1984-05-17", False),
        ("19840517", "1984-05-17", False),
        ("1984-05", "1984-05", False),
        ("1984", "1984", False),
        ("1984-01-01", "1984", True),
        ("1900-01-01", "None", True),
        ("1984-13-02", "1984", True),
        ("1984-02-30", "1984-02", True),
        ("soon", "None", True),
        ("", "None", False),
    ],
)
def test_birth_dates_keep_what_is_known(text: str, date: str, warned: bool) -> None:
    found, warning = read_birth_date(text)
    assert (str(found), bool(warning)) == (date, warned)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(512) 867-2309", "15128672309"),
        ("+1 512 867 2309 ext. 12", "15128672309"),
        ("+44 20 7946 0958", "442079460958"),
        ("0000000000", ""),
        ("555-867-2309", ""),
        ("512-555-0101", ""),
        ("1234567890", ""),
        ("12", ""),
        ("call mother", ""),
    ],
)
def test_phones_are_numbers_or_nothing(text: str, number: str) -> None:
    assert read_phone(text) == number


def test_gmail_dots_and_tags_do_not_tell_addresses_apart() -> None:
    one, other = read_email("Anna.Berg+intake@googlemail.com"), read_email("annaberg@gmail.com")
    assert one is not None
    assert one == other


@pytest.mark.parametrize("text", ["none@none.com", "noemail@clinic.org", "anna", "@x.org", ""])
def test_placeholder_addresses_are_nothing(text: str) -> None:
    assert read_email(text) is None


def test_a_role_address_gives_no_key_by_its_name_part() -> None:
    texts = {key.text for key in match_texts(PersonRecord(emails=("info@clinic.org",)))}
    assert texts == {"em:info@clinic.org"}


def test_a_profile_address_and_a_handle_are_one() -> None:
    url = Handle("LinkedIn", "https://www.linkedin.com/in/Anna-Berg/")
    assert read_handle(url) == read_handle(Handle("linkedin", "@anna-berg")) == "linkedin:anna-berg"


def test_one_line_addresses_give_house_street_and_unit() -> None:
    place = read_address(Address(street="12 Main St Apt 4B", city="Austin", postcode="78701-1234"))
    assert place is not None
    assert (place.house, place.street, place.unit) == ("12", "main street", "4b")
    assert place.postcode == "78701"


def test_every_name_and_hyphen_part_is_a_key() -> None:
    record = PersonRecord((PersonName("Anna", "Berg-Lindqvist"), PersonName("Anna", "Roth")))
    families = [key.text for key in match_texts(record) if key.family == "name by sound"]
    assert len(families) == 3


def test_swapped_names_share_their_keys() -> None:
    one = PersonRecord((PersonName("Anna", "Berg"),), "1984-05-17")
    other = PersonRecord((PersonName("Berg", "Anna"),), "1984-05-17")
    shared = {k.text for k in match_texts(one)} & {k.text for k in match_texts(other)}
    assert {"nm:AN|BRK"} <= shared
    assert len(shared) >= 8


def test_placeholders_never_become_keys() -> None:
    record = PersonRecord(
        (PersonName("Baby Boy", "Unknown"),),
        "1900-01-01",
        phones=("0000000000",),
        emails=("none@none.com",),
    )
    assert match_texts(record) == ()


odd_text = st.text(max_size=40)


@given(odd_text, odd_text, odd_text, odd_text)
def test_no_text_makes_recognition_raise(one: str, two: str, three: str, four: str) -> None:
    record = PersonRecord(
        names=(PersonName(one, two, three, four),),
        birth_date=two,
        sex=three,
        phones=(four,),
        emails=(one,),
        addresses=(Address(one, two, three, four, one, two),),
        handles=(Handle(three, four),),
        company=one,
    )
    texts = [key.text for key in match_texts(record)]
    assert len(texts) == len(set(texts))
    assert all(text.isprintable() for text in texts)
