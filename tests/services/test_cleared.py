"""The last day of a bar is told when it comes, once, if it still is that day."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.webhooks import ClearanceWatchRow
from policy_service.services.clearances import clearance_days
from policy_service.services.parties import client_row
from tests.care import clinician, end_care, former_client
from tests.care import tell as disclose_tie
from tests.cast import World, person
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import Post, endpoint_at, open_loopback

VERA = person("Vera", "Stone", "1981-03-04", sex="female", phones=("+1 512 555 0160",))


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def post(sqlite_world: World, host: Host) -> Post:
    return endpoint_at(open_loopback(sqlite_world), host, "full", "clearance.reached")


def _barred(world: World) -> None:
    """A former client, and now a partner of the clinician: barred for years."""
    world.ids["quinn"] = clinician(world, "ACA")
    world.ids["vera"] = former_client(world, world.ids["quinn"], "2024-06-01", VERA)
    disclose_tie(world, world.ids["quinn"], "DOMPART", VERA)


def _watched(world: World) -> list[str]:
    with world.reading() as context:
        rows = select(ClearanceWatchRow.on_day).order_by(ClearanceWatchRow.on_day)
        return list(context.session.scalars(rows))


def _advance_to(world: World, day: str) -> None:
    year, month, date = map(int, day.split("-"))
    world.clock.now = world.clock.now.replace(year=year, month=month, day=date)


def test_days_are_read_from_findings_and_never_is_none() -> None:
    findings = [
        {"clock": None},
        {"clock": {"clears_on": None}},
        {"clock": {"clears_on": "never"}},
        {"clock": {"clears_on": "2029-06-01"}},
    ]
    assert clearance_days({"findings": findings}) == {"2029-06-01"}


def test_a_bar_that_ends_is_told_on_its_last_day_and_once(post: Post) -> None:
    world = post.world
    _barred(world)
    world.check("quinn", "vera")
    world.check("quinn", "vera")
    days = _watched(world)
    assert days, "no bar with an end: the scene is of no use"
    post.run()
    assert post.events() == []
    _advance_to(world, days[0])
    post.run()
    assert [event["type"] for event in post.events()] == ["clearance.reached"]
    post.run()
    assert len(post.events()) == 1
    assert days[0] not in _watched(world)


def test_a_bar_whose_end_has_moved_is_not_told_on_the_old_day(post: Post) -> None:
    world = post.world
    _barred(world)
    world.check("quinn", "vera")
    old = _watched(world)[0]
    end_care(world, world.ids["quinn"], "2025-12-01", world.ids["vera"])
    world.clock.advance(minutes=1)  # of two decisions of one moment neither is the newer
    world.check("quinn", "vera")
    assert len(set(_watched(world))) > 1
    _advance_to(world, old)
    post.run()
    assert post.events() == []


def test_nothing_is_told_of_a_client_whose_key_is_destroyed(post: Post) -> None:
    world = post.world
    _barred(world)
    world.check("quinn", "vera")
    day = _watched(world)[0]
    _advance_to(world, day)
    with world.writing() as context:
        person_id = client_row(context, world.ids["vera"]).person_id
        key = context.session.get_one(PersonKeyRow, (world.practice_id, person_id))
        key.wrapped = None
    post.run()
    assert post.events() == []
