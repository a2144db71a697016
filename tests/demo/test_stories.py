"""The told stories of the demo practice end as they say, and the practice is founded once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from policy_service.app import create_app
from policy_service.audit.verification import verify_log
from policy_service.demo import seed as seeding
from policy_service.demo.households import client_roster, episode_roster
from policy_service.demo.stories import STORIES
from policy_service.demo.story_form import Story
from policy_service.demo.welcome import check_body, curl_line
from policy_service.errors import StateConflict
from policy_service.importers.roster import RosterKind, read_roster
from policy_service.services.desk import Desk
from policy_service.services.practices import NewPractice, found_practice
from tests.cast import DAY_ONE, Clock, settings_for

FEW = 40


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_story_ends_as_it_says(told: dict[str, Any], story: Story) -> None:
    answer, ending = told[story.name], story.ending
    if ending.advice is not None:
        assert answer["standing"] == ending.advice
        assert "outcome" not in answer
        return
    assert answer["outcome"] == ending.outcome
    assert answer["could_become"] == ending.could_become
    assert answer["standing"] == ending.standing
    assert answer["complete"] is ending.complete
    found = [finding["rule"] for finding in answer["findings"]]
    assert bool(found) is bool(ending.rule)
    assert not ending.rule or any(rule.startswith(ending.rule) for rule in found), found
    assert all(finding["citations"] for finding in answer["findings"])
    if ending.not_waivable:
        gravest = [f for f in answer["findings"] if f["outcome"] == ending.outcome]
        assert not all(finding["waivable"] for finding in gravest)


def test_a_dozen_stories_end_otherwise_each() -> None:
    endings = {(story.ending, story.clinician, story.purpose) for story in STORIES}
    assert len(STORIES) >= 12
    assert len(endings) == len(STORIES)
    assert {story.ending.outcome.value for story in STORIES} == {
        "no_finding",
        "advise",
        "monitor",
        "deliberate",
        "prohibit",
    }


def test_seeding_again_changes_nothing_and_says_the_same(told: dict[str, Any]) -> None:
    desk, first = told["desk"], told["practice"]
    again = seeding.seed(desk, FEW)
    assert first.is_new
    assert not again.is_new
    assert (again.id, again.password) == (first.id, first.password)


def test_the_log_of_the_demo_practice_verifies(told: dict[str, Any]) -> None:
    desk, practice_id = told["desk"], told["practice"].id
    key = desk.log_key(desk.practice(practice_id).log_origin)
    assert verify_log(desk.database, practice_id, key).exit_code == 0


def test_the_printed_line_is_one_line_that_begins_with_curl(told: dict[str, Any]) -> None:
    body = check_body(told["desk"], told["practice"].id)
    line = curl_line("http://127.0.0.1:9000", "psk_x", body)
    assert re.match(r"curl .*http://127\.0\.0\.1:9000/v1/checks ", line)
    assert "\n" not in line
    assert body["acting_user"] == {"role": "system"}
    assert set(body["client"]) == {"person"}


def test_a_database_that_is_not_empty_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(sqlite_url, tmp_path), Clock())
    desk: Desk = app.extensions["policy_service"]
    found_practice(desk, NewPractice("real", "A real practice", "US-TX"))
    with pytest.raises(StateConflict, match="empty database"):
        seeding.seed(desk, FEW)
    desk.database.dispose()


def test_a_half_founded_practice_is_named_as_such(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(sqlite_url, tmp_path), Clock())
    desk: Desk = app.extensions["policy_service"]
    found_practice(desk, seeding.PRACTICE)
    with pytest.raises(StateConflict, match="make reset-demo"):
        seeding.seed(desk, FEW)
    desk.database.dispose()


def test_the_same_invented_people_come_out_every_time() -> None:
    assert client_roster(200) == client_roster(200)
    day = DAY_ONE.date()
    assert episode_roster(day, 200) == episode_roster(day, 200)


def test_the_invented_rosters_are_ones_a_practice_could_send() -> None:
    clients = read_roster(RosterKind.CLIENTS, client_roster())
    episodes = read_roster(RosterKind.EPISODES, episode_roster(DAY_ONE.date()))
    assert (len(clients.lines), clients.errors, clients.warnings) == (3000, (), ())
    assert (len(episodes.lines), episodes.errors, episodes.warnings) == (3000, (), ())
