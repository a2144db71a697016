"""kill -9 at random moments: nothing acknowledged is lost, nothing forks, no index comes twice.

30 kills on each database among the tests; `make soak-audit` does POLICY_KILLS of them (500).
"""

from __future__ import annotations

import os

import pytest

from tests.attacks.crashing import kill_many
from tests.attacks.survey import Heard, survey
from tests.cast import World

SOAK = int(os.environ.get("POLICY_KILLS", "500"))
SEED = int(os.environ.get("POLICY_KILLS_SEED", "1"))
LOOK_EVERY = 100


def _kill(world: World, kills: int) -> None:
    heard, done = Heard(), 0
    while done < kills:
        now = min(LOOK_EVERY, kills - done)
        kill_many(world, heard, now, SEED + done)
        done += now
        assert survey(world, heard) == "", f"after {done} kills"
    assert heard.decided
    assert heard.heads
    print(
        f"{world.desk.database.dialect}: {done} kills, {len(heard.decided)} decisions "
        f"acknowledged and {len(heard.heads)} heads given away, none lost, no fork, no index "
        f"twice; refused meanwhile: {dict(heard.refused)}"
    )


@pytest.mark.slow
def test_thirty_kills_lose_nothing(world: World) -> None:
    _kill(world, 30)


@pytest.mark.soak
def test_hundreds_of_kills_lose_nothing(world: World) -> None:
    _kill(world, SOAK)
