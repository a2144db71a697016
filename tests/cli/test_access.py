"""`flask login create` opens accounts from the shell."""

from __future__ import annotations

import pytest

from policy_service.cli import register_commands
from tests.cast import World
from tests.console.office import PASSWORD, browser

COMMAND = ["login", "create", "olga@example.org", "--name", "Olga", "--role", "compliance"]


def test_an_account_opened_from_the_shell_can_sign_in(sqlite_world: World) -> None:
    register_commands(sqlite_world.app)
    runner = sqlite_world.app.test_cli_runner()
    done = runner.invoke(args=[*COMMAND, "--password-stdin"], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert browser(sqlite_world).sign_in("olga@example.org").status_code == 303


def test_the_password_is_asked_for_twice_and_not_shown(sqlite_world: World) -> None:
    register_commands(sqlite_world.app)
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    done = sqlite_world.app.test_cli_runner().invoke(args=COMMAND, input=typed)
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*COMMAND, "--practice", "nowhere"], "allowed: elm"),
        ([*COMMAND, "--role", "clinician"], "clinician_id"),
        ([*COMMAND, "--role", "king"], "'king' is not one of"),
    ],
)
def test_a_wrong_option_is_named(sqlite_world: World, arguments: list[str], said: str) -> None:
    register_commands(sqlite_world.app)
    runner = sqlite_world.app.test_cli_runner()
    done = runner.invoke(args=[*arguments, "--password-stdin"], input=f"{PASSWORD}\n")
    assert done.exit_code != 0
    assert said in done.output
