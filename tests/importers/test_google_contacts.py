"""Google's CSV of contacts, with today's header and the one until 2024."""

from __future__ import annotations

import pytest

from policy_service.domain.people import NameKind, PersonName, RelatedRole
from tests.importers.reading import export, read, read_export, zipped


def test_every_part_of_a_contact_is_read() -> None:
    grace = read_export("google_contacts.csv").contacts[0]
    assert grace.names == (
        PersonName("Grace", "Håland", "Marie", "Jr"),
        PersonName("Gracie", "Håland", kind=NameKind.NICKNAME),
    )
    assert grace.emails == ("grace@work.example", "grace@home.example", "g@home.example")
    assert grace.phones == ("+47 999 88 777", "(555) 010-0199")
    assert (grace.company, grace.city, grace.birth_date) == ("Fjord AS", "Oslo", "1980-05-02")
    assert (grace.platform, grace.handle) == ("linkedin", "grace-haland")


def test_relations_are_persons_with_what_they_are_to_the_contact() -> None:
    spouse, sister = read_export("google_contacts.csv").contacts[0].related
    assert (spouse.name.given, spouse.relation, spouse.role) == (
        "Harald",
        "SPS",
        RelatedRole.PARTNER,
    )
    assert (sister.name.given, sister.relation, sister.role) == (
        "Ingrid",
        "SIS",
        RelatedRole.FAMILY,
    )


def test_an_address_book_claims_no_connection() -> None:
    for contact in read_export("google_contacts.csv").contacts:
        assert (contact.direction, contact.state, contact.initiator) == (None, None, None)


def test_a_company_keeps_its_telephone_and_a_bare_note_is_refused() -> None:
    found = read_export("google_contacts.csv")
    assert (found.contacts[1].names, found.contacts[1].phones) == ((), ("+47 22 33 44 55",))
    assert [refused.line for refused in found.dropped] == [7]


def test_lines_are_counted_across_the_line_breaks_in_cells() -> None:
    assert [c.line for c in read_export("google_contacts.csv").contacts] == [2, 6, 8]


def test_a_birthday_without_its_year_stays_without() -> None:
    assert read_export("google_contacts.csv").contacts[2].birth_date == "--04-15"


def test_file_as_is_the_name_where_no_other_is() -> None:
    assert read_export("google_contacts.csv").contacts[2].names == (PersonName("Eva", "Lund"),)


def test_the_header_until_2024_in_utf16_is_read() -> None:
    ada = read_export("google_contacts_until_2024_utf16.csv").only
    assert ada.names == (
        PersonName("Ada", "Øst"),
        PersonName("Ada", "Vest", kind=NameKind.MAIDEN),
    )
    assert (ada.emails, ada.phones) == (("ada@example.org",), ("+1 555 0100",))
    assert (ada.company, ada.city, ada.birth_date) == ("Mill AS", "Bergen", "1975-11-30")
    assert (ada.related[0].relation, ada.related[0].name.family) == ("MTH", "Vest")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_google_wrote_is_told_from_the_bytes(encoding: str) -> None:
    text = export("google_contacts.csv").decode()
    assert read("contacts.csv", text.encode(encoding)).names()[0] == "Grace Håland"


def test_a_takeout_holds_the_same_contact_in_several_groups() -> None:
    archive = zipped(
        {
            "Takeout/Contacts/All Contacts/All Contacts.csv": export("google_contacts.csv"),
            "Takeout/Contacts/My Contacts/My Contacts.csv": export("google_contacts.csv"),
            "Takeout/archive_browser.html": "<html></html>",
        }
    )
    found = read("takeout.zip", archive)
    assert len(found.contacts) == 3
    assert sum("stands earlier" in refused.detail for refused in found.notes) == 3


def test_an_unclosed_quotation_mark_refuses_its_own_line() -> None:
    header = "First Name,Last Name,Notes,Labels\n"
    found = read("contacts.csv", f'{header}Anna,Berg,,x\nBo,"Boe,,x\nCarl,Berg,,x\n')
    assert found.names() == ["Anna Berg", "Carl Berg"]
    assert [refused.line for refused in found.dropped] == [3]
