"""`flask audit alarms|resolve|signer`: what an operator and an officer do at the shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from policy_service.audit.guard import guard_in
from policy_service.cli import register_commands
from policy_service.cli.signer import keeper_of
from policy_service.domain.principals import Role
from policy_service.errors import LogContradicted
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.services.logins import LoginForm, create_login
from tests.audit.logs import sign, write
from tests.audit.test_guard import go_back
from tests.cast import World

ORIGIN = "policy-service/11111111-1111-4111-8111-111111111111"
EMAIL, PASSWORD = "cleo@elm.example", "correct horse battery staple"


@pytest.fixture
def shell(sqlite_world: World) -> FlaskCliRunner:
    """The command line of the world's application."""
    register_commands(sqlite_world.app)
    return sqlite_world.app.test_cli_runner()


def contradict(world: World) -> None:
    sign(world)
    go_back(world, 1)
    with pytest.raises(LogContradicted):
        write(world, "one")


def make_officer(world: World) -> None:
    with world.writing(world.account(Role.ADMIN)) as context:
        create_login(context, LoginForm(EMAIL, "Cleo", PASSWORD, frozenset({Role.COMPLIANCE})))


def test_no_alarm_is_exit_0_and_a_standing_one_is_named(
    sqlite_world: World, shell: FlaskCliRunner
) -> None:
    assert shell.invoke(args=["audit", "alarms"]).exit_code == 0
    contradict(sqlite_world)
    said = shell.invoke(args=["audit", "alarms"])
    assert said.exit_code == 1
    assert said.output.startswith("elm\tcontradicted\t")


def test_an_officer_resolves_with_password_and_reason(
    sqlite_world: World, shell: FlaskCliRunner
) -> None:
    make_officer(sqlite_world)
    contradict(sqlite_world)
    command = ["audit", "resolve", "--officer", EMAIL, "--password-stdin", "--reason", "Restored."]
    wrong = shell.invoke(args=command, input="wrong\n")
    assert wrong.exit_code == 1
    assert guard_in(sqlite_world.desk.database).heads.alarm(sqlite_world.practice_id) is not None
    done = shell.invoke(args=command, input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"policy-service/{sqlite_world.practice_id}\n")
    write(sqlite_world, "one")


def test_without_an_alarm_there_is_nothing_to_resolve(
    sqlite_world: World, shell: FlaskCliRunner
) -> None:
    make_officer(sqlite_world)
    command = ["audit", "resolve", "--officer", EMAIL, "--password-stdin", "--reason", "Why not."]
    said = shell.invoke(args=command, input=f"{PASSWORD}\n")
    assert said.exit_code == 1
    assert "No alarm stands" in said.output


def test_the_signer_is_made_to_forget_one_log(shell: FlaskCliRunner, tmp_path: Path) -> None:
    keeper = keeper_of(tmp_path)
    keeper.sign(Checkpoint(ORIGIN, 2, b"r" * 32).text, [])
    command = ["audit", "signer", "forget", "--keys", str(tmp_path)]
    assert shell.invoke(args=[*command, "not an origin"]).exit_code == 1
    assert keeper.newest(ORIGIN) is not None
    assert shell.invoke(args=[*command, ORIGIN]).exit_code == 0
    assert keeper.newest(ORIGIN) is None
