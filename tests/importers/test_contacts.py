"""Exports of contacts: what every source shares."""

from __future__ import annotations

import io

from policy_service.importers.contacts import read_contacts


def test_a_linkedin_file_gives_its_connections() -> None:
    raw = (
        "Notes:\n"
        '"When exporting your connection data, some email addresses are missing."\n'
        "\n"
        "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        "Anna,Berg,https://www.linkedin.com/in/anna-berg-1a2b,,Acme,Nurse,15 Mar 2024\n"
    )
    reading = read_contacts("Connections.csv", io.BytesIO(raw.encode()))
    (contact,) = reading.contacts
    assert reading.source == "linkedin"
    assert (contact.handle, contact.since, contact.company) == (
        "anna-berg-1a2b",
        "2024-03-15",
        "Acme",
    )
