"""`flask roster import`."""

from __future__ import annotations

import os
from pathlib import Path

from flask.testing import FlaskCliRunner

from policy_service.cli import register_commands
from tests.cast import World

ROSTER = "external_id,given_name,family_name,birth_date\nc1,Anna,Berg,1980\n"


def runner(world: World) -> FlaskCliRunner:
    register_commands(world.app)
    return world.app.test_cli_runner()


def test_a_file_is_tried_and_then_imported(world: World, tmp_path: Path) -> None:
    practice = ["--practice", "elm"] if world.other_practice_id is not None else []
    file = tmp_path / "clients.csv"
    file.write_text(ROSTER)
    tried = runner(world).invoke(
        args=["roster", "import", "clients", str(file), "--dry-run", *practice]
    )
    assert (tried.exit_code, tried.output) == (0, "created 1, updated 0, unchanged 0, refused 0\n")
    for told in ("created 1, updated 0, unchanged 0", "created 0, updated 0, unchanged 1"):
        done = world.app.test_cli_runner().invoke(
            args=["roster", "import", "clients", str(file), *practice]
        )
        assert told in done.output


def test_a_refused_line_is_named_and_the_exit_code_says_so(world: World, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(ROSTER + "c2,Bo,Berg,1980-02-30\n")
    practice = ["--practice", "elm"]
    done = runner(world).invoke(args=["roster", "import", "clients", str(file), *practice])
    assert done.exit_code == 1
    assert "line 3: birth_date: A date that exists" in done.output
    assert "created 1" in done.output


def test_a_folder_is_taken_in_and_each_file_answered_for(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    for name, text in (("clients.csv", ROSTER), ("notes.txt", "x")):
        (folder / name).write_text(text)
        os.utime(folder / name, (1_700_000_000, 1_700_000_000))
    given = ["roster", "drop", str(folder), "--practice", "elm"]
    done = runner(world).invoke(args=given)
    assert done.exit_code == 1, "a name that is not read"
    assert "clients.csv: Applied.\n  created 1" in done.output
    assert "notes.txt: Not read." in done.output
    (folder / "notes.txt").unlink()
    again = world.app.test_cli_runner().invoke(args=given)
    assert again.exit_code == 0, again.output
