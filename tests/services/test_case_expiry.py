"""Decisions with a last day: the day after, the question is open again."""

from __future__ import annotations

from datetime import date

from policy_service.domain.principals import Role
from policy_service.domain.reviews import Disposition, DispositionKind
from policy_service.services.case_expiry import reopen_due
from policy_service.services.case_moves import moves_of
from policy_service.services.case_steps import CaseRef
from policy_service.services.deliberations import deliberate
from policy_service.services.dispositions import dispose
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import answers, case_row, friend_case

UNTIL = date(2026, 5, 31)
ACCEPTED = Disposition(
    DispositionKind.ACCEPT_WITH_CONDITIONS, "Nobody else is near.", ("Supervision",), UNTIL
)


def _accepted(world: World) -> str:
    case = friend_case(world)
    with world.writing() as context:
        deliberate(context, CaseRef(case, case_row(world, case).version), answers())
    with world.writing() as context:
        dispose(context, CaseRef(case, case_row(world, case).version), ACCEPTED)
    return case


def test_an_acceptance_holds_through_its_last_day(world: World) -> None:
    case = _accepted(world)
    world.clock.advance(days=(UNTIL - world.clock().date()).days)
    assert reopen_due(world.desk, world.practice_id) == 0
    assert case_row(world, case).standing == "accepted_with_conditions"


def test_the_day_after_the_worker_opens_the_question_again(world: World) -> None:
    case = _accepted(world)
    world.clock.advance(days=(UNTIL - world.clock().date()).days + 1)
    assert run_due(world.desk) >= 1
    row = case_row(world, case)
    assert (row.state, row.standing, row.valid_until) == ("open", "in_review", None)
    with world.reading() as context:
        last = moves_of(context, row)[-1]
    assert last.words["changed"] == ["the decision was valid until 2026-05-31"]
    assert reopen_due(world.desk, world.practice_id) == 0


def test_after_reopening_the_old_deliberation_does_not_count(sqlite_world: World) -> None:
    world = sqlite_world
    case = _accepted(world)
    world.clock.advance(days=100)
    reopen_due(world.desk, world.practice_id)
    from policy_service.services.case_steps import view_of

    with world.reading(world.account(Role.COMPLIANCE, name="Cleo")) as context:
        assert not view_of(context, case_row(world, case)).deliberation_complete
