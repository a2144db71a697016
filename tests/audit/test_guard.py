"""A log that goes backwards, or is another one, takes no entry and gets no signature."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from policy_service.audit.guard import frontier_at, guard_in
from policy_service.audit.published import AlarmKind
from policy_service.audit.reading import head
from policy_service.database.tables.audit import EntryRow
from policy_service.errors import LogContradicted
from policy_service.ledger.merkle import EMPTY_ROOT, Head
from tests.audit.logs import count, seal, sign, verify, write
from tests.cast import World
from tests.tampering import tamper

DROP_NEWEST = (
    "DELETE FROM audit_leaf WHERE leaf_index >= :size AND practice_id = :practice",
    "DELETE FROM audit_entry WHERE practice_id = :practice AND id NOT IN "
    "(SELECT entry_id FROM audit_leaf WHERE practice_id = :practice)",
    "DELETE FROM audit_node WHERE practice_id = :practice AND (node_index + 1) << level > :size",
    "UPDATE audit_head SET size = :size, root = :root, frontier = :frontier "
    "WHERE practice_id = :practice",
)


def publish(world: World) -> None:
    write(world, "one", "two")
    sign(world)


def go_back(world: World, entries: int) -> None:
    """The database of some entries ago, complete in itself: as a restored backup would be."""
    with world.reading() as context:
        size = head(context.session, world.practice_id).size - entries
        frontier = frontier_at(context.session, world.practice_id, size)
    tamper(
        world.desk.database,
        "DELETE FROM audit_checkpoint WHERE practice_id = :practice AND size > :size",
        *DROP_NEWEST,
        practice=world.practice_id,
        size=size,
        root=frontier.root,
        frontier=frontier.to_bytes(),
    )
    world.desk.database.dispose()  # whoever restores a backup, stops the service first


def alarm(world: World) -> AlarmKind | None:
    found = guard_in(world.desk.database).heads.alarm(world.practice_id)
    return None if found is None else found.kind


def test_a_log_that_only_grows_is_appended_to_and_signed(world: World) -> None:
    """The control: the same steps without anybody going back."""
    publish(world)
    world.desk.database.dispose()
    write(world, "three")
    sign(world)
    assert alarm(world) is None
    assert verify(world).exit_code == 0


def test_a_log_shorter_than_its_published_head_takes_no_entry(world: World) -> None:
    publish(world)
    go_back(world, 1)
    with pytest.raises(LogContradicted, match="knows a head of"):
        write(world, "three")
    assert alarm(world) is AlarmKind.CONTRADICTED


def test_it_takes_no_entry_either_once_it_has_grown_past_that_head(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody without a guard appended: the size alone says nothing any more."""
    publish(world)
    go_back(world, 1)
    guard = guard_in(world.desk.database)
    with monkeypatch.context() as unguarded:
        unguarded.setattr(type(guard), "require_writable", lambda *_: None)
        write(world, "three", "four")
        seal(world)
    world.desk.database.dispose()
    with pytest.raises(LogContradicted, match="are not those of the head"):
        write(world, "five")


def test_no_signature_for_a_log_shorter_than_its_published_head(world: World) -> None:
    publish(world)
    go_back(world, 1)
    with pytest.raises(LogContradicted):
        sign(world)


def test_the_same_size_with_another_root_is_refused(world: World) -> None:
    publish(world)
    tamper(world.desk.database, "UPDATE audit_head SET root = :root", root=EMPTY_ROOT)
    world.desk.database.dispose()
    with pytest.raises(LogContradicted):
        write(world, "three")


def test_every_append_is_refused_while_the_alarm_stands(world: World) -> None:
    publish(world)
    before = count(world, EntryRow)
    guard = guard_in(world.desk.database)
    with pytest.raises(LogContradicted):
        guard.refuse(world.practice_id, "a test says so")
    for _ in range(2):
        with pytest.raises(LogContradicted, match="a test says so"):
            write(world, "three")
    assert count(world, EntryRow) == before
    guard.heads.silence(world.practice_id)
    write(world, "three")
    assert count(world, EntryRow) == before + 1


def test_a_lost_file_of_the_published_head_is_refused(world: World) -> None:
    publish(world)
    (world.settings.key_dir / f"log-{world.practice_id}.head").unlink()
    with pytest.raises(LogContradicted, match="is gone"):
        write(world, "three")


def test_a_file_that_is_no_head_is_refused(world: World) -> None:
    publish(world)
    (world.settings.key_dir / f"log-{world.practice_id}.head").write_text("nonsense")
    with pytest.raises(LogContradicted, match="cannot be read"):
        write(world, "three")


def test_a_log_without_any_published_head_yet_is_appended_to(world: World) -> None:
    write(world, "one")
    assert guard_in(world.desk.database).heads.last(world.practice_id) is None
    assert alarm(world) is None


def test_a_session_without_a_guard_cannot_append(world: World) -> None:
    world.desk.database.session_info.clear()
    with pytest.raises(LogContradicted, match="no guard"):
        write(world, "one")


def test_an_old_copy_of_the_file_is_refused_by_a_service_that_starts_on_it(
    sqlite_world: World, tmp_path: Path
) -> None:
    """Row 10 of the attack matrix on SQLite: a real backup, really restored."""
    world = sqlite_world
    publish(world)
    database = Path(str(make_url(world.settings.database_url).database))
    world.desk.database.dispose()
    shutil.copy(database, tmp_path / "backup")
    publish(world)
    world.desk.database.dispose()
    shutil.copy(tmp_path / "backup", database)
    for leftover in ("-wal", "-shm"):
        Path(f"{database}{leftover}").unlink(missing_ok=True)
    with pytest.raises(LogContradicted):
        write(world, "three")
    assert verify(world).exit_code == 1


class Remembers:
    """A witness that knows one head."""

    name = "the witness"

    def __init__(self, head: Head) -> None:
        self.head = head

    def newest(self, practice_id: str) -> Head | None:
        return self.head


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda head: head, False),
        (lambda head: Head(head.size + 1, head.root), True),
        (lambda head: Head(head.size, EMPTY_ROOT), True),
        (lambda head: Head(head.size - 1, head.root), True),
    ],
    ids=["the same", "longer", "forked", "forked earlier"],
)
def test_nothing_is_signed_against_a_witness(
    world: World, change: Callable[[Head], Head], refused: bool
) -> None:
    publish(world)
    guard = guard_in(world.desk.database)
    known = guard.heads.last(world.practice_id)
    assert known is not None
    guard.anchors = [Remembers(change(known.checkpoint.head))]
    write(world, "three")
    if refused:
        with pytest.raises(LogContradicted, match="the witness"):
            sign(world)
    else:
        sign(world)
    assert (alarm(world) is AlarmKind.CONTRADICTED) is refused
