"""Ties are stated, revised and withdrawn; no sequence of calls ever removes what was said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from policy_service.database.tables.ties import TieRow
from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest, NotAllowed, NotFound, ServiceError
from policy_service.services.context import Context
from policy_service.services.disclosures import (
    DisclosureForm,
    TieChange,
    TieForm,
    disclose,
    disclosures_of,
    revise_disclosure,
    revise_tie,
    state_tie,
    withdraw_disclosure,
    withdraw_tie,
)
from policy_service.services.parties import client_row, clinician_row
from tests.cast import NORA, World

FORGETS = HealthCheck.function_scoped_fixture


def state(world: World, **said: object) -> str:
    with world.writing() as context:
        form = DisclosureForm(world.ids["ben"], person=NORA, **said)
        return disclose(context, form)


def kinds(world: World) -> set[str]:
    return {finding["kind"] for finding in world.check("ben", "nora")["findings"]}


def test_an_ex_partner_as_client_is_prohibited(world: World) -> None:
    state(world, kind="ex_partner")
    answer = world.check("ben", "nora")
    assert (answer["outcome"], kinds(world)) == ("prohibit", {"ex_partner"})


def test_a_revision_is_what_counts_from_then_on(world: World) -> None:
    tie = state(world, kind="ex_partner")
    with world.writing() as context:
        revise_disclosure(context, tie, TieChange("FRND"), "we never were")
    assert kinds(world) == {"friend"}
    with world.writing() as context:
        withdraw_disclosure(context, tie, "another Nora")
    assert kinds(world) == set()


def test_an_end_date_means_that_it_has_ended(world: World) -> None:
    state(world, kind="dating_partner", until="2019")
    with world.reading() as context:
        [(row, tie)] = disclosures_of(context, world.ids["ben"])
    assert row.is_ended
    assert tie.until == "2019"


def test_a_known_person_is_named_by_id(world: World) -> None:
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        disclose(context, DisclosureForm(world.ids["ben"], "FRND", person_id=nora))
    assert kinds(world) == {"friend"}


def test_what_makes_no_sense_is_refused_by_name(world: World) -> None:
    ben = world.ids["ben"]
    with world.reading() as context:
        own = clinician_row(context, ben).person_id
    unknown = "11111111-1111-4111-8111-111111111111"
    for form, pointer in (
        (DisclosureForm(ben, "enemy", NORA), "/kind"),
        (DisclosureForm(ben, "ONESELF", NORA), "/kind"),
        (DisclosureForm(ben, "FRND"), "/person"),
        (DisclosureForm(ben, "FRND", NORA, own), "/person"),
        (DisclosureForm(ben, "FRND", person_id=own), "/person_id"),
        (DisclosureForm(ben, "FRND", person_id=unknown), "/person_id"),
        (DisclosureForm(unknown, "FRND", NORA), "/clinician_id"),
        (DisclosureForm(ben, "FRND", NORA, since="1990-31"), "/since"),
        (DisclosureForm(ben, "FRND", NORA, since="2001", until="2000"), "/until"),
    ):
        with pytest.raises(InvalidRequest) as refused, world.writing() as context:
            disclose(context, form)
        assert refused.value.errors[0].pointer == pointer


def test_ties_between_others_are_for_officers(world: World) -> None:
    ines = world.account(Role.INTAKE, name="Ines")
    with world.reading() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        [(_, brother)] = disclosures_of(context, world.ids["alma"])
    form = TieForm(brother.to_person, nora, "FRND")
    with pytest.raises(NotAllowed), world.writing(ines) as context:
        state_tie(context, form)
    with world.writing() as context:
        tie = state_tie(context, form)
        revise_tie(context, tie, TieChange("SPS"), "they married")
    assert {f["kind"] for f in world.check("alma", "nora")["findings"]} == {"relative"}
    with world.writing() as context:
        withdraw_tie(context, tie, "they did not")
    assert {f["kind"] for f in world.check("alma", "nora")["findings"]} == set()


def test_an_officer_does_not_speak_for_a_clinician(world: World) -> None:
    with pytest.raises(NotFound), world.writing() as context:
        withdraw_tie(context, world.ids["brother_tie"], "surely not")


def test_dana_withdraws_nothing_of_ours(postgresql_world: World) -> None:
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        withdraw_disclosure(context, postgresql_world.ids["brother_tie"], "not hers")


Move = Callable[[Context, str], object]
MOVES: dict[str, Move] = {
    "revise": lambda c, tie: revise_disclosure(c, tie, TieChange("FRND"), "again"),
    "end": lambda c, tie: revise_disclosure(c, tie, TieChange("FRND", until="2020"), "over"),
    "withdraw": lambda c, tie: withdraw_disclosure(c, tie, "never"),
    "as an officer": lambda c, tie: withdraw_tie(c, tie, "never"),
}


def said(context: Context) -> dict[tuple[str, int], tuple[object, ...]]:
    """Everything ever stated, by id and revision; what may change (`is_current`) left out."""
    context.session.expire_all()
    return {
        (row.id, row.revision): (row.sealed, row.is_withdrawn, row.reason, row.recorded_at)
        for row in context.session.scalars(select(TieRow))
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[FORGETS])
@given(moves=st.lists(st.sampled_from([*MOVES, "disclose"]), max_size=6))
def test_no_sequence_of_calls_removes_or_alters_a_version(
    sqlite_world: World, moves: list[str]
) -> None:
    with sqlite_world.writing() as context:
        before = said(context)
        for name in moves:
            make(context, sqlite_world, name)
            after = said(context)
            assert before.items() <= after.items()
            before = after
        context.session.rollback()


def make(context: Context, world: World, name: str) -> None:
    tie = world.ids["brother_tie"]
    if name == "disclose":
        disclose(context, DisclosureForm(world.ids["alma"], "FRND", NORA))
        return
    try:
        MOVES[name](context, tie)
    except ServiceError:
        return  # refused: nothing may have changed, which the caller checks


def test_the_law_above_notices_a_deletion(sqlite_world: World) -> None:
    """Negative control."""
    with sqlite_world.writing() as context:
        before = said(context)
        context.session.execute(delete(TieRow))
        assert not before.items() <= said(context).items()
        context.session.rollback()
