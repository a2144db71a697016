"""A folder that rosters are dropped in: nothing in it is moved, hurt, or taken twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy_service.services.imports.roster_drops import DropState, confirm_drop
from policy_service.services.imports.roster_folder import Looked, RosterFolder, look
from policy_service.worker import Worker
from tests.cast import World
from tests.services.imports.test_roster_drops import (
    CLINICIANS,
    TEN,
    clients,
    open_episodes,
)

LONG_AGO, NOW = 1_700_000_000, 1_700_000_100.0


def put(folder: Path, name: str, text: str | bytes, written: float = LONG_AGO) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (written, written))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    return made


def night(folder: Path) -> None:
    """What a practice's system writes every night."""
    put(folder, "episodes.csv", open_episodes(10))
    put(folder, "clients-2026-11-23.csv", TEN)
    put(folder, "Clinicians.CSV", CLINICIANS + "t1,Dana,Ruiz,US-TX LPC\n")


def looked(world: World, folder: Path) -> dict[str, Looked]:
    found = look(world.desk, world.practice_id, RosterFolder(folder, 100_000), NOW)
    return {one.name: one for one in found}


def report(folder: Path, name: str) -> str:
    return (folder / f"{name}.report.txt").read_text(encoding="utf-8")


def test_a_night_is_taken_in_in_the_right_order_and_reported_on(world: World, folder: Path) -> None:
    night(folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    found = looked(world, folder)
    assert list(found) == ["Clinicians.CSV", "clients-2026-11-23.csv", "episodes.csv"]
    assert [one.drop.row.state for one in found.values() if one.drop] == ["applied"] * 3
    assert clients(world) == 10
    assert report(folder, "episodes.csv").startswith("Applied.\ncreated 10\nupdated 0\n")
    assert {path: path.read_bytes() for path in before} == before


def test_the_same_night_again_does_nothing(world: World, folder: Path) -> None:
    night(folder)
    looked(world, folder)
    actions, written = world.actions(), (folder / "episodes.csv.report.txt").stat().st_mtime_ns
    found = looked(world, folder)
    assert not any(one.is_new for one in found.values())
    assert world.actions() == actions
    assert (folder / "episodes.csv.report.txt").stat().st_mtime_ns == written


def test_a_night_that_ends_most_of_the_care_is_held_and_says_so(world: World, folder: Path) -> None:
    night(folder)
    looked(world, folder)
    put(folder, "episodes.csv", open_episodes(10, *range(9)))
    found = looked(world, folder)["episodes.csv"]
    assert found.drop is not None
    assert found.drop.row.state == DropState.WAITING
    assert "Held: it would end most of the care" in report(folder, "episodes.csv")
    with world.writing() as context:
        confirm_drop(context, found.drop.row.id, "most_ended")
    Worker(world.desk).run_due()
    looked(world, folder)
    assert report(folder, "episodes.csv").startswith("Applied.")


def test_refused_lines_stand_in_the_report_without_a_value(world: World, folder: Path) -> None:
    put(folder, "clients.csv", TEN + "c11,Quentin,Zorn,1980-02-30,\n")
    looked(world, folder)
    said = report(folder, "clients.csv")
    assert "line 12: birth_date: A date that exists" in said
    assert "Zorn" not in said
    assert (folder / "clients.csv.report.txt").stat().st_mode & 0o777 == 0o600


def test_a_header_that_lacks_a_column_is_said_once(world: World, folder: Path) -> None:
    put(folder, "clients.csv", "external_id,given_name\nc1,Anna\n")
    assert looked(world, folder)["clients.csv"].said.startswith("Refused. The header lacks")


@pytest.mark.parametrize(
    "name", ["people.csv", "clients.xlsx", "clientsold.csv", "clients", "a.zip"]
)
def test_other_names_are_not_read_and_named(world: World, folder: Path, name: str) -> None:
    put(folder, name, TEN)
    assert looked(world, folder)[name].said.startswith("Not read. Names that are read")
    assert clients(world) == 0


def test_a_file_that_is_being_written_waits(world: World, folder: Path) -> None:
    put(folder, "clients.csv", TEN, written=NOW - 1)
    assert "a moment ago" in looked(world, folder)["clients.csv"].said
    assert clients(world) == 0


def test_a_file_that_is_too_large_is_never_read(world: World, folder: Path) -> None:
    put(folder, "clients.csv", TEN + "\n" * 100_001)
    assert "larger than 100000 bytes" in looked(world, folder)["clients.csv"].said


def test_links_pipes_and_folders_are_not_followed(
    world: World, folder: Path, tmp_path: Path
) -> None:
    elsewhere = put(tmp_path, "elsewhere.csv", TEN)
    (folder / "clients-link.csv").symlink_to(elsewhere)
    os.mkfifo(folder / "clients-pipe.csv")
    (folder / "clients-folder.csv").mkdir()
    said = {name: one.said for name, one in looked(world, folder).items()}
    assert "is a link" in said["clients-link.csv"]
    assert "no plain file" in said["clients-pipe.csv"]
    assert said["clients-folder.csv"].startswith("Not read.")
    assert clients(world) == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04" + b"\0" * 500,
        b"\x1f\x8b" + b"\xff" * 500,
        TEN.encode("utf-16"),
        b"\0" * 900,
    ],
    ids=["empty", "zip", "gzip", "utf-16", "zeros"],
)
def test_what_is_no_csv_is_refused(world: World, folder: Path, raw: bytes) -> None:
    put(folder, "clients.csv", raw)
    assert looked(world, folder)["clients.csv"].said.startswith("Refused.")


def test_a_report_never_overwrites_what_is_not_ours(
    world: World, folder: Path, tmp_path: Path
) -> None:
    target = put(tmp_path, "precious", "keep me")
    put(folder, "clients.csv", TEN)
    (folder / ".clients.csv.report.txt").symlink_to(target)
    looked(world, folder)
    assert target.read_text() == "keep me"
    assert report(folder, "clients.csv").startswith("Applied.")


def test_a_folder_that_cannot_be_written_to_is_taken_in_all_the_same(
    world: World, folder: Path
) -> None:
    put(folder, "clients.csv", TEN)
    (folder / ".clients.csv.report.txt").mkdir()
    found = looked(world, folder)["clients.csv"]
    assert found.drop is not None
    assert found.drop.row.state == DropState.APPLIED


def test_the_worker_looks_once_a_minute_into_the_practices_own_folder(
    world: World, tmp_path: Path
) -> None:
    mine, other = tmp_path / "rosters" / "elm", tmp_path / "rosters" / "ash"
    mine.mkdir(parents=True)
    other.mkdir()
    put(other, "clients.csv", TEN.replace("c", "x"))
    worker = Worker(world.desk, RosterFolder(tmp_path / "rosters", 100_000))
    worker.run_due()
    put(mine, "clients.csv", TEN)
    worker.run_due()
    assert clients(world) == 0, "it looked a moment ago"
    world.clock.advance(minutes=1)
    worker.run_due()
    assert clients(world) == 10


def test_a_folder_that_is_not_there_stops_no_work(world: World, tmp_path: Path) -> None:
    worker = Worker(world.desk, RosterFolder(tmp_path / "nowhere", 100_000))
    worker.run_due()
    assert worker.rosters_seen
