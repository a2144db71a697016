"""`flask audit receipts` compares a file of receipts with the log, and says by its exit code."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from policy_service.cli import register_commands
from policy_service.ledger.note import Verifier
from policy_service.ledger.receipt import open_receipt
from tests.audit.logs import stop
from tests.cast import World
from tests.tampering import tamper


def _run(world: World, file: Path) -> Result:
    register_commands(world.app)
    return world.app.test_cli_runner().invoke(args=["audit", "receipts", str(file)])


def _file(world: World, folder: Path) -> Path:
    file = folder / "receipts.jsonl"
    receipts = [world.check("ben", "nora")["receipt"], world.check("alma", "tomas")["receipt"]]
    file.write_text("".join(f"{receipt}\n" for receipt in receipts))
    return file


def test_receipts_that_match_end_with_0(sqlite_world: World, tmp_path: Path) -> None:
    done = _run(sqlite_world, _file(sqlite_world, tmp_path))
    assert done.exit_code == 0, done.output
    assert done.output.startswith("2 receipts: 2 matched, 0 unmatched")
    assert "audit.receipts_reconciled" in sqlite_world.actions()


def test_a_decision_that_is_gone_ends_with_1_and_names_it(
    sqlite_world: World, tmp_path: Path
) -> None:
    file = _file(sqlite_world, tmp_path)
    tamper(sqlite_world.desk.database, "DELETE FROM audit_entry WHERE action = 'check.decided'")
    done = _run(sqlite_world, file)
    assert done.exit_code == 1
    assert "line 1: unmatched" in done.output
    assert "line 2: unmatched" in done.output


def test_a_bad_line_ends_with_2(sqlite_world: World, tmp_path: Path) -> None:
    file = _file(sqlite_world, tmp_path)
    file.write_text("not a receipt\n" + file.read_text())
    done = _run(sqlite_world, file)
    assert done.exit_code == 2
    assert "line 1: malformed: The line is not a receipt." in done.output


def test_a_log_that_refuses_to_grow_still_answers(sqlite_world: World, tmp_path: Path) -> None:
    file = _file(sqlite_world, tmp_path)
    stop(sqlite_world)
    done = _run(sqlite_world, file)
    assert done.exit_code == 0
    assert "audit.receipts_reconciled" not in sqlite_world.actions()


def test_the_keys_that_are_printed_check_a_receipt(sqlite_world: World) -> None:
    register_commands(sqlite_world.app)
    done = sqlite_world.app.test_cli_runner().invoke(args=["audit", "keys"])
    printed = dict(line.split("\t") for line in done.output.splitlines())
    receipt = sqlite_world.check("ben", "nora")["receipt"].encode()
    assert open_receipt(receipt, Verifier.from_vkey(printed["receipts"])).mmd > 0
    assert Verifier.from_vkey(printed["log"]).name == f"policy-service/{sqlite_world.practice_id}"
