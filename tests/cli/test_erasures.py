"""`flask erasure …`: show, ask, carry out by another name, floor, reapply."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner

from policy_service.cli import register_commands
from tests.cast import World


@pytest.fixture
def shell(sqlite_world: World) -> FlaskCliRunner:
    register_commands(sqlite_world.app)
    return sqlite_world.app.test_cli_runner()


def _ask(shell: FlaskCliRunner, world: World) -> object:
    arguments = ["erasure", "ask", world.ids["tomas"], "--ground", "person_asked", "--as", "rosa"]
    return shell.invoke(args=arguments)


def test_two_names_erase(shell: FlaskCliRunner, sqlite_world: World) -> None:
    asked = _ask(shell, sqlite_world)
    assert asked.exit_code == 0, asked.output
    erasure = asked.output.split()[0]
    same = shell.invoke(args=["erasure", "carry-out", erasure, "--as", "rosa", "--yes"])
    assert same.exit_code == 1
    other = shell.invoke(args=["erasure", "carry-out", erasure, "--as", "jan", "--yes"])
    assert "done person_asked" in other.output
    assert "done person_asked" in shell.invoke(args=["erasure", "list"]).output


def test_what_blocks_is_shown_and_exits_1(shell: FlaskCliRunner, sqlite_world: World) -> None:
    sqlite_world.check("alma", "tomas")
    shown = shell.invoke(args=["erasure", "show", sqlite_world.ids["tomas"]])
    assert "blocked: retention_floor until 2032-03-02" in shown.output
    assert "1 checks" in shown.output
    refused = _ask(shell, sqlite_world)
    assert refused.exit_code == 1
    assert "(retention_floor until 2032-03-02)" in refused.output


def test_the_floor_is_set(shell: FlaskCliRunner, sqlite_world: World) -> None:
    sqlite_world.check("alma", "tomas")
    assert shell.invoke(args=["erasure", "floor", "9", "--as", "rosa"]).output == "9 years\n"
    shown = shell.invoke(args=["erasure", "show", sqlite_world.ids["tomas"]])
    assert "until 2035-03-02" in shown.output


def test_reapplying_nothing_says_so(shell: FlaskCliRunner) -> None:
    said = shell.invoke(args=["erasure", "reapply"]).output
    assert said == "0 records erased again\nold pages overwritten\n"
