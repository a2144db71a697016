"""`flask audit export-tiles`, `log-keys`, `rotate-key`, `witness-state`."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from policy_service.cli import register_commands
from policy_service.ledger.checkpoint import open_checkpoint
from policy_service.ledger.note import Verifier
from tests.cast import World


def _run(world: World, *arguments: str) -> Result:
    register_commands(world.app)
    return world.app.test_cli_runner().invoke(args=["audit", *arguments])


def test_the_log_is_written_out_and_brought_up_to_date(world: World, tmp_path: Path) -> None:
    practice = ["--practice", "elm"]
    first = _run(world, "export-tiles", str(tmp_path / "log"), *practice)
    assert (first.exit_code, first.output.split(" ")[1]) == (0, "entries,")
    size = int(first.output.split(" ")[0])
    again = _run(world, "export-tiles", str(tmp_path / "log"), *practice)
    assert again.output.startswith(f"{size + 1} entries, "), "the export is itself an entry"
    vkey = _run(world, "log-keys", *practice).output.split("\t")[1].strip()
    note = (tmp_path / "log" / "checkpoint").read_text(encoding="utf-8")
    assert open_checkpoint(note, Verifier.from_vkey(vkey)).size == size + 1
    assert world.actions()[-2:] == ["audit.exported", "audit.exported"]


def test_a_folder_of_another_log_is_refused_with_exit_code_one(
    sqlite_world: World, tmp_path: Path
) -> None:
    (tmp_path / "checkpoint").write_text("another log", encoding="utf-8")
    done = _run(sqlite_world, "export-tiles", str(tmp_path))
    assert (done.exit_code, done.output.split(":")[0]) == (1, "REFUSED")


def test_a_key_is_changed_and_the_older_one_retired(sqlite_world: World) -> None:
    old = _run(sqlite_world, "log-keys").output.split("\t")[1].strip()
    new = _run(sqlite_world, "rotate-key").output.strip()
    assert _run(sqlite_world, "log-keys").output == f"signing\t{new}\nsigning\t{old}\n"
    assert _run(sqlite_world, "rotate-key").exit_code == 1
    assert _run(sqlite_world, "rotate-key", "--retire").output == f"{old}\n"
    assert _run(sqlite_world, "log-keys").output == f"signing\t{new}\nretired\t{old}\n"
    assert _run(sqlite_world, "rotate-key", "--retire").exit_code == 1
    verified = _run(sqlite_world, "verify")
    assert (verified.exit_code, verified.output[:8]) == (0, "elm: ok:")


def test_without_witnesses_there_is_nothing_to_show(sqlite_world: World) -> None:
    done = _run(sqlite_world, "witness-state")
    assert (done.exit_code, done.output) == (0, "")
