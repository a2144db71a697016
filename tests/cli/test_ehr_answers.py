"""`flask ehr mode | serve | identifier`."""

from __future__ import annotations

import pytest

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, issue_key
from policy_service.cli import register_commands
from policy_service.domain.principals import Scope
from policy_service.services.ehr_clients import ehr_client, settings_of
from policy_service.services.external_identifiers import find
from tests.cast import World


def run(world: World, *arguments: str) -> str:
    if "ehr" not in world.app.cli.commands:
        register_commands(world.app)
    done = world.app.test_cli_runner().invoke(args=["ehr", *arguments])
    assert done.exit_code == 0, done.output
    return done.output.strip()


@pytest.fixture
def client(sqlite_world: World) -> str:
    scopes = frozenset({Scope.DECISION_BRIEF})
    key = issue_key(sqlite_world.desk, NewEhrClient(sqlite_world.practice_id, "Hill", scopes))
    return authenticate(sqlite_world.desk, f"Bearer {key}").id


def test_a_client_goes_on_trial_and_live_by_one_command(sqlite_world: World, client: str) -> None:
    assert run(sqlite_world, "mode", client, "silent") == "silent"
    assert run(sqlite_world, "mode", client, "silent") == "silent already"
    assert run(sqlite_world, "mode", client, "live") == "live"


def test_what_is_not_given_stays(sqlite_world: World, client: str) -> None:
    run(sqlite_world, "serve", client, "--fhir-server", "https://ehr.example/fhir")
    run(sqlite_world, "serve", client, "--answer-hours", "8")
    with sqlite_world.reading() as context:
        now = settings_of(ehr_client(context, client))
    assert (now.fhir_server, now.answer_hours) == ("https://ehr.example/fhir", 8)


def test_an_identifier_means_a_clinician_until_it_is_removed(sqlite_world: World) -> None:
    ben = sqlite_world.ids["ben"]
    assert run(sqlite_world, "identifier", "Practitioner", "b", "--clinician", ben) == "registered"
    with sqlite_world.reading() as context:
        known = find(context, [("Practitioner", "b")])
    assert known is not None
    assert known.clinician_id == ben
    assert run(sqlite_world, "identifier", "Practitioner", "b", "--remove") == "removed"


def test_a_server_that_may_not_be_reached_is_refused_by_name(
    sqlite_world: World, client: str
) -> None:
    register_commands(sqlite_world.app)
    arguments = ["ehr", "serve", client, "--fhir-server", "https://127.0.0.1/fhir"]
    done = sqlite_world.app.test_cli_runner().invoke(args=arguments)
    assert done.exit_code != 0
    assert "fhir_server" in done.output
