"""`flask audit bundle`: an officer's act, a new file, and a release where it leaves the house."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import Result

from policy_service.cli import register_commands
from policy_service.domain.principals import Role
from policy_service.services.evidence_bundles import BUNDLED
from policy_service.services.releases import ReleaseFilter, list_releases
from tests.cast import World
from tests.console.office import PASSWORD, add_login

OFFICER = ("--officer", "cora@example.org", "--password-stdin", "--purpose", "Complaint 2026-17")


@pytest.fixture
def world(sqlite_world: World) -> World:
    add_login(sqlite_world, "cora", Role.COMPLIANCE)
    return sqlite_world


def _run(world: World, *args: str, typed: str = f"{PASSWORD}\n") -> Result:
    register_commands(world.app)
    return world.app.test_cli_runner().invoke(args=["audit", "bundle", *args], input=typed)


def test_an_officer_writes_a_bundle_to_a_new_file(world: World, tmp_path: Path) -> None:
    target = tmp_path / "evidence.zip"
    done = _run(world, str(target), *OFFICER, "--first", "1", "--for", "Court", "--kind", "court")
    assert done.exit_code == 0, done.output
    assert target.stat().st_mode & 0o077 == 0
    with ZipFile(target) as found:
        assert found.testzip() is None
    with world.writing() as context:
        assert len(list_releases(context, ReleaseFilter())[0]) == 1
    again = _run(world, str(target), *OFFICER)
    assert "is there already" in again.output
    assert again.exit_code == 2


@pytest.mark.parametrize(
    "more",
    [
        ("--first", "1", "--action", "check.decided"),
        ("--open", "care", "--open-nothing"),
        ("--kind", "court"),
        ("--first", "99999"),
    ],
    ids=["two ways", "open and not", "kind alone", "beyond the log"],
)
def test_what_makes_no_sense_is_refused(
    world: World, tmp_path: Path, more: tuple[str, ...]
) -> None:
    done = _run(world, str(tmp_path / "evidence.zip"), *OFFICER, *more)
    assert done.exit_code == 2
    assert BUNDLED not in world.actions()
    assert not (tmp_path / "evidence.zip").exists()


def test_a_wrong_password_makes_no_bundle(world: World, tmp_path: Path) -> None:
    done = _run(world, str(tmp_path / "evidence.zip"), *OFFICER, typed="not this one\n")
    assert done.exit_code == 1
    assert BUNDLED not in world.actions()
