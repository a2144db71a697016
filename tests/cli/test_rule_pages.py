"""`flask packs pages`."""

from __future__ import annotations

from pathlib import Path

from policy_service.cli import register_commands
from tests.cast import World


def test_pages_are_written_and_those_of_no_rule_removed(world: World, tmp_path: Path) -> None:
    register_commands(world.app)
    folder = tmp_path / "rules"
    stray = folder / "aca-2014" / "aca.of-old.md"
    stray.parent.mkdir(parents=True)
    stray.write_text("gone")
    kept = folder / "notes.txt"
    kept.write_text("mine")
    done = world.app.test_cli_runner().invoke(args=["packs", "pages", "--write", str(folder)])
    assert done.exit_code == 0, done.output
    pages = list(folder.rglob("*.md"))
    assert done.output == f"{len(pages)} pages\n"
    assert not stray.exists()
    assert kept.read_text() == "mine"
    assert (folder / "aca-2014" / "aca.a5a.event.md").read_text().startswith("# Sexual contact")


def test_where_to_write_must_be_said(world: World) -> None:
    register_commands(world.app)
    done = world.app.test_cli_runner().invoke(args=["packs", "pages"])
    assert done.exit_code == 2
    assert "--write" in done.output
