"""The law of continuous screening: after any history, a full screen finds nothing new."""

from __future__ import annotations

import pytest

from policy_service.matching import probing
from policy_service.services import steps
from policy_service.services.full_screens import screen_everyone
from tests.cast import World
from tests.services.histories import History

SHORT, LONG = 16, 40
"""Steps of a history. Each step's work is carried out, so forty take some ten seconds of CPU."""
HISTORIES = 10
"""Long histories of each kind: the whole soak takes minutes, not hours."""


def keep_the_law(world: World, seed: int, length: int) -> None:
    """Live a history, then ask about everything: no decision and no case may be new."""
    history = History(world, seed)
    history.live(length)
    before = history.last_recorded()
    screened = screen_everyone(world.desk, world.practice_id)
    assert screened.pairs, history.told
    assert screened.recorded == 0, history.told
    assert history.last_recorded() == before


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that four people hold are hot: in a small practice many become so, and cease to be."""
    monkeypatch.setattr(probing, "HOT_KEY", 3)
    monkeypatch.setattr(probing, "HOT_OPTIONAL_KEY", 2)
    monkeypatch.setattr(steps, "HOT_KEY", 3)


@pytest.mark.parametrize("seed", range(2))
def test_a_full_screen_finds_nothing_that_touches_missed(sqlite_world: World, seed: int) -> None:
    keep_the_law(sqlite_world, seed, SHORT)


@pytest.mark.usefixtures("few_are_many")
def test_the_law_holds_while_keys_become_hot_and_cease_to_be(sqlite_world: World) -> None:
    keep_the_law(sqlite_world, 100, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200, 200 + HISTORIES))
def test_the_law_holds_over_long_histories(sqlite_world: World, seed: int) -> None:
    keep_the_law(sqlite_world, seed, LONG)


@pytest.mark.soak
@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("seed", range(300, 300 + HISTORIES))
def test_the_law_holds_over_long_histories_of_hot_keys(sqlite_world: World, seed: int) -> None:
    keep_the_law(sqlite_world, seed, LONG)


@pytest.mark.soak
@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("seed", range(400, 402))
def test_the_law_holds_on_postgresql(postgresql_world: World, seed: int) -> None:
    keep_the_law(postgresql_world, seed, SHORT)
