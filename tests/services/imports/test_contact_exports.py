"""Exports as the platforms write them, from the file to what is stored."""

from __future__ import annotations

import io
import zipfile

import pytest

from tests.cast import World
from tests.importers.reading import export, read
from tests.services.imports.contact_files import (
    connections,
    contacts_of,
    import_of,
    store,
    upload_file,
)

PLATFORMS = (
    "linkedin_Connections.csv",
    "linkedin_Invitations.csv",
    "facebook_your_friends.json",
    "facebook_received_friend_requests.json",
    "facebook_removed_friends.json",
    "instagram_followers_1.json",
    "instagram_following.json",
)
BOOKS = ("google_contacts.csv", "vcard_4.0.vcf", "vcard_apple_3.0.vcf")


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_s_file_becomes_connections(sqlite_world: World, name: str) -> None:
    [waiting] = upload_file(sqlite_world, name, export(name))
    store(sqlite_world, waiting)
    row = import_of(sqlite_world, waiting)
    assert row.state == "stored"
    assert len(contacts_of(sqlite_world)) == len(connections(sqlite_world)) == row.contacts > 0
    said = {(one.direction, one.state, one.initiator) for one in read(name, export(name)).contacts}
    kept = {(one.direction, one.state, one.initiator) for one in connections(sqlite_world)}
    assert kept == {(str(way), str(state), who) for way, state, who in said}


@pytest.mark.parametrize("name", BOOKS)
def test_an_address_book_becomes_entries(sqlite_world: World, name: str) -> None:
    [waiting] = upload_file(sqlite_world, name, export(name))
    store(sqlite_world, waiting)
    assert connections(sqlite_world) == []
    assert len(contacts_of(sqlite_world)) == import_of(sqlite_world, waiting).contacts > 0


@pytest.mark.parametrize("name", [*PLATFORMS, *BOOKS])
def test_the_same_file_again_is_known_to_the_last_line(sqlite_world: World, name: str) -> None:
    [first] = upload_file(sqlite_world, name, export(name))
    store(sqlite_world, first)
    [again] = upload_file(sqlite_world, name, export(name))
    row = import_of(sqlite_world, again)
    assert (row.new, row.changed, row.missing) == (0, 0, 0)
    store(sqlite_world, again)
    assert {one.revision for one in contacts_of(sqlite_world)} == {1}


def test_an_archive_of_two_platforms_gives_two_imports(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("friends/your_friends.json", export("facebook_your_friends.json"))
        archive.writestr("connections/followers_1.json", export("instagram_followers_1.json"))
    made = upload_file(world, "download.zip", packed.getvalue())
    assert {import_of(world, one).source for one in made} == {"facebook", "instagram"}
    for one in made:
        store(world, one)
    accounts = {contact.account_id for contact in contacts_of(world)}
    assert len(accounts) == 2
