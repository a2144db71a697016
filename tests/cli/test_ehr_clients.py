"""`flask ehr register …`: an EHR of signed tokens, by configuration alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policy_service.cli import register_commands
from tests.cast import World
from tests.signing import ISSUER, SigningEhr, key_set, signing_key


def run(world: World, *arguments: str) -> Any:
    if "ehr" not in world.app.cli.commands:
        register_commands(world.app)
    return world.app.test_cli_runner().invoke(args=["ehr", *arguments])


def keys_file(folder: Path, number: int = 1) -> str:
    path = folder / f"keys-{number}.json"
    path.write_text(key_set(signing_key("ES384", number)))
    return str(path)


def registered(world: World, folder: Path, *more: str) -> SigningEhr:
    done = run(
        world, "register", "--name", "Clinic EHR", "--scope", "decision.brief",
        "--issuer", ISSUER, "--jwks", keys_file(folder), *more,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return SigningEhr(world, done.output.strip())


def test_a_client_registered_at_the_shell_may_ask(sqlite_world: World, tmp_path: Path) -> None:
    ehr = registered(sqlite_world, tmp_path, "--origin", "https://ehr.example.org")
    assert ehr.is_accepted(ehr.token("/cds-services"))
    assert ehr.access_token("system/DetectedIssue.rs")
    listed = run(sqlite_world, "list").output
    assert ehr.client_id in listed
    assert f"issuer {ISSUER}" in listed
    assert "ES384  es384-1" in listed


def test_keys_are_rotated_and_withdrawn_at_the_shell(sqlite_world: World, tmp_path: Path) -> None:
    ehr = registered(sqlite_world, tmp_path)
    new = keys_file(tmp_path, 2)
    done = run(sqlite_world, "rotate-keys", ehr.client_id, "--jwks", new, "--overlap-days", "2")
    assert "the keys before end 2026-03-04 09:00 UTC" in done.output
    listed = run(sqlite_world, "list").output
    assert "es384-1 until 2026-03-04 09:00 UTC" in listed
    (old,) = [line.split()[1] for line in listed.splitlines() if "es384-1" in line]
    assert run(sqlite_world, "withdraw-key", ehr.client_id, old).output == "withdrawn\n"
    assert not ehr.is_accepted(ehr.token("/cds-services"))
    ehr.key = signing_key("ES384", 2)
    assert ehr.is_accepted(ehr.token("/cds-services"))
    assert "is withdrawn" in run(sqlite_world, "withdraw", ehr.client_id).output
    assert not ehr.is_accepted(ehr.token("/cds-services"))
    assert f"{ehr.client_id}  withdrawn" in run(sqlite_world, "list").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scope", "king"], "'king' is not one of"),
        (["--origin", "https://ehr.example.org/app"], "origins"),
        (["--jwks-url", "http://10.0.0.1/k"], "jwks_url"),
        (["--practice", "nowhere"], "allowed: elm"),
    ],
)
def test_what_is_wrong_is_named(
    sqlite_world: World, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = run(
        sqlite_world, "register", "--name", "x", "--scope", "decision.brief",
        "--jwks", keys_file(tmp_path), *arguments,
    )  # fmt: skip
    assert done.exit_code != 0
    assert said in done.output


def test_an_id_that_is_none_is_not_found(sqlite_world: World) -> None:
    for command in (("withdraw", "x"), ("withdraw-key", "x", "y")):
        done = run(sqlite_world, *command)
        assert done.exit_code == 1
        assert "nothing here" in done.output
