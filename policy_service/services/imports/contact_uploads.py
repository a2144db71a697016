"""An upload of contacts: read, compared with what is known, sealed, kept until it is decided on.

The file itself is never stored. What was read of it lies sealed under the clinician's key until the
clinician stores or discards it, a day at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import insert

from policy_service.database.tables.contacts import ContactBatchRow, ContactImportRow
from policy_service.domain.principals import Principal
from policy_service.errors import FileNotReadable
from policy_service.importers.contacts import NotReadable, Reading, Refused, read_contacts
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.imports.contact_accounts import accounts_for
from policy_service.services.imports.contact_import_rows import (
    PreparedImport,
    ReadUpload,
    import_rows,
)
from policy_service.services.imports.contact_records import Lines, full_name
from policy_service.services.imports.contact_states import discard_earlier, log_import
from policy_service.services.imports.known_contacts import Origin
from policy_service.services.parties import clinician_row
from policy_service.services.people import open_person

MOST_CONTACTS = 50_000
"""Contacts of one upload. LinkedIn allows 30,000 connections, Facebook 5,000 friends."""
_SAID = 5  # refusals in a sentence
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and whose contacts it holds.

    `account_id` says of which of the clinician's accounts it is, where there are several.
    """

    clinician_id: str
    name: str
    content: BinaryIO
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedUpload:
    """An upload that was read: one import a source."""

    person_id: str
    imports: tuple[PreparedImport, ...]


def prepare_upload(desk: Desk, principal: Principal, upload: Upload) -> PreparedUpload:
    """Read, compare and seal an upload; takes no write lock and changes nothing.

    FileNotReadable when there is no contact in it, InvalidRequest when its account is not clear.
    """
    with desk.reading(principal) as context:
        clinician = clinician_row(context, upload.clinician_id)
        person = open_person(context, clinician.person_id)
        own_names = frozenset(filter(None, map(full_name, person.record.names)))
        read = _read(upload, own_names)
        accounts = accounts_for(context, person.id, tuple(read.by_source), upload.account_id)
        made = [
            import_rows(context, person.id, Origin(clinician.id, source, accounts[source]), read)
            for source in read.by_source
        ]
    return PreparedUpload(person.id, tuple(made))


def _read(upload: Upload, own_names: frozenset[str]) -> ReadUpload:
    is_archive = upload.content.read(len(_ZIP)) == _ZIP
    upload.content.seek(0)
    try:
        reading = read_contacts(upload.name, upload.content)
        by_source = _lines(reading, own_names)
    except NotReadable as error:
        raise FileNotReadable(str(error)) from None
    if not by_source:
        raise FileNotReadable(_nothing_in(reading))
    return ReadUpload(by_source, reading.refused, reading.refused_count, is_archive)


def _nothing_in(reading: Reading) -> str:
    """Why there is no contact: the lines that were refused, as they would be said beside some."""
    if not reading.refused:
        return "No contact is in this file. Nothing was stored."
    said = " ".join(map(_in_words, reading.refused[:_SAID]))
    more = reading.refused_count - _SAID
    rest = f" And {more} more." if more > 0 else ""
    return f"No contact of this file can be read. Nothing was stored. {said}{rest}"


def _in_words(refused: Refused) -> str:
    places = (refused.member, f"line {refused.line}" if refused.line else "", refused.field)
    return f"{', '.join(filter(None, places))}: {refused.detail}"


def _lines(reading: Reading, own_names: frozenset[str]) -> dict[str, Lines]:
    by_source: dict[str, Lines] = {}
    for number, contact in enumerate(reading.contacts, 1):
        if number > MOST_CONTACTS:
            raise FileNotReadable(f"An upload holds at most {MOST_CONTACTS} contacts.")
        by_source.setdefault(contact.source, Lines(own_names)).add(contact)
    return by_source


def keep_upload(context: Context, prepared: PreparedUpload) -> list[str]:
    """Keep a prepared upload for its clinician's word; returns the imports' ids.

    An earlier upload of the same source that still waits is discarded.
    """
    for one in prepared.imports:
        discard_earlier(context, one.row)
        context.session.execute(insert(ContactImportRow), [one.row])
        context.session.execute(insert(ContactBatchRow), list(one.batches))
        log_import(context, "contacts.uploaded", one.row, prepared.person_id)
    return [str(one.row["id"]) for one in prepared.imports]
