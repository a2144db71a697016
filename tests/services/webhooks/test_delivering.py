"""Webhooks out: told with their cause, sent, tried again, given up, held, resumed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.webhooks import NoticeAttemptRow, NoticeRow
from policy_service.domain.notices import MOST_ATTEMPTS
from policy_service.domain.webhook_signatures import SignatureRefused, Signed, verify
from policy_service.errors import StateConflict
from policy_service.services.cases import standing_today
from policy_service.services.outbound import Outbound
from policy_service.services.webhooks.delivery_lists import (
    deliveries,
    delivery,
    ping,
    replay,
    replay_dead,
    resume,
)
from policy_service.services.webhooks.endpoints import (
    EndpointForm,
    change_endpoint,
    pause_by_hand,
    remove_endpoint,
    rotate_secret,
)
from policy_service.services.webhooks.keeping import drop_old
from tests.cast import World
from tests.services.loopback import Host, rude_server, web_server
from tests.services.webhooks.post import Post, ada, endpoint_at, open_a_case, open_loopback


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def post(sqlite_world: World, host: Host) -> Post:
    return endpoint_at(open_loopback(sqlite_world), host)


def _let_pass(post: Post, days: int) -> None:
    """Time passes, the worker looks in every six hours."""
    for _ in range(days * 4):
        post.world.clock.advance(hours=6)
        post.run()


def _let_all_attempts_pass(post: Post) -> None:
    """The longest that ten attempts take where the worker looks in every three hours: 51 hours.

    Less than three days, so that the endpoint is never paused meanwhile, whatever `_chance` says.
    """
    for _ in range(51 // 3):
        post.world.clock.advance(hours=3)
        post.run()


def test_a_case_that_opens_is_told_signed_and_without_any_content(world: World) -> None:
    with web_server() as serving:
        post = endpoint_at(open_loopback(world), serving)
        world.check("alma", "tomas")
        assert serving.received == []  # nothing leaves before the transaction has committed
        post.run()
        [event] = post.events()
    assert event.keys() == {"type", "timestamp", "data"}
    assert event["type"] == "case.opened"
    [came] = serving.received
    known = [*world.ids.values(), world.practice_id, "Reyes", "Tomas", "Alma", "relative"]
    assert all(word.encode() not in came.body for word in known)
    assert re.fullmatch(
        rb'\{"type":"case.opened","timestamp":"[^"]{20,27}","data":\{"id":"[0-9a-f-]{36}"\}\}',
        came.body,
    )
    assert post.states() == [("delivered", 1)]


def test_nothing_is_written_where_nobody_listens(sqlite_world: World) -> None:
    sqlite_world.check("alma", "tomas")
    with sqlite_world.reading() as context:
        assert context.session.execute(select(func.count()).select_from(NoticeRow)).scalar() == 0


def test_a_check_that_joins_its_case_tells_nothing_new(post: Post) -> None:
    post.world.check("alma", "tomas")
    post.world.check("alma", "tomas")
    post.run()
    assert [event["type"] for event in post.events()] == ["case.opened"]


def test_a_brief_endpoint_is_told_of_a_changed_standing_in_the_same_bytes_whatever_it_was(
    sqlite_world: World, host: Host
) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host, "brief")
    sqlite_world.check("alma", "tomas")
    post.run()
    [event] = post.events()
    assert event["type"] == "standing.changed"
    with sqlite_world.reading() as context:
        cases = context.session.scalars(select(CaseRow)).all()
        assert {standing_today(context, case).value for case in cases} == {"in_review"}


def test_an_endpoint_hears_only_of_what_it_chose(sqlite_world: World, host: Host) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host, "full", "duty.due")
    sqlite_world.check("alma", "tomas")
    post.run()
    assert post.events() == []


def test_a_duty_that_falls_due_is_told(sqlite_world: World, host: Host) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host, "full", "duty.due")
    sqlite_world.check("alma", "nora")
    post.run()
    assert post.events() == []
    sqlite_world.clock.advance(days=60)
    post.run()
    assert {event["type"] for event in post.events()} == {"duty.due"}


def test_a_failure_is_tried_again_later_each_time_with_the_same_id(post: Post, host: Host) -> None:
    host.status = 500
    post.world.check("alma", "tomas")
    post.run()
    assert post.states() == [("waiting", 1)]
    post.run()
    assert len(host.received) == 1  # not yet due
    post.world.clock.advance(seconds=31)
    post.run()
    [first, second] = host.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    host.status = 204
    post.world.clock.advance(minutes=2)
    post.run()
    assert post.states() == [("delivered", 3)]
    assert post.row().failing_since is None


def test_retry_after_is_honoured(post: Post, host: Host) -> None:
    host.status, host.headers = 429, {"Retry-After": "7200"}
    post.world.check("alma", "tomas")
    post.run()
    assert post.deliveries()[0].due_at == post.world.clock() + timedelta(hours=2)


def test_what_is_refused_again_and_again_is_given_up_and_can_be_replayed(
    post: Post, host: Host
) -> None:
    host.status = 400
    post.world.check("alma", "tomas")
    post.run()
    _let_all_attempts_pass(post)
    assert post.states() == [("dead", MOST_ATTEMPTS)]
    host.status = 200
    with post.writing() as context:
        replay(context, post.deliveries()[0].id)
    post.run()
    assert post.states() == [("delivered", 1)]
    assert post.world.actions().count("webhook.replayed") == 1
    with post.world.reading(ada(post.world)) as context:
        _, attempts = delivery(context, post.deliveries()[0].id)
    assert [one.number for one in attempts] == list(range(1, MOST_ATTEMPTS + 2))
    assert {one.status for one in attempts} == {400, 200}


def test_everything_given_up_is_replayed_at_once(post: Post, host: Host) -> None:
    host.status = 422
    post.world.check("alma", "tomas")
    open_a_case(post.world)
    post.run()
    _let_all_attempts_pass(post)
    host.status = 200
    with post.writing() as context:
        assert replay_dead(context, post.id) == 2
    post.run()
    assert {state for state, _ in post.states()} == {"delivered"}


def test_while_an_endpoint_is_away_one_delivery_asks_for_all(post: Post, host: Host) -> None:
    host.status = 503
    post.world.check("alma", "tomas")
    post.run()
    open_a_case(post.world)
    post.run()
    assert len(host.received) == 1
    assert sorted(post.states()) == [("waiting", 0), ("waiting", 1)]
    host.status = 200
    post.world.clock.advance(minutes=1)
    post.run()
    assert [state for state, _ in post.states()] == ["delivered"] * 2


def test_an_endpoint_that_takes_nothing_for_three_days_is_paused_and_nothing_is_lost(
    post: Post, host: Host
) -> None:
    host.status = 500
    post.world.check("alma", "tomas")
    post.run()
    _let_pass(post, 2)
    assert post.row().paused_at is None
    open_a_case(post.world)
    _let_pass(post, 2)
    assert post.row().paused_why == "failing"
    assert post.world.actions().count("webhook.endpoint_paused") == 1
    tried = len(host.received)
    _let_pass(post, 1)
    assert len(host.received) == tried
    host.status = 200
    with post.writing() as context:
        resumed = resume(context, post.id)
    post.run()
    assert post.row().paused_at is None
    states = [state for state, _ in post.states()]
    assert states.count("delivered") == resumed >= 1
    assert states.count("dead") == 2 - resumed


def test_an_endpoint_that_is_gone_is_paused_at_once(post: Post, host: Host) -> None:
    host.status = 410
    post.world.check("alma", "tomas")
    post.run()
    assert post.row().paused_why == "gone"
    assert post.states() == [("held", 1)]


def test_what_happens_while_it_is_paused_by_hand_is_held_and_sent_on_resuming(
    post: Post, host: Host
) -> None:
    with post.writing() as context:
        pause_by_hand(context, post.id)
    post.world.check("alma", "tomas")
    post.run()
    assert (host.received, post.states()) == ([], [("held", 0)])
    with post.writing() as context, pytest.raises(StateConflict):
        replay(context, post.deliveries()[0].id)
    with post.writing() as context:
        assert resume(context, post.id) == 1
    post.run()
    assert len(post.events()) == 1


def test_a_ping_is_sent_once_also_to_a_paused_endpoint_and_counts_for_nothing(
    post: Post, host: Host
) -> None:
    with post.writing() as context:
        pause_by_hand(context, post.id)
    with post.writing() as context:
        ping(context, post.id)
    post.run()
    [event] = post.events()
    assert event["type"] == "ping"
    host.status = 500
    with post.writing() as context:
        ping(context, post.id)
    post.run()
    assert sorted(post.states()) == [("dead", 1), ("delivered", 1)]
    assert post.row().failing_since is None


def test_while_secrets_overlap_both_sign_and_then_the_new_one_alone(post: Post, host: Host) -> None:
    old = post.secret
    with post.writing() as context:
        new = rotate_secret(context, post.id)

    def signs(secret: str) -> bool:
        came = host.received[-1]
        signed = Signed(came.headers["webhook-id"], came.headers["webhook-timestamp"], came.body)
        try:
            verify([secret], signed, came.headers["webhook-signature"], float(signed.timestamp))
        except SignatureRefused:
            return False
        return True

    with post.writing() as context:
        ping(context, post.id)
    post.run()
    assert (signs(old), signs(new)) == (True, True)
    post.world.clock.advance(hours=25)
    with post.writing() as context:
        ping(context, post.id)
    post.run()
    assert (signs(old), signs(new)) == (False, True)


def test_a_removed_endpoint_is_told_nothing_more_and_its_secrets_are_gone(
    post: Post, host: Host
) -> None:
    post.world.check("alma", "tomas")
    with post.writing() as context:
        remove_endpoint(context, post.id)
    post.run()
    open_a_case(post.world)
    post.run()
    assert post.states() == [("dead", 0)]
    assert (host.received, post.row().sealed) == ([], b"")


def test_an_address_inside_the_network_is_never_sent_to(sqlite_world: World, host: Host) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host)
    sqlite_world.desk.outbound = Outbound()  # the operator has closed loopback again
    sqlite_world.check("alma", "tomas")
    post.run()
    assert host.received == []
    assert post.deliveries()[0].said == "AddressRefused"


def test_an_endpoint_that_says_nothing_is_an_attempt_and_its_words_are_never_kept(
    sqlite_world: World,
) -> None:
    with rude_server(b"private words of a machine inside\r\n\r\n") as port:
        post = endpoint_at(open_loopback(sqlite_world), Host(port))
        sqlite_world.check("alma", "tomas")
        post.run()
    with sqlite_world.reading() as context:
        [attempt] = context.session.scalars(select(NoticeAttemptRow)).all()
    assert (attempt.status, attempt.said) == (None, "NotReached")


def test_old_deliveries_go_and_what_is_held_stays(post: Post, host: Host) -> None:
    post.world.check("alma", "tomas")
    post.run()
    with post.writing() as context:
        pause_by_hand(context, post.id)
    open_a_case(post.world)
    post.run()
    assert sorted(post.states()) == [("delivered", 1), ("held", 0)]
    post.world.clock.advance(days=29)
    assert drop_old(post.world.desk, post.world.practice_id) == 0
    post.world.clock.advance(days=2)
    assert drop_old(post.world.desk, post.world.practice_id) == 3  # attempt, delivery, notice
    assert post.states() == [("held", 0)]


def test_the_list_is_read_in_pages_of_one_order(post: Post) -> None:
    with post.writing() as context:
        for _ in range(60):
            ping(context, post.id)
    with post.world.reading(ada(post.world)) as context:
        first, follow = deliveries(context, post.id)
        second, end = deliveries(context, post.id, follow)
    assert (len(first), len(second), end) == (50, 10, None)
    assert len({one.id for one in (*first, *second)}) == 60


def test_an_endpoint_that_may_learn_less_now_is_not_sent_what_was_queued_before(
    sqlite_world: World, host: Host
) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host, "full", "duty.due")
    sqlite_world.check("alma", "nora")
    sqlite_world.clock.advance(days=60)
    with post.writing() as context:
        pause_by_hand(context, post.id)
    post.run()
    assert "held" in {state for state, _ in post.states()}
    with post.writing() as context:
        form = EndpointForm("Front desk", host.url("/hook"), "brief")
        version = post.row().version
        change_endpoint(context, sqlite_world.desk.outbound, post.id, version, form)
        resume(context, post.id)
    post.run()
    assert host.received == []
    assert {state for state, _ in post.states()} == {"dead"}
