"""Hostile and odd texts: refused by line, or made harmless and said so."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.importers.entries import birthday, profile
from tests.importers.reading import Read, read

HEADER = "First Name,Last Name,Notes,Labels,E-mail 1 - Value,Phone 1 - Value,Organization Name\n"


def friend(name: str) -> Read:
    listed = [{"name": "Anna Berg"}, {"name": name}, {"name": "Carl Coe"}]
    return read("f.json", json.dumps({"friends_v2": listed}))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("A" * 201, "201 characters; at most 200 are allowed"),
        ("A" * 10_000, "10000 characters; at most 200 are allowed"),
        ("An\0na", "U+0000"),
        ("An\ufffdna", "no text"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_and_its_neighbours_stand(
    name: str, said: str
) -> None:
    found = friend(name)
    assert found.names() == ["Anna Berg", "Carl Coe"]
    (refused,) = found.dropped
    assert (refused.line, refused.field) == (2, "name")
    assert said in refused.detail


@pytest.mark.parametrize(
    ("name", "kept", "code"),
    [
        ("An\u202ena Boe", "Anna Boe", "U+202E"),
        ("\u2066Anna\u2069 Boe", "Anna Boe", "U+2066, U+2069"),
        ("An\x07na Boe", "Anna Boe", "U+0007"),
        ("An\x1bna Boe", "Anna Boe", "U+001B"),
    ],
)
def test_characters_that_turn_or_steer_text_are_taken_out_and_named(
    name: str, kept: str, code: str
) -> None:
    found = friend(name)
    assert found.names()[1] == kept
    (note,) = found.notes
    assert (note.line, note.field, note.kept) == (2, "name", True)
    assert note.detail.endswith(f"taken out: {code}.")


@pytest.mark.parametrize(
    "name", ["An\u200bna Boe", "\ufeffAnna Boe", "An\u200dna Boe", "Anna\tBoe"]
)
def test_characters_of_no_width_are_taken_out_silently(name: str) -> None:
    found = friend(name)
    assert (found.names()[1], found.refused) == ("Anna Boe", ())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ('=HYPERLINK("http://x") Boe', 'HYPERLINK("http://x") Boe'),
        ("+Anna Boe", "Anna Boe"),
        ("- Anna Boe", "Anna Boe"),
        ("@SUM(A1) Boe", "SUM(A1) Boe"),
        ("=-+@Anna Boe", "Anna Boe"),
        ("\u202e=Anna Boe", "Anna Boe"),
    ],
)
def test_no_name_begins_as_a_formula(name: str, kept: str) -> None:
    found = friend(name)
    assert found.names()[1] == kept
    assert any("formula" in note.detail for note in found.notes)


@pytest.mark.parametrize("name", ["=", "-", "@@@", "\u202e", "   "])
def test_a_name_of_nothing_is_nobody(name: str) -> None:
    (refused,) = friend(name).dropped
    assert "Nothing to know a person by" in refused.detail


def row(email: str = "", phone: str = "", company: str = "") -> Read:
    cells = ",".join(f'"{cell}"' for cell in (email, phone, company))
    return read("c.csv", f"{HEADER}Anna,Berg,,x,{cells}\n")


@pytest.mark.parametrize(
    "email", ["anna", "anna@", "@example.org", "a b@c.org", "=a@b.org", "a@b", "a" * 250 + "@b.org"]
)
def test_what_is_no_address_is_left_out(email: str) -> None:
    found = row(email=email)
    assert found.only.emails == ()
    assert [(note.line, note.field) for note in found.notes] == [(2, "E-mail")]


@pytest.mark.parametrize(
    "phone", ["=cmd|' /C calc'!A0", "+cmd", "12", "call me", "+1 555 0100 or so", "1" * 41, "@1234"]
)
def test_what_is_no_number_is_left_out(phone: str) -> None:
    found = row(phone=phone)
    assert found.only.phones == ()
    assert [note.field for note in found.notes] == ["Phone"]


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("+47 999 88 777", "+47 999 88 777"),
        ("\u202a+47 999\u202c", "+47 999"),
        ("(555) 010-0199 ext 5", "(555) 010-0199 ext 5"),
        ("tel:+1-555-0100", "+1-555-0100"),
        ("*123#", "*123#"),
    ],
)
def test_numbers_stay_as_they_are_written(phone: str, kept: str) -> None:
    assert row(phone=phone).only.phones == (kept,)


def test_a_field_that_is_too_long_is_left_out_and_the_person_stays() -> None:
    found = row(company="A" * 10_000)
    assert (found.names(), found.only.company) == (["Anna Berg"], "")
    assert "at most 200 are allowed. The field was left out." in found.notes[0].detail


def test_very_many_values_in_a_cell_are_cut() -> None:
    found = row(email=" ::: ".join(f"a{number}@b.org" for number in range(100)))
    assert len(found.only.emails) == 32
    assert "More than 32 values" in found.notes[0].detail


@given(st.text(max_size=40))
def test_a_birthday_is_a_date_or_nothing(text: str) -> None:
    found = birthday(text)
    assert not found or birthday(found) == found


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://www.linkedin.com/in/anna", ("linkedin", "anna")),
        ("http://de.linkedin.com/in/anna/?x=1", ("linkedin", "anna")),
        ("linkedin.com/in/anna", ("linkedin", "anna")),
        ("https://www.instagram.com/_u/anna", ("instagram", "anna")),
        ("https://m.facebook.com/anna.b", ("facebook", "anna.b")),
        ("https://www.facebook.com/profile.php?id=1", ("", "")),
        ("https://www.linkedin.com/company/acme", ("", "")),
        ("https://example.org/anna", ("", "")),
        ("https://notlinkedin.com/in/anna", ("", "")),
    ],
)
def test_profiles_are_known_by_their_address(url: str, told: tuple[str, str]) -> None:
    assert profile(url) == told
