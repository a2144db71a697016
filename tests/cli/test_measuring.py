"""`flask matching measure|models|model|use`."""

from __future__ import annotations

import json

import pytest
from click.testing import Result

from policy_service.cli import register_commands
from policy_service.matching import measured_model
from policy_service.services.clients import register_client
from tests.cast import World
from tests.services.test_match_reports import MARKED
from tests.services.test_measuring import settle


def run(world: World, *args: str) -> Result:
    register_commands(world.app)
    return world.app.test_cli_runner().invoke(args=["matching", *args])


def test_measure_list_open_and_switch_back(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measured_model, "FEWEST_PEOPLE", 10)
    monkeypatch.setattr(measured_model, "FEWEST_PAIRS", 10)
    settle(sqlite_world, 20)
    done = run(sqlite_world, "measure", "--pairs", "50")
    assert done.exit_code == 0, done.output
    assert "25 people counted" in done.stderr
    assert "the model measured here decides from now on" in done.stdout
    listed = [line.split("\t") for line in run(sqlite_world, "models").stdout.splitlines()]
    assert [line[:2] for line in listed] == [["at hand", "shipped"], ["in use", "measurement 1"]]
    document = json.loads(run(sqlite_world, "model", listed[1][3]).stdout)
    assert document["measured"]["shipped"] == listed[0][3]
    assert run(sqlite_world, "use", "0").stdout.strip() == listed[0][3]


def test_too_few_people_are_told_so(sqlite_world: World) -> None:
    done = run(sqlite_world, "measure", "--pairs", "50")
    assert "too few to measure strangers" in done.stdout
    refused = run(sqlite_world, "use", "1")
    assert refused.exit_code == 2
    assert "too few people" in refused.stderr


def test_a_digest_that_was_never_used_here_is_refused(sqlite_world: World) -> None:
    assert run(sqlite_world, "model", "0" * 64).exit_code == 2


def test_a_report_is_told_in_lines_and_as_json(sqlite_world: World) -> None:
    told = run(sqlite_world, "report", "--intakes", "5")
    assert told.exit_code == 0, told.output
    assert "2 clients asked about anew" in told.stdout
    assert "Strangers were not measured here" in told.stdout
    made = json.loads(run(sqlite_world, "report", "--json").stdout)
    assert made["intakes"] == 2


def test_duplicates_are_listed_by_client_id_and_never_by_name(sqlite_world: World) -> None:
    with sqlite_world.writing() as context:
        again = register_client(context, MARKED)
    listed = run(sqlite_world, "duplicates")
    [line] = listed.stdout.splitlines()
    assert set(line.split("\t")[:2]) == {again, sqlite_world.ids["nora"]}
    assert "Lind" not in listed.stdout
    assert "1 pairs of profiles" in listed.stderr


def test_refiling_says_that_nobody_is_left(sqlite_world: World) -> None:
    assert "0 people filed anew by keys" in run(sqlite_world, "refile").stdout
