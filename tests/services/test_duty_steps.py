"""Nothing expires in silence: each step is taken once, on its day or with its day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from policy_service import worker as module
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.people import PersonKeyRow, PersonRow
from policy_service.domain.audiences import Audience
from policy_service.jobs.queue import Work
from policy_service.services import duty_steps
from policy_service.services.desk import Desk
from policy_service.services.duty_files import DutyFilter, Viewer, list_duties
from policy_service.services.duty_steps import DUTY_STEPS, queue_due_duties, take_due_steps
from policy_service.services.parties import client_row
from policy_service.worker import run_due
from tests.cast import World
from tests.services.duty_office import duties, history, practise_in, report, the_duty

MONTH = [
    ("raised", "2026-03-02"),
    ("reminded", "2026-03-09"),
    ("reminded", "2026-03-15"),
    ("overdue", "2026-03-17"),
    ("escalated", "2026-03-30"),
]
"""The life of a duty to attest, raised on 2 March and due on the 16th, that nobody does."""


def lived(world: World, kind: str = "attest") -> list[tuple[str, str]]:
    return [(move.kind.value, move.fell_on) for move in history(world, the_duty(world, kind))]


def unattested(world: World) -> None:
    world.check("alma", "nora")


def test_day_by_day_each_step_is_taken_once_on_its_day(world: World) -> None:
    unattested(world)
    for _ in range(31):
        run_due(world.desk)
        run_due(world.desk)
        world.clock.advance(days=1)
    assert lived(world) == MONTH
    assert all(
        m.at.date().isoformat() == m.fell_on for m in history(world, the_duty(world, "attest"))
    )


def test_after_a_month_of_downtime_every_step_is_there_once_with_honest_dates(
    world: World,
) -> None:
    unattested(world)
    world.clock.advance(days=31)
    run_due(world.desk)
    run_due(world.desk)
    assert lived(world) == MONTH
    moves = history(world, the_duty(world, "attest"))
    assert {move.at.date() for move in moves[1:]} == {date(2026, 4, 2)}
    assert the_duty(world, "attest").state == "escalated"
    steps = [action for action in world.actions() if action.startswith("duty.")]
    assert sorted(steps) == sorted(f"duty.{kind}" for kind, _ in MONTH)


def test_an_escalated_duty_stays_in_the_list_for_ever(sqlite_world: World) -> None:
    unattested(sqlite_world)
    sqlite_world.clock.advance(days=5 * 365)
    run_due(sqlite_world.desk)
    wanted = DutyFilter(clinician_id=sqlite_world.ids["alma"])
    with sqlite_world.reading() as context:
        found = list_duties(context, Viewer(Audience.OFFICER, ""), wanted)
    assert [row.state for row in found.rows] == ["escalated"]


def test_a_duty_due_now_is_overdue_tomorrow_and_escalated_soon(world: World) -> None:
    practise_in(world, "US-CA")
    report(world, "US-CA")
    world.clock.advance(days=1)
    run_due(world.desk)
    assert the_duty(world, "hand_over_brochure").state == "overdue"
    world.clock.advance(days=2)
    run_due(world.desk)
    assert lived(world, "hand_over_brochure") == [
        ("raised", "2026-03-02"),
        ("overdue", "2026-03-03"),
        ("escalated", "2026-03-05"),
    ]


def test_who_was_told_is_written_down(sqlite_world: World) -> None:
    unattested(sqlite_world)
    sqlite_world.clock.advance(days=31)
    run_due(sqlite_world.desk)
    told = [
        move.words["told"] for move in history(sqlite_world, the_duty(sqlite_world, "attest"))[-2:]
    ]
    assert told == [["clinician", "compliance"], ["approver", "admin"]]


def test_a_duty_is_queued_once_a_day_whatever_became_of_its_work(sqlite_world: World) -> None:
    world = sqlite_world
    unattested(world)
    world.clock.advance(days=10)
    assert queue_due_duties(world.desk, world.practice_id) == 1
    assert queue_due_duties(world.desk, world.practice_id) == 0
    world.clock.advance(days=1)
    assert queue_due_duties(world.desk, world.practice_id) == 1
    with world.reading() as context:
        rows = select(WorkRow).where(WorkRow.kind == DUTY_STEPS)
        assert len(list(context.session.scalars(rows))) == 1  # twins merge


def test_work_done_twice_takes_no_step_twice(world: World) -> None:
    unattested(world)
    world.clock.advance(days=31)
    work = Work("w", DUTY_STEPS, {"duty": the_duty(world, "attest").id}, 1)
    assert take_due_steps(world.desk, world.practice_id, work) is True
    assert take_due_steps(world.desk, world.practice_id, work) is False
    assert lived(world) == MONTH


def test_a_walk_that_forgot_what_it_took_would_be_noticed(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the record of steps taken, a second run repeats them."""
    world = sqlite_world
    unattested(world)
    world.clock.advance(days=31)
    from policy_service.services.duty_moves import _steps

    monkeypatch.setattr(duty_steps, "steps_left", lambda _context, duty: list(_steps(duty)))
    work = Work("w", DUTY_STEPS, {"duty": the_duty(world, "attest").id}, 1)
    take_due_steps(world.desk, world.practice_id, work)
    take_due_steps(world.desk, world.practice_id, work)
    assert lived(world) != MONTH


