"""GET /metrics: counts for a monitor that shows the token, and for nobody else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from policy_service.app import app_over
from policy_service.services.figures import MEANINGS
from policy_service.settings import InvalidSetting, Settings
from tests.audit.logs import stop, write
from tests.cast import World

TOKEN = "a-token-of-thirty-two-characters"
LINE = re.compile(r'(policy_[a-z_]+)(\{[a-z]+="[a-z_]+"\})? ([0-9.e+]+)')


def _client(world: World, token: str = TOKEN) -> FlaskClient:
    return app_over(world.desk, replace(world.settings, metrics_token=token)).test_client()


def _read(world: World) -> dict[str, float]:
    answer = _client(world).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    matched = [LINE.fullmatch(line) for line in lines]
    assert all(matched), lines
    return {f"{one[1]}{one[2] or ''}": float(one[3]) for one in matched if one}


def test_without_a_token_in_the_settings_there_is_nothing(sqlite_world: World) -> None:
    assert _client(sqlite_world, "").get("/metrics").status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer wrong", TOKEN, "Bearer é"])
def test_without_the_right_token_nothing_is_said(sqlite_world: World, given: str) -> None:
    answer = _client(sqlite_world).get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert "policy_" not in answer.text.replace("policy_service", "")


def test_the_figures_follow_what_happens(world: World) -> None:
    before = _read(world)
    world.check("alma", "tomas")
    after = _read(world)
    entries, waiting = "policy_audit_entries", "policy_audit_unsealed_entries"
    assert after[entries] + after[waiting] > before[entries] + before[waiting]
    assert sum(n for name, n in after.items() if "decisions_last_day" in name) == 1
    assert sum(n for name, n in after.items() if "open_cases" in name) >= 1
    world.clock.advance(days=2)
    assert not any("decisions_last_day" in name for name in _read(world))


def test_the_age_of_what_waits_and_the_alarm_show(postgresql_world: World) -> None:
    write(postgresql_world, "one")
    postgresql_world.clock.advance(seconds=90)
    read = _read(postgresql_world)
    assert read["policy_audit_oldest_unsealed_seconds"] >= 90
    assert read["policy_audit_alarms"] == 0
    stop(postgresql_world)
    assert _read(postgresql_world)["policy_audit_alarms"] == 1


def test_every_figure_is_explained_and_names_nobody(world: World) -> None:
    world.check("alma", "tomas")
    text = _client(world).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    for word in (*world.ids.values(), world.practice_id, "elm", "Reyes"):
        assert word not in text
    named = set(re.findall(r"^(policy_\w+)", text, re.M))
    assert named <= set(MEANINGS)
    assert {f"# HELP {name} {MEANINGS[name]}" for name in named} <= set(text.splitlines())


@pytest.mark.parametrize("token", ["short", "with a space in it, and quite long", "x" * 201])
def test_a_weak_token_stops_the_start(token: str) -> None:
    environment = {"POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    with pytest.raises(InvalidSetting, match="POLICY_METRICS_TOKEN"):
        Settings.from_environment(environment | {"POLICY_METRICS_TOKEN": token})
