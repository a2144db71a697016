"""Restoring an old backup does not bring an erased person back: real copies of real files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from policy_service.app import create_desk
from policy_service.audit.signing import latest_checkpoint
from policy_service.database.tables.erasures import ErasureRow
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.domain.erasures import ErasureState
from policy_service.errors import LogContradicted, NotReady
from policy_service.services.erasing.reapplying import reapply
from policy_service.services.replays import Replayed, replay_several
from policy_service.vault.erasure_list import ErasureList
from policy_service.worker import run_due
from tests.cast import World
from tests.services.erasing.test_orders import asked, erased, person_of


def _path(world: World) -> Path:
    return Path(world.settings.database_url.removeprefix("sqlite:///"))


def _backup(world: World, folder: Path) -> Path:
    """The closed database file as it is now."""
    world.desk.database.dispose()
    return Path(shutil.copy(_path(world), folder / "backup.sqlite3"))


def _restored(world: World, backup: Path) -> World:
    """The backup in place of the database, and the service started anew, with today's keys."""
    world.desk.database.dispose()
    for leftover in _path(world).parent.glob(f"{_path(world).name}-*"):
        leftover.unlink()
    shutil.copy(backup, _path(world))
    return started_anew(world)


def started_anew(world: World) -> World:
    """Another process over the same files."""
    return replace(world, desk=create_desk(world.settings, world.clock))


@pytest.fixture
def world(sqlite_world: World) -> Iterator[World]:
    """Copies of files: SQLite."""
    sqlite_world.check("alma", "tomas")
    yield sqlite_world
    sqlite_world.desk.database.dispose()


def _keys_of(world: World, person_id: str) -> tuple[bool, int, bool]:
    """Has the person a key, how many match keys, and a record?"""
    with world.desk.database.engine.connect() as connection:
        wrapped = select(PersonKeyRow.wrapped).where(PersonKeyRow.person_id == person_id)
        keys = select(func.count()).where(MatchKeyRow.person_id == person_id)
        sealed = select(PersonRow.sealed).where(PersonRow.id == person_id)
        return (
            connection.execute(wrapped).scalar_one() is not None,
            connection.execute(keys).scalar_one(),
            bool(connection.execute(sealed).scalar_one()),
        )


def test_who_was_erased_after_the_backup_is_erased_again_before_anything_is_served(
    world: World, tmp_path: Path
) -> None:
    person_id = person_of(world, "tomas")
    backup = _backup(world, tmp_path)
    done = erased(world, "tomas")
    again = _restored(world, backup)
    assert _keys_of(again, person_id)[0], "the backup brought the key back"
    with again.reading() as context:  # the first use of the practice's key in this process
        found = {one.verdict for one in replay_several(again.desk, context)}
        assert context.session.get_one(ErasureRow, (world.practice_id, done.id)).state == "done"
    assert found == {Replayed.ERASED}
    assert _keys_of(again, person_id) == (False, 0, False)
    assert again.actions()[-1] == "person.erased_again"
    again.desk.database.dispose()


def test_without_the_list_the_backup_would_bring_the_person_back(
    world: World, tmp_path: Path
) -> None:
    person_id = person_of(world, "tomas")
    backup = _backup(world, tmp_path)
    erased(world, "tomas")
    world.desk.erasures.path.unlink()
    again = _restored(world, backup)
    assert person_of(again, "tomas") == person_id
    assert _keys_of(again, person_id)[0]
    again.desk.database.dispose()


def test_a_log_that_takes_no_entry_does_not_keep_the_key_alive(
    world: World, tmp_path: Path
) -> None:
    """A restored log is behind the head published outside: it is read only until resolved."""
    person_id = person_of(world, "tomas")
    backup = _backup(world, tmp_path)
    erased(world, "tomas")
    origin = world.desk.practice(world.practice_id).log_origin
    signer = world.desk.log_key(origin)
    latest_checkpoint(world.desk.database, world.practice_id, signer, world.clock())
    again = _restored(world, backup)
    with again.reading() as context:
        assert {one.verdict for one in replay_several(again.desk, context)} == {Replayed.ERASED}
    assert _keys_of(again, person_id) == (False, 0, False)
    assert "person.erased_again" not in again.actions()
    with pytest.raises(LogContradicted):
        again.check("ben", "nora")
    again.desk.database.dispose()


def test_the_entry_follows_once_the_log_may_be_written_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = _backup(world, tmp_path)
    erased(world, "tomas")
    again = _restored(world, backup)
    with monkeypatch.context() as patch:

        def refuse(*_: object) -> None:
            raise LogContradicted

        patch.setattr("policy_service.audit.guard.LogGuard.require_writable", refuse)
        assert "person.erased_again" not in again.actions()
    assert reapply(again.desk, again.practice_id) == 0
    assert again.actions().count("person.erased_again") == 1
    assert reapply(again.desk, again.practice_id) == 0
    assert again.actions().count("person.erased_again") == 1
    again.desk.database.dispose()


def test_an_erasure_that_died_before_its_commit_is_carried_out_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = person_of(world, "tomas")
    add = ErasureList.add

    def and_die(self: ErasureList, *given: object) -> None:
        add(self, *given)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(ErasureList, "add", and_die)
        with pytest.raises(RuntimeError):
            erased(world, "tomas")
    assert _keys_of(world, person_id)[0]
    again = started_anew(world)
    with again.reading():
        pass
    assert _keys_of(again, person_id) == (False, 0, False)
    with again.reading() as context:
        [row] = context.session.scalars(select(ErasureRow))
        assert row.state == ErasureState.DONE
    again.desk.database.dispose()


def test_a_list_older_than_the_database_is_made_whole(world: World) -> None:
    erased(world, "tomas")
    written = world.desk.erasures.path.read_bytes()
    world.desk.erasures.path.unlink()
    again = started_anew(world)
    with again.reading():
        pass
    assert again.desk.erasures.path.read_bytes() == written
    again.desk.database.dispose()


@pytest.mark.parametrize(
    "forged",
    [
        lambda line: line | {"person": "00000000-0000-4000-8000-000000000000"},
        lambda line: line | {"more": 1},
        lambda line: {name: value for name, value in line.items() if name != "mac"},
    ],
    ids=["another person", "another field", "no mac"],
)
def test_a_list_that_we_did_not_write_stops_the_practice(world: World, forged: object) -> None:
    erased(world, "tomas")
    path = world.desk.erasures.path
    line = json.loads(path.read_text())
    path.write_text(json.dumps(forged(line)) + "\n")
    again = started_anew(world)
    with pytest.raises(NotReady, match="list of erasures"), again.reading():
        pass
    path.write_text("no JSON")
    with pytest.raises(NotReady), again.reading():
        pass
    again.desk.database.dispose()


def test_the_worker_catches_up_with_the_list(world: World, tmp_path: Path) -> None:
    backup = _backup(world, tmp_path)
    waiting = asked(world, "nora")
    assert waiting.state is ErasureState.ASKED
    erased(world, "tomas")
    again = _restored(world, backup)
    run_due(again.desk)
    assert again.actions().count("person.erased_again") == 1
    again.desk.database.dispose()
