"""`flask screen all`: every watched pair, now or by the worker."""

from __future__ import annotations

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from policy_service.cli import register_commands
from policy_service.database.tables.jobs import WorkRow
from policy_service.services.touch import RESCREEN_ALL
from policy_service.worker import run_due
from tests.cast import World


@pytest.fixture
def shell(sqlite_world: World) -> FlaskCliRunner:
    register_commands(sqlite_world.app)
    return sqlite_world.app.test_cli_runner()


def test_a_full_screen_says_how_much_was_new_and_finds_nothing_again(shell: FlaskCliRunner) -> None:
    first = shell.invoke(args=["screen", "all"])
    again = shell.invoke(args=["screen", "all"])
    assert first.output == "1 pairs asked about, 1 answers were new\n"
    assert again.output == "1 pairs asked about, 0 answers were new\n"


def test_a_queued_full_screen_is_the_worker_s(shell: FlaskCliRunner, sqlite_world: World) -> None:
    assert shell.invoke(args=["screen", "all", "--queue"]).output == "queued\n"
    with sqlite_world.reading() as context:
        assert list(context.session.scalars(select(WorkRow.kind))) == [RESCREEN_ALL]
    run_due(sqlite_world.desk)
    assert "check.decided" in sqlite_world.actions()
    assert shell.invoke(args=["screen", "all"]).output.endswith(" 0 answers were new\n")


def test_an_unknown_practice_is_refused_by_name(shell: FlaskCliRunner) -> None:
    refused = shell.invoke(args=["screen", "all", "--practice", "nowhere"])
    assert refused.exit_code == 2
    assert "allowed: elm" in refused.output
