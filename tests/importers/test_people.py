"""One person a row: names in every shape, addresses on one line, no content refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.people import Handle, NameKind, PersonName, PersonRecord
from policy_service.importers.delimited import FileRefused
from policy_service.importers.people import full_name, read_people


def record(header: str, row: str) -> PersonRecord:
    return read_people(f"id,{header}\n1,{row}\n".encode()).people[0].record


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Anna Berg", PersonName("Anna", "Berg")),
        ("Berg, Anna", PersonName("Anna", "Berg")),
        ("Ana de la Cruz", PersonName("Ana", "de la Cruz")),
        ("John Berg Jr.", PersonName("John", "Berg Jr.")),
        ("John Berg, Jr.", PersonName("John", "Berg, Jr.")),
        ("Cher", PersonName("", "Cher")),
        ("", PersonName()),
    ],
)
def test_full_names_are_read_in_parts(text: str, name: PersonName) -> None:
    assert full_name(text) == name


def test_aliases_say_what_they_are() -> None:
    names = record("given,family,aliases", "Anna,Berg,née Lund;preferred: Annie;Anna Roth").names
    assert names[1:] == (
        PersonName("Anna", "Lund", kind=NameKind.MAIDEN),
        PersonName("Annie", "Berg", kind=NameKind.CHOSEN),
        PersonName("Anna", "Roth", kind=NameKind.ALIAS),
    )


def test_several_values_stand_apart_with_semicolons() -> None:
    found = record("phones,emails", '"512 867 2309;512 867 2310",a@mail.org;b@mail.org')
    assert found.phones == ("512 867 2309", "512 867 2310")
    assert found.emails == ("a@mail.org", "b@mail.org")


def test_a_full_address_line_loses_what_the_other_columns_say() -> None:
    found = record(
        "address,city,postcode,state", '"12 Elm St, Apt 4, Austin, TX 78701",Austin,78701,TX'
    )
    assert found.addresses[0].street == "12 Elm St Apt 4"


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("instagram:anna", Handle("instagram", "anna")),
        ("@anna", Handle("", "@anna")),
        ("https://www.linkedin.com/in/anna-berg", Handle("linkedin", "in/anna-berg")),
    ],
)
def test_handles_keep_their_platform(text: str, handle: Handle) -> None:
    assert record("handles", text).handles == (handle,)


def test_relations_are_read_as_tie_kinds() -> None:
    related = record(
        "emergency_contact_name,emergency_contact_relation", "Tom Berg,ex-husband"
    ).related
    assert (related[0].name, related[0].relation) == (PersonName("Tom", "Berg"), "FMRSPS")


def test_a_contact_known_by_phone_alone_is_kept() -> None:
    assert record("emergency_contact_phone", "512 867 2309").related[0].phone == "512 867 2309"


def test_missing_columns_are_empty_and_unknown_ones_named() -> None:
    people = read_people(b"id,shoe_size\n1,42\n")
    assert people.people[0].record == PersonRecord()
    assert people.unknown_columns == ("shoe_size",)


def test_a_file_without_ids_is_refused_and_a_row_without_one_reported() -> None:
    with pytest.raises(FileRefused, match="id is missing"):
        read_people(b"given,family\nAnna,Berg\n")
    people = read_people(b"id,given\n,Anna\n2,Hugo\n")
    assert [line.ref for line in people.people] == ["2"]
    assert [error.line for error in people.errors] == [2]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\r\n'), max_size=60))
def test_nothing_written_in_a_cell_raises(text: str) -> None:
    columns = "given,aliases,birth_date,phones,address,handles,emergency_contact_name"
    row = ",".join([f'"{text}"'] * 7)
    read_people(f"id,{columns}\n1,{row}\n".encode())
