"""`flask packs …` for the packs of a practice: store, replay, and an officer's own password."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from policy_service.cli import register_commands
from policy_service.domain.principals import Role
from policy_service.services.packs import packs_in_use
from tests.cast import World
from tests.console.office import PASSWORD, add_login
from tests.policy.example_pack import CASES, HEADER, RULES, write_pack

OWN_HEADER = HEADER.replace("layer: profession", "layer: practice").replace(
    "pack: example", "pack: own"
)
OWN_HEADER = OWN_HEADER.replace("{membership: [EXAMPLE]}", "{every: true}")
OWN_RULES = RULES.replace("tag: V,", "tag: ours,").replace("example.", "own.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "own", OWN_RULES, OWN_HEADER, CASES)


def _run(world: World, *args: str, typed: str | None = None) -> Result:
    register_commands(world.app)
    slug = ["--practice", "reyes"] if world.other_practice_id else []
    return world.app.test_cli_runner().invoke(args=["packs", *args, *slug], input=typed)


def _active(world: World) -> set[str]:
    with world.reading() as context:
        return {pack.digest for pack in packs_in_use(world.desk, context).active}


def test_a_pack_is_stored_then_put_in_use_by_an_officer_with_a_password(
    sqlite_world: World, folder: Path
) -> None:
    world = sqlite_world
    add_login(world, "cora", Role.COMPLIANCE)
    digest = _run(world, "store", str(folder)).output.strip()
    how = ["--officer", "cora@example.org", "--reason", "It is time.", "--password-stdin"]
    wrong = _run(world, "activate", digest, *how, typed="not the password\n")
    assert wrong.exit_code == 1
    assert digest not in _active(world)
    done = _run(world, "activate", digest, *how, typed=f"{PASSWORD}\n")
    assert done.output.startswith("done: number")
    assert digest in _active(world)
    listed = _run(world, "in-use").output
    assert f"active\town\t1.0.0\t{digest}\t3 in force, 0 drafts" in listed


def test_the_end_of_a_prohibition_waits_for_an_approver(sqlite_world: World, folder: Path) -> None:
    world = sqlite_world
    for name, role in (("cora", Role.COMPLIANCE), ("ada", Role.APPROVER)):
        add_login(world, name, role)
    digest = _run(world, "store", str(folder)).output.strip()
    how = ["--reason", "It is time.", "--password-stdin"]
    cora = ["--officer", "cora@example.org", *how]
    ada = ["--officer", "ada@example.org", *how]
    _run(world, "activate", digest, *cora, typed=f"{PASSWORD}\n")
    waits = _run(world, "retire", digest, *cora, typed=f"{PASSWORD}\n").output
    assert "These prohibitions end" in waits
    proposal = waits.strip().rpartition(" ")[2]
    assert _run(world, "approve", proposal, *cora, typed=f"{PASSWORD}\n").exit_code == 2
    assert _run(world, "approve", proposal, *ada, typed=f"{PASSWORD}\n").exit_code == 0
    assert digest not in _active(world)


def test_a_replay_prints_old_by_new(sqlite_world: World, folder: Path) -> None:
    world = sqlite_world
    world.check("alma", "tomas")
    world.check("ben", "nora")
    said: dict[str, Any] = json.loads(_run(world, "replay", str(folder), "--json").output)
    assert said["decisions"] == 2
    words = _run(world, "replay", str(folder), "--digests", "--processes", "1").output
    assert "2 decisions under own 1.0.0" in words
    assert "0 erased, 0 cannot tell" in words
    assert world.actions().count("pack.replayed") == 2


def test_a_faulty_pack_is_told_with_file_and_line(sqlite_world: World, tmp_path: Path) -> None:
    broken = OWN_RULES.replace("event_kind: gift}", "event_knd: gift}")
    line = broken[: broken.index("event_knd")].count("\n") + 1
    folder = write_pack(tmp_path / "broken", broken, OWN_HEADER, CASES)
    for command in ("store", "replay"):
        done = _run(sqlite_world, command, str(folder))
        assert done.exit_code == 2
        assert f"rules/all.yaml: line {line}: unknown fact 'event_knd'" in done.output
        assert "did you mean 'event_kind'" in done.output
