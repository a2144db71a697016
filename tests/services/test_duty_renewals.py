"""An attestation that runs out is asked for again before its last day, once."""

from __future__ import annotations

from policy_service.domain.attestations import AttestationKind
from policy_service.domain.principals import ActingUser
from policy_service.services.attestations import attest
from policy_service.services.clinicians import deactivate_clinician
from policy_service.services.duty_proofs import say_not_applicable
from policy_service.services.duty_renewals import raise_renewals
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, World
from tests.services.duty_office import duties, history, the_duty

LAST_DAY = "2027-03-01"
"""Ben attested everything on 2 March 2026."""


def renew(world: World) -> int:
    return raise_renewals(world.desk, world.practice_id)


def test_until_thirty_days_before_nothing_is_asked(world: World) -> None:
    world.clock.advance(days=333)
    assert renew(world) == 0
    world.clock.advance(days=1)
    assert renew(world) == 1
    assert the_duty(world, "attest").due_on == LAST_DAY


def test_it_is_asked_once_and_then_reminded_of(world: World) -> None:
    for _ in range(40):
        run_due(world.desk)
        world.clock.advance(days=10)
    [duty] = [one for one in duties(world, "attest") if one.clinician_id == world.ids["ben"]]
    moves = history(world, duty)
    assert [move.kind for move in moves] == [
        "raised",
        "reminded",
        "reminded",
        "overdue",
        "escalated",
    ]


def test_who_attests_anew_is_asked_no_more(world: World) -> None:
    world.clock.advance(days=340)
    renew(world)
    with world.writing() as context:
        attest(context, world.ids["ben"], ALL_KINDS, context.today)
    assert the_duty(world, "attest").state == "done"
    assert renew(world) == 0


def test_a_kind_that_was_left_out_is_asked_for_again(world: World) -> None:
    world.clock.advance(days=340)
    renew(world)
    with world.writing() as context:
        attest(context, world.ids["ben"], ALL_KINDS - {AttestationKind.WORK}, context.today)
    assert renew(world) == 1
    assert [duty.due_on for duty in duties(world, "attest")] == [LAST_DAY, LAST_DAY]


def test_what_ran_out_while_the_worker_was_down_is_due_now(world: World) -> None:
    world.clock.advance(days=400)
    assert renew(world) == 1
    assert the_duty(world, "attest").due_on == world.clock().date().isoformat()


def test_what_does_not_apply_is_not_asked_for_day_after_day(world: World) -> None:
    world.clock.advance(days=340)
    renew(world)
    with world.writing() as context:
        duty = the_duty(world, "attest").id
        say_not_applicable(context, ActingUser(), duty, "He retires in February.")
    assert renew(world) == 0


def test_a_clinician_who_left_is_not_asked(world: World) -> None:
    with world.writing() as context:
        deactivate_clinician(context, world.ids["ben"], "Retired.")
    world.clock.advance(days=340)
    assert renew(world) == 0
