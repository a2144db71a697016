"""Asking for an erasure and carrying it out: two people, what blocks, what is logged."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from policy_service.database.tables.audit import EntryRow, OpeningRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.erasures import Block, BlockKind, ErasureState
from policy_service.domain.principals import Principal, Role
from policy_service.errors import Erased, NotAllowed, StateConflict
from policy_service.services.audit_entries import open_entry
from policy_service.services.context import Context
from policy_service.services.erasing.carrying_out import erase
from policy_service.services.erasing.holds import lift_hold, place_hold, set_floor
from policy_service.services.erasing.orders import Ordered, ask, drop
from policy_service.services.parties import clinician_row
from policy_service.services.replays import Replayed, replay_several
from tests.cast import World

SEVEN_YEARS = 7 * 366


def person_of(world: World, client: str) -> str:
    """The person id of a client of the cast."""
    with world.reading() as context:
        key = (world.practice_id, world.ids[client])
        return context.session.get_one(ClientRow, key).person_id


def asked(world: World, client: str) -> Ordered:
    """Cleo asks for the erasure of a client."""
    with world.writing() as context:
        return ask(context, person_of(world, client), "person_asked")


def ada(world: World) -> Principal:
    """The second person."""
    return world.account(Role.APPROVER, name="Ada")


def erased(world: World, client: str) -> Ordered:
    """Asked by Cleo and carried out by Ada, long after the last decision."""
    world.clock.advance(days=SEVEN_YEARS)
    return erase(world.desk, ada(world), asked(world, client).id)


def opened(world: World, action: str) -> object:
    """What the newest entry of an action says, for an auditor."""
    with world.writing(world.account(Role.AUDITOR, name="Aude")) as context:
        entries = select(EntryRow.id).where(EntryRow.action == action)
        entry_id = context.session.scalars(entries.order_by(EntryRow.at.desc())).first()
        assert entry_id is not None, f"no entry {action}"
        return [group.value or group.withheld for group in open_entry(context, entry_id).groups]


def test_an_erasure_is_done_and_replay_answers_erased_for_that_person_alone(world: World) -> None:
    mine, other = (world.check(*pair)["id"] for pair in (("alma", "tomas"), ("ben", "nora")))
    done = erased(world, "tomas")
    assert done.state is ErasureState.DONE
    with world.reading() as context:
        found = {one.decision_id: one.verdict for one in replay_several(world.desk, context)}
    assert found == {mine: Replayed.ERASED, other: Replayed.SAME}


def test_a_check_about_an_erased_person_says_erased_and_never_an_outcome(world: World) -> None:
    erased(world, "tomas")
    with pytest.raises(Erased):
        world.check("ben", "tomas")


def test_the_entry_names_no_person_and_stays_readable(world: World) -> None:
    done = erased(world, "tomas")
    said = {"erasure": done.id, "ground": "person_asked", "records": 1}
    assert opened(world, "person.erased") == [said]


def test_a_young_decision_refuses_with_its_last_day_and_an_entry(world: World) -> None:
    world.check("alma", "tomas")
    refused = asked(world, "tomas")
    until = world.clock().date().replace(year=2032)
    assert refused.blocks == (Block(BlockKind.RETENTION_FLOOR, until),)
    [said] = opened(world, "erasure.refused")
    assert said["blocks"] == [{"kind": "retention_floor", "until": "2032-03-02"}]


@pytest.mark.parametrize(("day_before", "state"), [(1, "refused"), (0, "asked")])
def test_the_floor_ends_on_the_day_itself(world: World, day_before: int, state: str) -> None:
    world.check("alma", "tomas")
    with world.writing() as context:
        set_floor(context, 1)
    world.clock.advance(days=365 - day_before)
    assert asked(world, "tomas").state == state


def test_a_legal_hold_refuses_until_it_is_lifted(world: World) -> None:
    person_id = person_of(world, "nora")
    with world.writing() as context:
        hold_id = place_hold(context, person_id, "Subpoena of the county court")
    assert asked(world, "nora").blocks == (Block(BlockKind.LEGAL_HOLD),)
    with world.writing() as context:
        lift_hold(context, hold_id, "The case was closed")
    assert asked(world, "nora").state is ErasureState.ASKED


def test_a_hold_placed_after_the_asking_still_refuses(world: World) -> None:
    waiting = asked(world, "nora")
    with world.writing() as context:
        place_hold(context, waiting.person_id, "A complaint was announced")
    refused = erase(world.desk, ada(world), waiting.id)
    assert (refused.state, refused.blocks) == (
        ErasureState.REFUSED,
        (Block(BlockKind.LEGAL_HOLD),),
    )
    assert person_of(world, "nora") == waiting.person_id
    assert world.check("ben", "nora")["id"]


def test_who_asked_does_not_carry_out(world: World) -> None:
    waiting = asked(world, "nora")
    with pytest.raises(NotAllowed, match="two people"):
        erase(world.desk, world.cleo, waiting.id)


def test_an_officer_who_treats_the_person_does_not_carry_out(world: World) -> None:
    world.check("alma", "nora")
    world.clock.advance(days=SEVEN_YEARS)
    waiting = asked(world, "nora")
    alma = world.account(Role.APPROVER, name="Alma", clinician_id=world.ids["alma"])
    with pytest.raises(NotAllowed, match="own case"):
        erase(world.desk, alma, waiting.id)


def test_what_is_done_or_dropped_is_over(world: World) -> None:
    waiting = asked(world, "nora")
    with world.writing() as context, pytest.raises(StateConflict):
        ask(context, waiting.person_id, "person_asked")
    with world.writing() as context:
        assert drop(world.desk, context, waiting.id).state is ErasureState.DROPPED
    with pytest.raises(StateConflict):
        erase(world.desk, ada(world), waiting.id)


def test_clinicians_are_not_erased(world: World) -> None:
    with world.writing() as context:
        alma = ask(context, context_person(context, world.ids["alma"]), "person_asked")
    assert Block(BlockKind.CLINICIAN) in alma.blocks


def context_person(context: Context, clinician_id: str) -> str:
    """The person id of a clinician."""
    return clinician_row(context, clinician_id).person_id


def test_the_other_partys_openings_stay_readable(world: World) -> None:
    world.check("alma", "tomas")
    done = erased(world, "tomas")
    with world.reading() as context:
        decisions = set(context.session.scalars(select(DecisionRow.id)))
        owners = context.session.execute(select(OpeningRow.entry_id, OpeningRow.owner_person_id))
        kept = [entry for entry, owner in owners if owner != done.person_id]
    assert decisions
    assert opened(world, "licence.added") != ["erased"]
    assert opened(world, "check.decided")[0] == "erased"
    assert kept
