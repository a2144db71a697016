"""Invented exports, as the platforms write them, and one way to import them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from sqlalchemy import select

from policy_service.database.tables.contacts import ContactImportRow
from policy_service.domain.principals import Principal, Role
from policy_service.services.imports.contact_decisions import store_import
from policy_service.services.imports.contact_uploads import Upload, keep_upload, prepare_upload
from policy_service.worker import run_due
from tests.cast import World

NOTES = 'Notes:\n"Some e-mail addresses are left out."\n\n'
HEADER = "First Name,Last Name,URL,Email Address,Company,Position,Connected On"


def linkedin(*people: str) -> bytes:
    """Connections.csv; a person is "Given,Family,handle[,e-mail[,company]]"."""
    rows = []
    for person in people:
        given, family, handle, mail, company = (*person.split(","), "", "")[:5]
        url = f"https://www.linkedin.com/in/{handle}" if handle else ""
        rows.append(f"{given},{family},{url},{mail},{company},,15 Mar 2024")
    return (NOTES + "\n".join([HEADER, *rows]) + "\n").encode()


def facebook(*names: str) -> bytes:
    """your_friends.json of a recent export."""
    friends = [{"name": name, "timestamp": 1_700_000_000} for name in names]
    return json.dumps({"friends_v2": friends}).encode()


def instagram(*handles: str) -> bytes:
    """followers_1.json."""
    return json.dumps([_follow(handle) for handle in handles]).encode()


def _follow(handle: str) -> dict[str, object]:
    href = f"https://www.instagram.com/{handle}"
    said = [{"href": href, "value": handle, "timestamp": 1_700_000_000}]
    return {"title": "", "media_list_data": [], "string_list_data": said}


def vcards(*cards: Sequence[str]) -> bytes:
    """A .vcf; a card is its lines."""
    parts = [["BEGIN:VCARD", "VERSION:4.0", *card, "END:VCARD"] for card in cards]
    return "".join(f"{line}\r\n" for card in parts for line in card).encode()


def owner(world: World, clinician: str = "ben") -> Principal:
    """The clinician's own account."""
    return world.account(Role.CLINICIAN, name=clinician, clinician_id=world.ids[clinician])


def upload(
    world: World, name: str, raw: bytes, clinician: str = "ben", account_id: str | None = None
) -> list[str]:
    """Upload a file; returns the ids of its imports, which wait for the clinician."""
    who = owner(world, clinician)
    asked = Upload(world.ids[clinician], name, io.BytesIO(raw), account_id)
    prepared = prepare_upload(world.desk, who, asked)
    with world.writing(who) as context:
        return keep_upload(context, prepared)


def store(world: World, import_id: str, clinician: str = "ben", *, work: bool = True) -> None:
    """Confirm an import, and let the worker store it."""
    with world.writing(owner(world, clinician)) as context:
        store_import(context, world.ids[clinician], import_id)
    if work:
        run_due(world.desk)


def imported(
    world: World, name: str, raw: bytes, clinician: str = "ben", account_id: str | None = None
) -> str:
    """Upload and store; returns the id of the only import."""
    [import_id] = upload(world, name, raw, clinician, account_id)
    store(world, import_id, clinician)
    return import_id


def row(world: World, import_id: str) -> ContactImportRow:
    """An import as it stands."""
    with world.reading() as context:
        wanted = select(ContactImportRow).where(ContactImportRow.id == import_id)
        return context.session.scalars(wanted).one()
