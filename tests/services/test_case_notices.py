"""What is told of cases: each move that changes how one stands; to intake, a change of advice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.notices import NoticeKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.standings import Standing
from policy_service.services.case_notices import Stood, tell_moves
from policy_service.worker import Worker
from tests.cast import World
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import Post, endpoint_at, open_loopback

OPENED, CHANGED = NoticeKind.CASE_OPENED.value, NoticeKind.STANDING_CHANGED.value


@pytest.fixture
def full_host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def brief_host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def posts(sqlite_world: World, full_host: Host, brief_host: Host) -> tuple[Post, Post]:
    open_loopback(sqlite_world)
    full = endpoint_at(sqlite_world, full_host, "full")
    return full, endpoint_at(sqlite_world, brief_host, "brief")


def _told(posts: tuple[Post, Post]) -> tuple[list[str], int]:
    """What the full endpoint was told of cases, and how often the brief one was told."""
    Worker(posts[0].world.desk).run_due()
    kinds = [event["type"] for event in posts[0].events()]
    events = posts[1].events()
    assert {event["type"] for event in events} <= {CHANGED}
    return [kind for kind in kinds if kind in (OPENED, CHANGED)], len(events)


def _case(world: World) -> CaseRow:
    with world.reading() as context:
        return context.session.scalars(select(CaseRow)).one()


def _set(world: World, outcome: Outcome, standing: Standing) -> None:
    """The case comes to stand so, and who listens is told."""
    with world.writing() as context:
        case = context.session.scalars(select(CaseRow)).one()
        before = Stood.of(case)
        case.outcome, case.standing = outcome.value, standing.value
        context.session.flush()
        tell_moves(context, [(case, before)])


def test_a_case_that_opens_is_told_to_both(posts: tuple[Post, Post]) -> None:
    posts[0].world.check("alma", "tomas")
    assert _told(posts) == ([OPENED], 1)


def test_a_move_that_leaves_the_standing_as_it_was_is_told_to_nobody(
    posts: tuple[Post, Post],
) -> None:
    world = posts[0].world
    world.check("alma", "tomas")
    case = _case(world)
    _set(world, Outcome(case.outcome), Standing(case.standing))
    assert _told(posts) == ([OPENED], 1)


def test_a_change_that_leaves_the_advice_as_it_was_is_no_news_for_intake(
    posts: tuple[Post, Post],
) -> None:
    world = posts[0].world
    world.check("alma", "tomas")
    _set(world, Outcome.PROHIBIT, Standing.IN_REVIEW)
    before = _told(posts)[1]
    _set(world, Outcome.PROHIBIT, Standing.DECLINED)  # "choose another clinician" either way
    assert _told(posts)[1] == before
    _set(world, Outcome.PROHIBIT, Standing.OVERRIDDEN)
    assert _told(posts)[1] == before + 1  # control: "proceed" is news


def test_a_second_case_behind_the_same_advice_is_no_news_for_intake(
    posts: tuple[Post, Post],
) -> None:
    world = posts[0].world
    world.check("alma", "tomas")
    before = _told(posts)
    with world.writing() as context:
        first = context.session.scalars(select(CaseRow)).one()
        columns = {one.name: getattr(first, one.name) for one in CaseRow.__table__.columns}
        other = CaseRow(**columns | {"id": context.new_id(), "kind": "friend"})
        context.session.add(other)
        context.session.flush()
        tell_moves(context, [(other, None)])
    assert _told(posts) == ([*before[0], OPENED], before[1])


def test_an_acceptance_that_runs_out_is_told(posts: tuple[Post, Post]) -> None:
    world = posts[0].world
    world.check("alma", "tomas")
    with world.writing() as context:
        case = context.session.scalars(select(CaseRow)).one()
        case.state, case.standing = "closed", Standing.ACCEPTED_WITH_CONDITIONS.value
        case.valid_until = (context.today + timedelta(days=10)).isoformat()
    before = _told(posts)
    world.clock.advance(days=11)
    after = _told(posts)
    assert after[0] == [*before[0], CHANGED]
    assert after[1] == before[1] + 1
