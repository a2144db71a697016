"""Filing people anew after an upgrade of the match keys: resumable, honest, and asked again."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, select, update

from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.matching import MatchHeadRow
from policy_service.database.tables.people import PLAIN, MatchKeyRow, PersonRow
from policy_service.domain.principals import Principal, Role
from policy_service.matching.filing import FILING
from policy_service.services import refiling
from policy_service.services.context import Context
from policy_service.services.parties import client_row
from policy_service.services.people import (
    filing_of,
    open_people,
    register_hashed,
    replace_record,
)
from policy_service.services.refiling import how_far, refile, refile_batch
from policy_service.worker import Worker
from tests.cast import NORA, TOMAS, World
from tests.services.test_measuring import settle

READY = {"status": "ready", "witnesses": {"refused": 0, "unreachable": 0}}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refiling, "BATCH", 4)


def shell(world: World) -> Principal:
    return Principal(world.practice_id, "shell", "shell", frozenset({Role.OPERATOR}))


def quiet(_line: str) -> None:
    """Nobody watches."""


def upgrade(world: World) -> None:
    """An older release filed everybody under one key each, which nothing asks for today."""
    with world.writing() as context:
        ids = list(context.session.scalars(select(PersonRow.id)))
        old = [
            {"practice_id": world.practice_id, "key": number, "person_id": person_id}
            for number, person_id in enumerate(ids)
        ]
        context.session.execute(delete(MatchKeyRow))
        context.session.execute(insert(MatchKeyRow), old)
        context.session.execute(update(PersonRow).values(filed=FILING - 1))
        context.session.execute(update(MatchHeadRow).values(filed=FILING - 1))


def stored_keys(context: Context) -> set[tuple[str, int]]:
    rows = context.session.execute(select(MatchKeyRow.person_id, MatchKeyRow.key))
    return {(row.person_id, row.key) for row in rows}


def keys_of_today(context: Context) -> set[tuple[str, int]]:
    plain = select(PersonRow.id).where(PersonRow.kept == PLAIN)
    everybody = open_people(context, list(context.session.scalars(plain)))
    filed = {one.id: filing_of(context, one.id, one.record) for one in everybody}
    return {(person_id, key) for person_id, one in filed.items() for key in one.match_keys}


def test_everybody_is_filed_by_the_keys_of_today(world: World) -> None:
    settle(world, 9)
    upgrade(world)
    with world.reading() as context:
        assert how_far(context).left == 14
        assert stored_keys(context) != keys_of_today(context)
    assert refile(world.desk, shell(world), quiet) == 14
    with world.reading() as context:
        assert stored_keys(context) == keys_of_today(context)
        assert how_far(context).is_finished
    assert world.actions().count("matching.refiled") == 1


def test_it_goes_on_where_it_stopped(sqlite_world: World) -> None:
    world = sqlite_world
    settle(world, 9)
    upgrade(world)
    assert refile_batch(world.desk, shell(world)) == 4
    with world.reading() as context:
        assert how_far(context).left == 10
        assert not context.matching.is_filed
    assert refile(world.desk, shell(world), quiet) == 10


def test_until_everybody_is_filed_nobody_is_not_found(world: World) -> None:
    """Ben stated that there is nobody and Nora is unrelated: the world closes only when all are
    looked at."""
    assert world.facts("ben", "nora")["tie"] == "none"
    upgrade(world)
    assert world.facts("ben", "nora")["tie"] is None
    refile(world.desk, shell(world), quiet)
    assert world.facts("ben", "nora")["tie"] == "none"


def test_the_worker_does_it_by_itself_and_asks_about_every_pair_again(world: World) -> None:
    world.check("alma", "tomas")
    upgrade(world)
    worker = Worker(world.desk)
    kinds: set[str] = set()
    for _ in range(6):
        worker._matching(world.practice_id)
        with world.reading() as context:
            kinds |= set(context.session.scalars(select(WorkRow.kind)))
    with world.reading() as context:
        assert how_far(context).is_finished
        assert stored_keys(context) == keys_of_today(context)
    assert "rescreen_all" in kinds
    assert worker.run_due() > 0


def test_a_record_that_changed_meanwhile_keeps_its_own_keys(sqlite_world: World) -> None:
    world = sqlite_world
    upgrade(world)
    with world.reading() as context:
        stale = open_people(context, [client_row(context, world.ids["nora"]).person_id])
    with world.writing() as context:
        replace_record(context, stale[0].id, TOMAS)
    with world.writing() as context:
        assert refiling._unchanged(context, stale) == []
    refile(world.desk, shell(world), quiet)
    with world.reading() as context:
        assert stored_keys(context) == keys_of_today(context)


def test_third_parties_kept_as_hashes_are_counted_and_left(sqlite_world: World) -> None:
    world = sqlite_world
    with world.writing() as context:
        hashed = register_hashed(context, NORA)
    upgrade(world)
    with world.reading() as context:
        before = {key for person, key in stored_keys(context) if person == hashed}
    refile(world.desk, shell(world), quiet)
    with world.reading() as context:
        found = how_far(context)
        assert (found.left, found.hashed, found.is_finished) == (0, 1, True)
        assert {key for person, key in stored_keys(context) if person == hashed} == before


def test_with_nothing_to_do_nothing_is_said(sqlite_world: World) -> None:
    world = sqlite_world
    assert refile(world.desk, shell(world), quiet) == 0
    assert "matching.refiled" not in world.actions()


def test_readyz_says_that_people_are_being_filed(sqlite_world: World) -> None:
    world = sqlite_world
    client = world.app.test_client()
    assert client.get("/readyz").get_json() == READY | {"filing_anew": 0}
    upgrade(world)
    assert client.get("/readyz").get_json() == READY | {"filing_anew": 1}
