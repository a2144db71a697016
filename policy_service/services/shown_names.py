"""What persons are called on an officer's page: by name, or by where a nameless one was met.

Of a third party only hashes are kept. Officers are told whose contacts the person is in, and are
shown the client's own values beside the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from policy_service.database.tables.contacts import ContactRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.services.context import Context
from policy_service.services.people import UNNAMED, Person, full_name, open_people

SOURCE_WORDS = {
    "linkedin": "LinkedIn contacts",
    "facebook": "Facebook contacts",
    "instagram": "Instagram contacts",
    "google": "address book (Google Contacts)",
    "vcard": "address book",
}


def shown_names(context: Context, person_ids: Iterable[str]) -> dict[str, str]:
    """Names by person id; whoever is erased is left out."""
    people = open_people(context, sorted(set(person_ids)))
    nameless = [person.id for person in people if person.hashed is not None]
    met = _met(context, nameless) if nameless else {}
    return {person.id: met.get(person.id) or full_name(person) for person in people}


def shown_name(context: Context, person: Person) -> str:
    """The same for one person who is open already."""
    if person.hashed is None:
        return full_name(person)
    return _met(context, [person.id]).get(person.id, UNNAMED)


def _met(context: Context, person_ids: list[str]) -> dict[str, str]:
    rows = context.session.execute(
        select(ContactRow.person_id, ContactRow.source, ClinicianRow.person_id)
        .join(
            ClinicianRow,
            (ClinicianRow.practice_id == ContactRow.practice_id)
            & (ClinicianRow.id == ContactRow.clinician_id),
        )
        .where(ContactRow.is_current.is_(True), ContactRow.person_id.in_(person_ids))
    ).all()
    owners = {person.id: full_name(person) for person in _open(context, {row[2] for row in rows})}
    return {
        person: f"someone in {owners.get(owner, 'a clinician')}'s {SOURCE_WORDS[source]}"
        for person, source, owner in rows
    }


def _open(context: Context, person_ids: set[str]) -> list[Person]:
    return open_people(context, sorted(person_ids))
