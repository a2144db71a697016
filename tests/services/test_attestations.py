"""Attestations close the world for their kinds, and the duty to attest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from policy_service.database.tables.duties import DutyRow
from policy_service.domain.attestations import AttestationKind
from policy_service.errors import InvalidRequest, NotFound
from policy_service.services.attestations import attest, attestations_of, withdraw_attestation
from tests.cast import ALL_KINDS, World


def open_duties(world: World) -> int:
    with world.reading() as context:
        rows = context.session.scalars(select(DutyRow).where(DutyRow.closed_at.is_(None)))
        return len(rows.all())


def make(world: World, name: str, kinds: frozenset[AttestationKind] = ALL_KINDS) -> str:
    with world.writing() as context:
        return attest(context, world.ids[name], kinds, context.today)


def test_attested_and_no_tie_is_complete(world: World) -> None:
    answer = world.check("ben", "nora")
    assert (answer["outcome"], answer["complete"]) == ("no_finding", True)


def test_never_attested_is_advice_one_duty_and_no_case(world: World) -> None:
    for _ in range(2):
        answer = world.check("alma", "nora")
    assert (answer["outcome"], answer["complete"]) == ("advise", False)
    assert open_duties(world) == 1


def test_attesting_closes_the_duty(world: World) -> None:
    world.check("alma", "nora")
    make(world, "alma")
    assert open_duties(world) == 0
    assert world.check("alma", "nora")["complete"] is True


def test_an_attestation_covers_its_kinds_alone(world: World) -> None:
    make(world, "alma", frozenset({AttestationKind.RELATIVES}))
    answer = world.check("alma", "nora")
    assert answer["complete"] is False
    assert any(ask["why"] == "not_attested" for ask in answer["ask"])


def test_it_runs_out_after_a_year_less_a_day(world: World) -> None:
    made = make(world, "alma")
    with world.reading() as context:
        [row] = attestations_of(context, world.ids["alma"])
    assert (row.id, row.as_of, row.valid_until) == (made, "2026-03-02", "2027-03-01")
    world.clock.advance(days=364)
    assert world.check("alma", "nora")["complete"] is True
    world.clock.advance(days=1)
    assert world.check("alma", "nora")["complete"] is False


def test_a_withdrawn_attestation_opens_the_world_again(world: World) -> None:
    made = make(world, "alma")
    with world.writing() as context:
        withdraw_attestation(context, made, "I had forgotten somebody")
    assert world.check("alma", "nora")["complete"] is False
    assert world.actions().count("attestation.withdrawn") == 1


def test_nobody_attests_the_future_or_nothing(world: World) -> None:
    tomorrow = world.clock().date() + timedelta(days=1)
    for kinds, day, pointer in (
        (ALL_KINDS, tomorrow, "/as_of"),
        (frozenset[AttestationKind](), date(2026, 1, 1), "/kinds"),
    ):
        with pytest.raises(InvalidRequest) as refused, world.writing() as context:
            attest(context, world.ids["alma"], kinds, day)
        assert refused.value.errors[0].pointer == pointer


def test_dana_withdraws_no_attestation_of_ours(postgresql_world: World) -> None:
    made = make(postgresql_world, "alma")
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        withdraw_attestation(context, made, "not hers")