def test_one_duty_that_fails_does_not_stop_the_others(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    practise_in(world, "US-CA")
    report(world, "US-CA")
    unattested(world)
    world.clock.advance(days=31)
    attest = the_duty(world, "attest").id

    def fails_for_attest(desk: Desk, practice_id: str, work: Work) -> bool:
        if work.body["duty"] == attest:
            raise ValueError("this one cannot be moved today")
        return take_due_steps(desk, practice_id, work)

    monkeypatch.setitem(module.STEPS, DUTY_STEPS, fails_for_attest)
    run_due(world.desk)
    assert the_duty(world, "hand_over_brochure").state == "escalated"
    assert the_duty(world, "attest").state == "open"
    monkeypatch.undo()
    world.clock.advance(days=1)
    run_due(world.desk)
    assert lived(world) == MONTH


def test_a_closed_duty_is_left_alone(world: World) -> None:
    unattested(world)
    with world.writing() as context:
        changed = update(DutyRow).values(closed_at=datetime(2026, 3, 3, tzinfo=UTC), state="done")
        context.session.execute(changed.where(DutyRow.practice_id == world.practice_id))
    world.clock.advance(days=31)
    assert queue_due_duties(world.desk, world.practice_id) == 0
    work = Work("w", DUTY_STEPS, {"duty": the_duty(world, "attest").id}, 1)
    assert take_due_steps(world.desk, world.practice_id, work) is False


def test_a_duty_outlives_the_erasure_of_its_client_without_a_word_of_them(world: World) -> None:
    practise_in(world, "US-CA")
    report(world, "US-CA")
    with world.writing() as context:
        person = client_row(context, world.ids["nora"]).person_id
        row = context.session.get_one(PersonRow, (world.practice_id, person))
        row.erased_at = context.now
        key = context.session.get_one(PersonKeyRow, (world.practice_id, person))
        key.wrapped = None
    world.clock.advance(days=31)
    run_due(world.desk)
    duty = the_duty(world, "hand_over_brochure")
    assert duty.state == "escalated"
    moves = history(world, duty)
    assert [move.kind for move in moves] == ["raised", "overdue", "escalated"]
    assert moves[0].words == {}
    assert moves[1].words == {"told": ["clinician", "compliance"]}


def test_every_open_duty_has_a_next_step_until_it_is_escalated(world: World) -> None:
    unattested(world)
    practise_in(world, "US-CA")
    report(world, "US-CA")
    for _ in range(5):
        for duty in duties(world):
            is_last = duty.state == "escalated"
            assert (duty.next_step_on is None) == is_last
        world.clock.advance(days=8)
        run_due(world.desk)
