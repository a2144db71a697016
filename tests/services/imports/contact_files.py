"""Invented contacts, as files and as what parsers give, and the ways to import them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import ContactImportRow, ContactRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.people import PersonName
from policy_service.domain.principals import Principal, Role
from policy_service.importers.contacts import Contact, Refused
from policy_service.services.accounts import accounts_of, classify_account
from policy_service.services.imports.contact_accounts import accounts_for
from policy_service.services.imports.contact_decisions import store_import, undo_import
from policy_service.services.imports.contact_import_rows import ReadUpload, import_rows
from policy_service.services.imports.contact_records import Lines, full_name
from policy_service.services.imports.contact_uploads import (
    PreparedUpload,
    Upload,
    keep_upload,
    prepare_upload,
)
from policy_service.services.imports.known_contacts import Origin
from policy_service.services.parties import clinician_row
from policy_service.services.people import open_person
from policy_service.worker import run_due
from tests.cast import World

_NOTES = 'Notes:\n"Some e-mail addresses are left out."\n\n'
_HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"


def linkedin_file(*people: str) -> bytes:
    """Connections.csv; a person is "Given,Family,handle[,e-mail[,company]]"."""
    rows = []
    for person in people:
        given, family, handle, mail, company = (*person.split(","), "", "")[:5]
        url = f"https://www.linkedin.com/in/{handle}" if handle else ""
        rows.append(f"{given},{family},{url},{mail},{company},,15 Mar 2024")
    return (_NOTES + "\n".join([_HEADER, *rows]) + "\n").encode()


def linked(given: str, family: str, handle: str = "", **more: Any) -> Contact:
    """A LinkedIn connection."""
    said = {"direction": Direction.MUTUAL, "state": ConnectionState.ACCEPTED, **more}
    names = (PersonName(given, family),)
    return Contact("linkedin", names=names, handle=handle, platform="linkedin", **said)


def befriended(given: str, family: str, **more: Any) -> Contact:
    """A Facebook friend: a name and a day."""
    said = {"direction": Direction.MUTUAL, "state": ConnectionState.ACCEPTED, **more}
    return Contact("facebook", names=(PersonName(given, family),), platform="facebook", **said)


def followed(handle: str, direction: Direction, **more: Any) -> Contact:
    """An Instagram follower or someone followed: a handle."""
    said = {"direction": direction, "state": ConnectionState.ACCEPTED, **more}
    return Contact("instagram", handle=handle, platform="instagram", **said)


def carded(given: str, family: str, **more: Any) -> Contact:
    """A card of an address book."""
    return Contact("vcard", names=(PersonName(given, family),), **more)


def owner(world: World, clinician: str = "ben") -> Principal:
    """The clinician's own account."""
    return world.account(Role.CLINICIAN, name=clinician, clinician_id=world.ids[clinician])


def upload_file(
    world: World, name: str, raw: bytes, clinician: str = "ben", account_id: str | None = None
) -> list[str]:
    """Upload a file; returns the ids of its imports, which wait for the clinician."""
    who = owner(world, clinician)
    asked = Upload(world.ids[clinician], name, io.BytesIO(raw), account_id)
    prepared = prepare_upload(world.desk, who, asked)
    with world.writing(who) as context:
        return keep_upload(context, prepared)


def upload(
    world: World,
    contacts: Sequence[Contact],
    clinician: str = "ben",
    *,
    refused: tuple[Refused, ...] = (),
    is_archive: bool = True,
) -> str:
    """Upload what a parser read of one source; returns the import's id."""
    who, source = owner(world, clinician), contacts[0].source
    with world.reading(who) as context:
        person = open_person(context, clinician_row(context, world.ids[clinician]).person_id)
        lines = Lines(frozenset(map(full_name, person.record.names)))
        for contact in contacts:
            lines.add(contact)
        read = ReadUpload({source: lines}, refused, len(refused), is_archive)
        account = accounts_for(context, person.id, (source,), None)[source]
        made = import_rows(context, person.id, Origin(world.ids[clinician], source, account), read)
    with world.writing(who) as context:
        return keep_upload(context, PreparedUpload(person.id, (made,)))[0]


def store(
    world: World, import_id: str, clinician: str = "ben", *, with_missing: bool | None = None
) -> None:
    """Confirm an import, and let the worker store it."""
    with world.writing(owner(world, clinician)) as context:
        store_import(context, world.ids[clinician], import_id, with_missing=with_missing)
    run_due(world.desk)


def imported(world: World, *contacts: Contact, clinician: str = "ben") -> str:
    """Upload and store; returns the import's id."""
    import_id = upload(world, contacts, clinician)
    store(world, import_id, clinician)
    return import_id


def undone(world: World, import_id: str, clinician: str = "ben") -> None:
    """Take an import back."""
    with world.writing(owner(world, clinician)) as context:
        undo_import(context, world.ids[clinician], import_id)
    run_due(world.desk)


def mark(world: World, kind: AccountKind, clinician: str = "ben") -> None:
    """Say what the clinician's only account is for."""
    with world.writing(owner(world, clinician)) as context:
        [account] = accounts_of(context, clinician_row(context, world.ids[clinician]).person_id)
        classify_account(context, account.id, kind)


def import_of(world: World, import_id: str) -> ContactImportRow:
    """An import as it stands."""
    with world.reading() as context:
        wanted = select(ContactImportRow).where(ContactImportRow.id == import_id)
        return context.session.scalars(wanted).one()


def contacts_of(world: World) -> list[ContactRow]:
    """The contacts that stand."""
    with world.reading() as context:
        wanted = select(ContactRow).where(
            ContactRow.is_current.is_(True), ContactRow.is_withdrawn.is_(False)
        )
        return list(context.session.scalars(wanted.order_by(ContactRow.id)))


def connections(world: World) -> list[ConnectionRow]:
    """Every revision of every connection, oldest first."""
    with world.reading() as context:
        wanted = select(ConnectionRow).order_by(ConnectionRow.id, ConnectionRow.revision)
        return list(context.session.scalars(wanted))
