"""LinkedIn's connections and invitations, in the forms that were met."""

from __future__ import annotations

import pytest

from policy_service.domain.accounts import ConnectionState, Direction
from tests.importers.reading import read, read_export, zipped

HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


def test_the_notes_above_the_header_are_passed_over() -> None:
    found = read_export("linkedin_Connections.csv")
    assert found.sources == ("linkedin",)
    assert found.names() == ["Anna Bergström", "Carl O'Neil, PhD", "Dana Hill"]


def test_a_connection_is_mutual_and_accepted_with_its_day() -> None:
    anna = read_export("linkedin_Connections.csv").contacts[0]
    assert (anna.direction, anna.state) == (Direction.MUTUAL, ConnectionState.ACCEPTED)
    assert (anna.since, anna.company, anna.initiator) == ("2024-03-15", "Acme, Inc.", None)
    assert (anna.platform, anna.handle) == ("linkedin", "anna-bergström-1a2b")
    assert anna.emails == ("anna@example.org",)


def test_the_row_of_a_closed_account_is_refused_by_its_line() -> None:
    (closed,) = read_export("linkedin_Connections.csv").dropped
    assert closed.line == 7
    assert "Nothing to know a person by" in closed.detail


def test_a_day_that_does_not_exist_is_left_out_and_the_row_stands() -> None:
    found = read_export("linkedin_Connections.csv")
    assert found.contacts[2].since == ""
    (note,) = found.notes
    assert (note.line, note.field) == (8, "Connected On")


def test_older_files_have_no_url() -> None:
    eva = read_export("linkedin_Connections_without_url.csv").only
    assert (eva.handle, eva.since, eva.company) == ("", "2017-03-05", "Nord AS")


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("15 Mar 2024", "2024-03-15"),
        ("5 Mar 19", "2019-03-05"),
        ("05 March 2019", "2019-03-05"),
        ("3/5/17", "2017-03-05"),
        ("2024-03-15", "2024-03-15"),
        ("15 Mär 2024", ""),
        ("13/13/2024", ""),
        ("yesterday", ""),
    ],
)
def test_days_are_read_as_linkedin_wrote_them_over_the_years(cell: str, day: str) -> None:
    assert read("c.csv", f"{HEADER}Anna,Berg,,,,,{cell}\n").only.since == day


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_file_saved_anew_in_a_spreadsheet_is_read(delimiter: str) -> None:
    text = f"{HEADER}Anna,Berg,https://www.linkedin.com/in/anna,,,,15 Mar 2024\n"
    assert read("c.csv", text.replace(",", delimiter)).only.handle == "anna"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/in/anna",
        "javascript:alert(1)",
        "https://www.linkedin.com/company/acme",
    ],
)
def test_an_address_that_is_no_profile_is_left_out(url: str) -> None:
    found = read("c.csv", f"{HEADER}Anna,Berg,{url},,,,15 Mar 2024\n")
    assert found.only.handle == ""
    assert [note.field for note in found.notes] == ["URL"]


def test_an_invitation_names_the_other_side_and_who_asked() -> None:
    received, sent = read_export("linkedin_Invitations.csv").contacts
    assert (received.handle, received.initiator) == ("morgan-patel", "client")
    assert (sent.handle, sent.initiator) == ("noor-haddad", "clinician")
    assert {received.state, sent.state} == {ConnectionState.REQUESTED}
    assert (received.since, sent.since) == ("2026-03-05", "2025-12-31")


def test_an_invitation_in_no_direction_is_refused() -> None:
    (refused,) = read_export("linkedin_Invitations.csv").dropped
    assert (refused.line, refused.field) == (5, "Direction")


def test_the_other_tables_of_a_full_archive_are_passed_over() -> None:
    archive = zipped(
        {
            "Connections.csv": f"{HEADER}Anna,Berg,,,,,15 Mar 2024\n",
            "Profile.csv": "First Name,Last Name,Maiden Name,Headline\nTess,Therapist,,Therapist\n",
            "messages.csv": "CONVERSATION ID,FROM,TO,DATE,CONTENT\n1,Anna,Tess,x,secret\n",
            "Recommendations_Received.csv": "First Name,Last Name,Company\nBo,Boe,Acme\n",
        }
    )
    found = read("Basic_LinkedInDataExport.zip", archive)
    assert found.names() == ["Anna Berg"]
    assert found.refused == ()
