"""Reviews cover the log without holes or leave one; verifications say how far they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from policy_service.domain.principals import Role
from policy_service.domain.releases import Recipient, RecipientKind, Release
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.jobs import queue
from policy_service.services import oversight
from policy_service.services.oversight import (
    ask_for_check,
    first_unreviewed,
    mark_reviewed,
    newest_reviews,
    read_check,
    reviewed_until,
)
from policy_service.services.releases import record_release
from policy_service.worker import run_due
from tests.audit.logs import seal
from tests.cast import World

_RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 10)).map(lambda r: (r[0], r[0] + r[1]))
)


@given(_RANGES)
def test_reviewed_until_is_the_first_place_that_no_range_covers(
    ranges: list[tuple[int, int]],
) -> None:
    covered = {place for first, last in ranges for place in range(first, last + 1)}
    expected = next(place for place in range(100) if place not in covered)
    assert first_unreviewed(ranges) == expected


def test_a_review_with_a_hole_before_it_does_not_reach_up(world: World) -> None:
    seal(world)
    with world.writing() as context:
        mark_reviewed(context, 0, 2)
        mark_reviewed(context, 4, 6, "After a hole.")
        assert reviewed_until(context) == 3
        mark_reviewed(context, 3, 3)
        assert reviewed_until(context) == 7
        assert {one.note for one in newest_reviews(context)} == {"", "After a hole."}


def test_only_readers_review_and_only_what_has_a_place(sqlite_world: World) -> None:
    for role in (Role.ADMIN, Role.CLINICIAN, Role.CONSULTANT, Role.OPERATOR):
        who = sqlite_world.account(role, name=role.value)
        with pytest.raises(NotAllowed), sqlite_world.writing(who) as context:
            mark_reviewed(context, 0, 1)
    for first, last in ((-1, 2), (2, 1), (0, 10_000)):
        with pytest.raises(InvalidRequest), sqlite_world.writing() as context:
            mark_reviewed(context, first, last)


def test_a_verification_says_how_far_it_is_while_it_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oversight, "PROGRESS_EVERY", 3)
    seal(world)
    told: list[int] = []
    update = oversight._update

    def watched(context: object, check_id: str, **values: int) -> None:
        told.extend([values["checked"]] if "checked" in values else [])
        update(context, check_id, **values)

    monkeypatch.setattr(oversight, "_update", watched)
    with world.writing() as context:
        asked = ask_for_check(context)
    run_due(world.desk)
    with world.reading() as context:
        check = read_check(context, asked)
    assert check.exit_code == 0
    assert told[:3] == [3, 6, 9]
    assert check.said.startswith("ok: ")


def test_a_verification_waits_for_nothing_that_was_queued_before_it(sqlite_world: World) -> None:
    practice = sqlite_world.practice_id
    with sqlite_world.writing() as context:
        queue.enqueue(context.session, practice, "touched", [{"record": "x"}], context.now)
        ask_for_check(context)
        [first] = queue.lease(context.session, practice, context.now)
        assert first.kind == oversight.CHECK_LOG


def test_work_done_twice_is_one_verification(sqlite_world: World) -> None:
    with sqlite_world.writing() as context:
        ask_for_check(context)
    run_due(sqlite_world.desk)
    run_due(sqlite_world.desk)
    assert sqlite_world.actions().count("audit.verified") == 1


@pytest.mark.parametrize("table", ["release_record", "release_subject", "reviewed_range"])
@pytest.mark.parametrize("change", ["UPDATE {} SET practice_id = 'x'", "DELETE FROM {}"])
def test_what_was_released_or_reviewed_is_never_changed(
    world: World, table: str, change: str
) -> None:
    seal(world)
    with world.writing() as context:
        mark_reviewed(context, 0, 1)
        court = Recipient(RecipientKind.COURT, "County court")
        record_release(
            context, Release(court, "Entries", "An order", frozenset({world.ids["nora"]}))
        )
    with (
        pytest.raises(DBAPIError, match="insert-only"),
        world.desk.database.engine.begin() as connection,
    ):
        connection.execute(text(change.format(table)))
