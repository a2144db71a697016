"""No name of a third party is anywhere at rest: not in the database, not in its log, not opened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from policy_service.audit.log import Owned
from policy_service.database import engines
from policy_service.database.engines import _PRAGMAS
from policy_service.database.tables.audit import OpeningRow
from policy_service.database.tables.contacts import ContactBatchRow
from policy_service.database.tables.people import PersonRow
from policy_service.domain.people import PersonName, RelatedPerson
from policy_service.services.parties import clinician_row
from policy_service.services.people import open_people, register
from policy_service.vault.errors import KeyNotHeld
from policy_service.worker import run_due
from tests.cast import World, person
from tests.services.imports.contact_files import (
    carded,
    imported,
    linkedin_file,
    store,
    undone,
    upload,
    upload_file,
)

SECRETS = (
    "Thorvaldine", "Quillfeather", "thorvaldine-q", "quill@feathers.example.org", "5550188",
    "Featherworks", "Ottoline",
)  # fmt: skip
FILE = linkedin_file(
    "Thorvaldine,Quillfeather,thorvaldine-q,quill@feathers.example.org,Featherworks"
)
CARD = carded(
    "Thorvaldine", "Quillfeather", phones=("+1 512 5550188",),
    related=(RelatedPerson(PersonName("Ottoline", "Quillfeather"), relation="SIS"),),
)  # fmt: skip
ANY = re.compile("|".join(map(re.escape, SECRETS)).encode(), re.IGNORECASE)


def at_rest(world: World) -> bytes:
    """Every byte the database keeps: the file, its WAL and shared memory, or every table's rows."""
    url = make_url(world.settings.database_url)
    if url.get_backend_name() == "sqlite":
        files = sorted(Path(str(url.database)).parent.glob(f"{Path(str(url.database)).name}*"))
        return b"".join(path.read_bytes() for path in files)
    with world.desk.database.engine.connect() as connection:
        tables = connection.execute(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        ).scalars()
        rows = [connection.execute(text(f'SELECT * FROM "{table}"')).all() for table in tables]  # noqa: S608 - our own table names
    return b"\n".join(_bytes(value) for table in rows for row in table for value in row)


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def opened(world: World) -> bytes:
    """What a thief of every key would read: all log openings, and all persons."""
    said = []
    with world.reading() as context:
        for row in context.session.scalars(select(OpeningRow)):
            where = ("audit_opening", row.entry_id, row.name)
            try:
                owner = row.owner_person_id
                said.append(context.keyring.open(context.session, owner, row.sealed, where))
            except KeyNotHeld:
                continue
        people = open_people(context, list(context.session.scalars(select(PersonRow.id))))
        said += [str((one.record, one.hashed)).encode() for one in people]
    return b"\n".join(said)


def test_no_name_of_a_third_party_is_at_rest_at_any_step(world: World) -> None:
    [waiting] = upload_file(world, "Connections.csv", FILE)
    assert not ANY.search(at_rest(world)), "while the upload waits"
    store(world, waiting)
    book = imported(world, CARD)
    assert not ANY.search(at_rest(world)), "when it is stored"
    undone(world, book)
    assert not ANY.search(at_rest(world)), "when it was taken back"


def test_not_even_the_keys_open_a_name_once_it_is_stored(world: World) -> None:
    [waiting] = upload_file(world, "Connections.csv", FILE)
    store(world, waiting)
    imported(world, CARD)
    assert not ANY.search(opened(world))


def test_the_search_finds_a_person_who_is_kept_in_plain(world: World) -> None:
    """The control: whoever holds the keys reads a plain person, and this test would see it."""
    with world.writing() as context:
        register(context, person("Thorvaldine", "Quillfeather"))
    assert ANY.search(opened(world))
    assert not ANY.search(at_rest(world))


def test_the_search_finds_a_name_that_was_left_in_clear(world: World) -> None:
    """The control of the other half: a name in a column or an opening would be seen."""
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"])
        ben.external_id = "Quillfeather"
        context.log("contacts.leaked", {"import": Owned({"name": "Ottoline"}, ben.person_id)})
    assert ANY.search(at_rest(world))
    assert re.search(b"Ottoline", opened(world))


def test_the_sample_of_a_waiting_upload_is_sealed_for_the_clinician(world: World) -> None:
    upload(world, [CARD])
    with world.writing() as context:
        context.session.execute(
            text("UPDATE person_key SET wrapped = NULL WHERE person_id = :person"),
            {"person": clinician_row(context, world.ids["ben"]).person_id},
        )
    assert not ANY.search(at_rest(world))
    with world.reading() as context:
        asked = text("SELECT id, sealed FROM contact_import")
        import_id, sealed = context.session.execute(asked).one()
        where = ("contact_import", import_id, "sealed")
        owner = clinician_row(context, world.ids["ben"]).person_id
        with pytest.raises(KeyNotHeld):
            context.keyring.open(context.session, owner, bytes(sealed), where)


@pytest.mark.parametrize("overwrites", [True, False])
def test_an_upload_that_expires_leaves_no_sealed_byte_in_the_file(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, *, overwrites: bool
) -> None:
    """The clinician's key lives on, so what was sealed must go. Control: it stays."""
    if not overwrites:
        off = [pragma.replace("secure_delete=ON", "secure_delete=OFF") for pragma in _PRAGMAS]
        monkeypatch.setattr(engines, "_PRAGMAS", tuple(off))
    world: World = request.getfixturevalue("sqlite_world")
    upload(world, [carded(f"Given{n}", f"Family{n}") for n in range(300)])
    with world.reading() as context:
        batches = context.session.scalars(select(ContactBatchRow.sealed)).all()
    # A piece may straddle two pages: of so many, most lie within one.
    pieces = [one[at : at + 48] for one in batches for at in range(0, len(one) - 48, 500)]
    assert sum(piece in at_rest(world) for piece in pieces) > len(pieces) / 2
    world.clock.advance(days=2)
    run_due(world.desk)
    with world.desk.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        assert driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    left = sum(piece in at_rest(world) for piece in pieces)
    assert (left == 0) == overwrites
