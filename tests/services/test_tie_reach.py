"""Who is within three ties of whom, and whom one tie may bring near a clinician."""

from __future__ import annotations

from itertools import pairwise

from policy_service.services.context import Context
from policy_service.services.disclosures import TieForm, state_tie, withdraw_tie
from policy_service.services.episodes import ClientPart, ClinicianPart, EpisodeForm, open_episode
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register
from policy_service.services.tie_reach import brought_near, clinicians_near, within
from tests.cast import World, person


def chain(context: Context, *people: str) -> list[str]:
    """Ties between neighbours; returns their ids."""
    return [state_tie(context, TieForm(one, other, "FRND")) for one, other in pairwise(people)]


def strangers(context: Context, number: int) -> list[str]:
    return [register(context, person("N", str(one))) for one in range(number)]


def test_rings_hold_persons_by_how_many_ties_they_are_away(world: World) -> None:
    with world.writing() as context:
        people = strangers(context, 5)
        ties = chain(context, *people)
        assert within(context, people[:1], 2) == [{one} for one in people[:3]]
        assert within(context, [people[2]], 3)[2] == {people[0], people[4]}
        withdraw_tie(context, ties[1], "never was")
        assert within(context, people[:1], 3) == [{people[0]}, {people[1]}, set(), set()]


def test_nobody_is_reached_through_whom_is_left_out(world: World) -> None:
    with world.writing() as context:
        people = strangers(context, 3)
        chain(context, *people)
        assert within(context, people[:1], 2, without=[people[1]])[1:] == [set(), set()]


def test_a_clinician_is_near_at_three_ties_and_not_at_four(world: World) -> None:
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        people = strangers(context, 4)
        chain(context, ben, *people)
        assert clinicians_near(context, [people[2]]) == {world.ids["ben"]}
        assert clinicians_near(context, [people[3]]) == set()
        assert clinicians_near(context, [ben]) == {world.ids["ben"]}


def test_a_tie_brings_near_whoever_ends_within_three_steps_of_a_clinician(world: World) -> None:
    """ben - a - (b - c - d): beyond the new tie, one person more."""
    with world.writing() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
        a, b, c, d = strangers(context, 4)
        chain(context, ben, a, b, c, d)
        assert brought_near(context, a, b) == {a, b, c}
        assert brought_near(context, ben, a) == {ben, a, b, c}
        assert brought_near(context, c, d) == {c, d}


def test_a_tie_concerns_everyone_who_is_a_client_of_the_same_open_episode(world: World) -> None:
    with world.writing() as context:
        nora = client_row(context, world.ids["nora"]).person_id
        tomas = client_row(context, world.ids["tomas"]).person_id
        parts = (ClientPart(world.ids["nora"]), ClientPart(world.ids["tomas"]))
        open_episode(context, EpisodeForm(parts, (ClinicianPart(world.ids["ben"]),), "2025"))
        [stranger] = strangers(context, 1)
        assert {nora, tomas} <= brought_near(context, nora, tomas)
        assert tomas not in brought_near(context, nora, stranger)
