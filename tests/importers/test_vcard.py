"""vCard files of Apple, of RFC 6350, and of phones that still write 2.1."""

from __future__ import annotations

import pytest

from policy_service.domain.people import NameKind, PersonName, RelatedRole
from tests.importers.reading import read, read_export, zipped


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""))


def test_an_apple_card_is_read_with_its_additions() -> None:
    anna = read_export("vcard_apple_3.0.vcf").contacts[0]
    assert anna.names == (
        PersonName("Anna", "Bergström", "Maria", "Jr."),
        PersonName("Annie", "Bergström", kind=NameKind.NICKNAME),
        PersonName("Nan", "Bergström", kind=NameKind.NICKNAME),
        PersonName("Anna", "Lind", kind=NameKind.MAIDEN),
    )
    assert anna.emails == ("anna@example.org", "anna@home.example")
    assert anna.phones == ("+47 999 88 777",)
    assert (anna.company, anna.city, anna.birth_date) == ("Acme, Inc.", "Oslo", "--04-15")
    assert (anna.platform, anna.handle) == ("linkedin", "anna-bergstrom")


def test_apples_related_names_take_their_label_from_the_group() -> None:
    spouse, sister = read_export("vcard_apple_3.0.vcf").contacts[0].related
    assert (spouse.name, spouse.relation) == (PersonName("Harald", "Bergström"), "SPS")
    assert (sister.name, sister.relation) == (PersonName("Ingrid", "Lie"), "SIS")


def test_a_company_has_no_person_and_a_group_is_nobody() -> None:
    found = read_export("vcard_apple_3.0.vcf")
    assert [(c.names, c.company) for c in found.contacts[1:]] == [((), "Clinic of the North")]
    assert found.refused == ()


def test_version_4_is_read() -> None:
    noor, folded = read_export("vcard_4.0.vcf").contacts
    assert noor.phones == ("+1-555-010-0199",)
    assert (noor.birth_date, noor.city) == ("--04-15", "Springfield")
    (spouse,) = noor.related  # the friend is a reference to another card
    assert (spouse.name.given, spouse.relation, spouse.role) == (
        "Sami",
        "SPS",
        RelatedRole.PARTNER,
    )
    assert folded.names == (PersonName("Long Folded", "Name"),)
    assert folded.birth_date == "1996-04-15"


def test_version_2_1_in_quoted_printable_and_latin_1_is_read() -> None:
    jorg = read_export("vcard_2.1_android.vcf").only
    assert jorg.names == (PersonName("Jörg", "Müller"),)
    assert (jorg.phones, jorg.city, jorg.birth_date) == (("0171 1234567",), "Köln", "1980-05-02")


@pytest.mark.parametrize(
    ("written", "birth_date"),
    [
        ("BDAY:1980-05-02", "1980-05-02"),
        ("BDAY:19800502", "1980-05-02"),
        ("BDAY:1980-05", "1980-05"),
        ("BDAY:1980", "1980"),
        ("BDAY:--0502", "--05-02"),
        ("BDAY:--05-02", "--05-02"),
        ("BDAY:--0229", "--02-29"),
        ("BDAY;VALUE=date-time:1980-05-02T00:00:00Z", "1980-05-02"),
        ("BDAY;X-APPLE-OMIT-YEAR=1604:16040502", "--05-02"),
        ("BDAY;VALUE=text:circa 1980", ""),
        ("BDAY:1980-02-30", ""),
        ("BDAY:---02", ""),
        ("BDAY:0000-01-01", ""),
    ],
)
def test_birthdays_are_partial_dates_or_nothing(written: str, birth_date: str) -> None:
    found = read("a.vcf", card("FN:Anna Berg", written))
    assert found.only.birth_date == birth_date
    assert bool(found.notes) == (not birth_date)


@pytest.mark.parametrize("name", ["X-SPOUSE", "X-EVOLUTION-SPOUSE", "X-KADDRESSBOOK-X-SpousesName"])
def test_other_programs_name_the_spouse_too(name: str) -> None:
    found = read("a.vcf", card("FN:Anna Berg", f"{name}:Harald Berg"))
    assert [(p.name.given, p.relation) for p in found.only.related] == [("Harald", "SPS")]


def test_many_cards_in_one_file_and_many_files_in_one_zip_are_read() -> None:
    two = card("FN:Anna Berg") + card("FN:Bo Boe")
    archive = zipped({"a.vcf": two, "b/c.vcf": card("FN:Carl Coe"), "d.vcard": card("FN:Di Doe")})
    assert read("cards.zip", archive).names() == ["Anna Berg", "Bo Boe", "Carl Coe", "Di Doe"]


def test_a_card_that_is_not_closed_is_refused_by_its_line_and_the_next_stands() -> None:
    text = "BEGIN:VCARD\nFN:Anna Berg\n" + card("FN:Bo Boe") + "BEGIN:VCARD\nFN:Cut"
    found = read("a.vcf", text)
    assert found.names() == ["Bo Boe"]
    assert [refused.line for refused in found.dropped] == [1, 7]


def test_a_photograph_of_many_megabytes_is_read_past() -> None:
    photo = "PHOTO;ENCODING=b:" + "\r\n ".join(["A" * 75] * 20_000)
    assert read("a.vcf", card(photo, "FN:Anna Berg")).names() == ["Anna Berg"]


def test_a_card_with_very_many_numbers_keeps_the_first_and_names_the_rest_nowhere() -> None:
    numbers = [f"TEL:+4799{number:06}" for number in range(500)]
    assert len(read("a.vcf", card("FN:Anna Berg", *numbers)).only.phones) == 32


def test_a_name_is_refused_by_the_line_its_card_begins_on() -> None:
    found = read("a.vcf", card("FN:Bo Boe") + card("N:" + "A" * 1_000 + ";Anna;;;"))
    assert found.names() == ["Bo Boe"]
    (refused,) = found.dropped
    assert refused.line == 5
    assert "1000 characters; at most 200 are allowed" in refused.detail
