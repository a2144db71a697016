"""Shadow packs decide and are logged, and bind nobody."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.services.audit_entries import open_entry
from policy_service.services.packs import Mode, packs_in_use
from policy_service.services.shadow_reports import shadow_report
from tests.cast import World
from tests.services.pack_cast import activated, asked, closed_house, house, stored
from tests.services.test_pack_replays import _erase


def _groups(world: World, entry_id: str) -> dict[str, Any]:
    with world.writing() as context:
        return {group.name: group.value for group in open_entry(context, entry_id).groups}


@pytest.fixture
def shadow(world: World) -> str:
    """A house pack that runs along; one officer may do that, whatever it says."""
    return activated(world, closed_house(), Mode.SHADOW)


def test_a_shadow_is_logged_in_the_same_entry_and_changes_no_answer(
    world: World, shadow: str
) -> None:
    answer = world.check("ben", "nora")
    assert answer["outcome"] == Outcome.NO_FINDING
    assert shadow not in {finding["pack_digest"] for finding in answer["findings"]}
    said = _groups(world, answer["id"])["shadow"]
    assert said["packs"] == [shadow]
    assert said["decision"]["outcome"] == Outcome.PROHIBIT


def test_without_a_shadow_there_is_no_such_group(world: World) -> None:
    assert "shadow" not in _groups(world, world.check("ben", "nora")["id"])


def test_the_report_tells_old_by_new_and_what_was_erased(world: World, shadow: str) -> None:
    prohibited = world.check("alma", "tomas")["id"]
    changed = world.check("ben", "nora")["id"]
    with world.reading() as context:
        report = shadow_report(context, shadow).to_json()
    assert report["decisions"] == 2
    assert report["changes"] == [{"decision_id": changed, "old": "no_finding", "new": "prohibit"}]
    assert prohibited not in str(report)
    _erase(world, "tomas")
    with world.reading() as context:
        again = shadow_report(context, shadow)
    assert (again.decisions, again.erased) == (1, 1)


def test_a_shadow_that_becomes_active_stops_being_one(world: World, shadow: str) -> None:
    assert asked(world, shadow).number is not None
    with world.reading() as context:
        found = packs_in_use(world.desk, context)
    assert not found.shadows
    assert shadow in {pack.digest for pack in found.active}
    assert world.check("ben", "nora")["outcome"] == Outcome.PROHIBIT


def test_a_shadow_is_ended_by_one_officer_for_it_never_bound(world: World, shadow: str) -> None:
    assert asked(world, shadow, Mode.RETIRED).number is not None
    assert "shadow" not in _groups(world, world.check("ben", "nora")["id"])


def test_a_weaker_version_may_run_along_for_it_loosens_nothing(world: World) -> None:
    strict = activated(world, house("1.0.0", "prohibit"))
    weak = stored(world, house("1.1.0", "advise"))
    assert asked(world, weak, Mode.SHADOW).number is not None
    with world.reading() as context:
        found = packs_in_use(world.desk, context)
    assert strict in {pack.digest for pack in found.active}
    assert [pack.digest for pack in found.shadows] == [weak]
