"""An import from upload to undoing: previews, batches, a second export, and what nobody may do."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.contacts import ContactBatchRow
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.errors import FileNotReadable, InvalidRequest, NotFound, StateConflict
from policy_service.importers.contacts import Refused
from policy_service.jobs.queue import Work
from policy_service.services.accounts import AccountForm, add_account, change_connection
from policy_service.services.imports.contact_decisions import (
    STORE,
    discard_import,
    store_import,
    undo_import,
)
from policy_service.services.imports.contact_import_rows import BATCH
from policy_service.services.imports.contact_storing import store_batch
from policy_service.services.parties import clinician_row
from policy_service.worker import run_due
from tests.cast import World
from tests.services.imports.contact_files import (
    carded,
    connections,
    contacts_of,
    followed,
    import_of,
    imported,
    linked,
    linkedin_file,
    mark,
    owner,
    store,
    undone,
    upload,
    upload_file,
)

ANNA = linked("Anna", "Zweig", "anna-zweig")
BO = linked("Bo", "Ytterdal", "bo-y")
CARLA = linked("Carla", "Xanthos", "carla-x")


def count(world: World, table: type) -> int:
    with world.reading() as context:
        return context.session.scalar(select(func.count()).select_from(table)) or 0


def counts(world: World, import_id: str) -> tuple[int, int, int, int, int]:
    row = import_of(world, import_id)
    return row.contacts, row.new, row.changed, row.known, row.missing


def people(world: World) -> int:
    with world.reading() as context:
        hashed = select(func.count()).where(
            PersonRow.kept == "hashed", PersonRow.erased_at.is_(None)
        )
        return context.session.scalar(hashed) or 0


def test_nothing_is_stored_before_the_clinician_says_so(world: World) -> None:
    [waiting] = upload_file(
        world, "Connections.csv", linkedin_file("Anna,Zweig,anna", "Bo,Ytterdal,bo")
    )
    assert counts(world, waiting) == (2, 2, 0, 0, 0)
    assert import_of(world, waiting).state == "ready"
    run_due(world.desk)
    assert (people(world), contacts_of(world), connections(world)) == (0, [], [])
    store(world, waiting)
    assert import_of(world, waiting).state == "stored"
    assert (people(world), len(contacts_of(world)), len(connections(world))) == (2, 2, 2)


def test_the_same_export_again_changes_nothing(world: World) -> None:
    imported(world, ANNA, BO)
    again = imported(world, ANNA, BO)
    assert counts(world, again) == (2, 0, 0, 2, 0)
    assert {row.revision for row in connections(world)} == {1}


def test_who_is_missing_from_a_newer_export_was_removed_between_the_two(world: World) -> None:
    imported(world, ANNA, BO)
    world.clock.advance(days=90)
    newer = imported(world, BO, CARLA)
    assert counts(world, newer) == (2, 1, 0, 1, 1)
    [gone] = [row for row in connections(world) if row.state == "removed"]
    assert (gone.revision, gone.is_current) == (2, True)
    assert (gone.changed_after, gone.changed_before) == ("2026-03-02", "2026-05-31")
    [before] = [row for row in connections(world) if row.id == gone.id and row.revision == 1]
    assert (before.state, before.is_current) == ("accepted", False), "nothing is rewritten"


def test_the_clinician_may_keep_who_is_missing(world: World) -> None:
    imported(world, ANNA, BO)
    newer = upload(world, [BO])
    store(world, newer, with_missing=False)
    assert [row.state for row in connections(world)] == ["accepted", "accepted"]


def test_where_a_line_was_refused_nobody_counts_as_missing_unsaid(world: World) -> None:
    """The line that could not be read may be the very contact; the clinician may know better."""
    imported(world, ANNA, BO)
    broken = Refused("Connections.csv", 4, "", "2 cells, but the header names 7 columns.")
    newer = upload(world, [BO], refused=(broken,))
    assert (import_of(world, newer).missing, import_of(world, newer).refused) == (1, 1)
    store(world, newer)
    assert [row.state for row in connections(world)] == ["accepted", "accepted"]
    store(world, upload(world, [BO], refused=(broken,)), with_missing=True)
    assert "removed" in [row.state for row in connections(world)]


def test_a_field_left_out_of_a_line_that_stands_hides_nobody(world: World) -> None:
    imported(world, ANNA, BO)
    mended = Refused("Connections.csv", 4, "Company", "Too long: left out.", kept=True)
    store(world, upload(world, [BO], refused=(mended,)))
    assert "removed" in [row.state for row in connections(world)]


def test_a_file_of_followers_says_nothing_of_those_followed(world: World) -> None:
    followers = followed("anna.z", Direction.CLIENT_FOLLOWS)
    imported(world, followers, followed("bo.y", Direction.CLINICIAN_FOLLOWS))
    alone = upload(world, [followed("carla.x", Direction.CLIENT_FOLLOWS)], is_archive=False)
    assert import_of(world, alone).missing == 1, "anna, who would be in this file"
    whole = upload(world, [followed("carla.x", Direction.CLIENT_FOLLOWS)], is_archive=True)
    assert import_of(world, whole).missing == 2


def test_who_follows_and_is_followed_is_one_connection_both_ways(world: World) -> None:
    back = followed("anna.z", Direction.CLINICIAN_FOLLOWS, since="2024-02-01")
    imported(world, followed("anna.z", Direction.CLIENT_FOLLOWS, since="2023-05-01"), back)
    [made] = connections(world)
    assert (made.direction, made.since) == ("mutual", "2023-05-01")


def test_a_request_that_was_accepted_since_is_a_new_revision(world: World) -> None:
    request = linked(
        "Anna", "Zweig", "anna-zweig", state=ConnectionState.REQUESTED, initiator="client"
    )
    imported(world, request)
    world.clock.advance(days=30)
    newer = imported(world, ANNA)
    assert counts(world, newer) == (1, 0, 1, 0, 0)
    first, second = connections(world)
    assert (first.state, first.initiator) == ("requested", "client")
    assert (second.state, second.changed_before) == ("accepted", "2026-04-01")


def test_an_export_outweighs_a_removal_that_was_stated(world: World) -> None:
    """Unknown is never clear: the platform still lists them."""
    imported(world, ANNA)
    with world.writing(owner(world)) as context:
        change_connection(context, connections(world)[0].id, ConnectionState.REMOVED)
    imported(world, ANNA)
    assert [row.state for row in connections(world)] == ["accepted", "removed", "accepted"]


def test_undoing_forgets_who_came_and_restores_who_left(world: World) -> None:
    imported(world, ANNA, BO)
    world.clock.advance(days=9)
    newer = imported(world, BO, CARLA)
    world.clock.advance(days=1)
    undone(world, newer)
    assert import_of(world, newer).state == "undone"
    states = {
        row.id: row.state for row in connections(world) if row.is_current and not row.is_withdrawn
    }
    assert sorted(states.values()) == ["accepted", "accepted"]
    assert len(contacts_of(world)) == 2
    assert people(world) == 2


def test_undoing_one_after_the_other_leaves_nobody(world: World) -> None:
    first = imported(world, ANNA, BO)
    second = imported(world, BO, CARLA)
    third = imported(world, ANNA)
    for import_id in (third, second, first):
        undone(world, import_id)
    assert (contacts_of(world), people(world)) == ([], 0)
    assert all(row.is_withdrawn for row in connections(world) if row.is_current)


def test_only_the_newest_import_is_taken_back(world: World) -> None:
    first = imported(world, ANNA)
    imported(world, ANNA, BO)
    with pytest.raises(StateConflict, match="stored since"), world.writing(owner(world)) as context:
        undo_import(context, world.ids["ben"], first)


def test_undoing_leaves_what_the_clinician_said_since(world: World) -> None:
    imported(world, ANNA)
    newer = imported(world, BO)  # Anna is gone
    removed = next(row for row in connections(world) if row.is_current and row.state == "removed")
    with world.writing(owner(world)) as context:
        change_connection(context, removed.id, ConnectionState.DECLINED)
    undone(world, newer)
    [now] = [row for row in connections(world) if row.id == removed.id and row.is_current]
    assert now.state == "declined"


def test_forgotten_people_are_erased_like_any_other(world: World) -> None:
    undone(world, imported(world, ANNA))
    with world.reading() as context:
        [row] = context.session.scalars(select(PersonRow).where(PersonRow.kept == "hashed"))
        key = context.session.get_one(PersonKeyRow, (world.practice_id, row.id))
        found = context.session.scalars(select(MatchKeyRow).where(MatchKeyRow.person_id == row.id))
        assert (key.wrapped, row.erased_at is not None, found.all()) == (None, True, [])


def test_an_upload_is_destroyed_after_a_day(world: World) -> None:
    waiting = upload(world, [ANNA])
    world.clock.advance(hours=23, minutes=59)
    run_due(world.desk)
    assert import_of(world, waiting).state == "ready"
    assert count(world, ContactBatchRow) == 1
    world.clock.advance(minutes=1)
    with pytest.raises(StateConflict, match="upload the file again"):
        store(world, waiting)
    run_due(world.desk)
    row = import_of(world, waiting)
    assert (row.state, row.sealed, count(world, ContactBatchRow)) == ("expired", None, 0)


def test_what_was_uploaded_goes_when_it_is_stored_or_discarded(world: World) -> None:
    imported(world, ANNA)
    waiting = upload(world, [BO])
    with world.writing(owner(world)) as context:
        discard_import(context, world.ids["ben"], waiting)
    assert count(world, ContactBatchRow) == 0
    assert import_of(world, waiting).sealed is None


def test_a_new_upload_takes_the_place_of_one_that_waits(world: World) -> None:
    old, new = upload(world, [ANNA]), upload(world, [ANNA, BO])
    assert (import_of(world, old).state, import_of(world, new).state) == ("discarded", "ready")


def test_a_preview_is_void_once_another_import_was_stored(world: World) -> None:
    """An upload made before the account was known does not see what was stored since."""
    early = upload(world, [ANNA])
    with world.writing(owner(world)) as context:
        person_id = clinician_row(context, world.ids["ben"]).person_id
        add_account(context, person_id, AccountForm("linkedin", "dr-ben"))
    store(world, upload(world, [BO]))
    with pytest.raises(StateConflict, match="stored since"):
        store(world, early)


def test_many_contacts_are_stored_in_batches_that_each_commit(world: World) -> None:
    many = [linked("Given", f"Family{number}", f"handle-{number}") for number in range(BATCH + 3)]
    waiting = upload(world, many)
    with world.writing(owner(world)) as context:
        store_import(context, world.ids["ben"], waiting)
    piece = Work("0", STORE, {"import": waiting}, 1)
    assert store_batch(world.desk, world.practice_id, piece)
    assert (import_of(world, waiting).done, len(contacts_of(world))) == (1, BATCH)
    assert import_of(world, waiting).state == "storing"
    run_due(world.desk)
    assert (import_of(world, waiting).state, len(contacts_of(world))) == ("stored", BATCH + 3)


def test_work_that_is_done_twice_stores_nobody_twice(world: World) -> None:
    waiting = upload(world, [ANNA, BO])
    with world.writing(owner(world)) as context:
        store_import(context, world.ids["ben"], waiting)
    piece = Work("0", STORE, {"import": waiting}, 1)
    assert store_batch(world.desk, world.practice_id, piece)
    assert not store_batch(world.desk, world.practice_id, piece)
    run_due(world.desk)
    assert len(contacts_of(world)) == 2


def test_every_step_is_an_entry_in_numbers(world: World) -> None:
    before = len(world.actions())
    undone(world, imported(world, ANNA))
    said = [action for action in world.actions()[before:] if action.startswith("contacts.")]
    assert sorted(said) == [
        "contacts.batch_stored", "contacts.batch_undone", "contacts.confirmed",
        "contacts.stored", "contacts.undo_asked", "contacts.undone", "contacts.uploaded",
    ]  # fmt: skip


def test_an_import_touches_its_clinician(world: World) -> None:
    before = world.version("ben")
    imported(world, ANNA)
    assert world.version("ben") > before


def test_an_import_belongs_to_its_clinician(world: World) -> None:
    waiting = upload(world, [ANNA])
    with pytest.raises(NotFound), world.writing(owner(world, "alma")) as context:
        store_import(context, world.ids["alma"], waiting)


def test_dana_sees_no_import_of_ours(postgresql_world: World) -> None:
    waiting = upload(postgresql_world, [ANNA])
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        store_import(context, postgresql_world.ids["ben"], waiting)


def test_two_accounts_of_a_platform_must_be_told_apart(world: World) -> None:
    with world.writing(owner(world)) as context:
        person_id = clinician_row(context, world.ids["ben"]).person_id
        form = AccountForm("LinkedIn", "ben-private", AccountKind.PERSONAL)
        private = add_account(context, person_id, form)
        add_account(context, person_id, AccountForm("linkedin", "dr-ben"))
    raw = linkedin_file("Anna,Zweig,anna")
    with pytest.raises(InvalidRequest) as refused:
        upload_file(world, "Connections.csv", raw)
    assert refused.value.errors[0].pointer == "/account"
    [waiting] = upload_file(world, "Connections.csv", raw, account_id=private)
    assert import_of(world, waiting).account_id == private


def test_an_account_of_another_platform_is_refused(world: World) -> None:
    with world.writing(owner(world)) as context:
        person_id = clinician_row(context, world.ids["ben"]).person_id
        other = add_account(context, person_id, AccountForm("instagram", "dr.ben"))
    with pytest.raises(InvalidRequest):
        upload_file(world, "Connections.csv", linkedin_file("A,Z,a"), account_id=other)


def test_a_file_without_contacts_is_refused_and_keeps_nothing(world: World) -> None:
    for raw in (b"", b"nothing of the kind", linkedin_file()):
        with pytest.raises(FileNotReadable):
            upload_file(world, "Connections.csv", raw)
    assert count(world, ContactBatchRow) == 0


def test_a_first_import_makes_an_account_whose_use_is_not_said(world: World) -> None:
    imported(world, ANNA)
    mark(world, AccountKind.PROFESSIONAL)
    imported(world, ANNA, BO)
    assert len(contacts_of(world)) == 2


def test_an_address_book_connects_nobody(world: World) -> None:
    imported(world, carded("Anna", "Zweig", phones=("+1 512 555 0171",)))
    assert connections(world) == []
    assert len(contacts_of(world)) == 1
