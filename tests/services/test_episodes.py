"""Episodes: opened, put right, withdrawn; everyone they touch is asked about again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy_service.database.tables.care import EpisodeRow
from policy_service.errors import InvalidRequest, NotFound, StateConflict
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
    read_episode,
    revise_episode,
    withdraw_episode,
)
from tests.cast import World

UNKNOWN = "11111111-1111-4111-8111-111111111111"


def form(world: World, client: str = "nora", clinician: str = "ben") -> EpisodeForm:
    return EpisodeForm(
        (ClientPart(world.ids[client]),), (ClinicianPart(world.ids[clinician]),), "2025-05"
    )


def opened(world: World, **changes: object) -> str:
    with world.writing() as context:
        return open_episode(context, replace(form(world), **changes))


def status(world: World, client: str) -> object:
    """Where Ben and the client stand, as the next check would read it."""
    return world.facts("ben", client)["client_status"]


def refusal(world: World, changed: EpisodeForm) -> str:
    """The pointer of the field that is refused; nothing is stored."""
    with pytest.raises(InvalidRequest) as refused, world.writing() as context:
        open_episode(context, changed)
    with world.reading() as context:
        assert context.session.query(EpisodeRow).count() == 0
    return refused.value.errors[0].pointer


def test_an_open_episode_makes_a_current_client(world: World) -> None:
    opened(world)
    assert status(world, "nora") == "current"


def test_a_terminated_one_makes_a_former_client(world: World) -> None:
    opened(world, is_open=False, terminated_on="2025-11", termination_reason="planned")
    assert status(world, "nora") == "former"


def test_the_wrong_client_is_put_right_and_both_are_bumped(world: World) -> None:
    episode = opened(world)
    before = {name: world.version(name) for name in ("nora", "tomas", "ben")}
    with world.writing() as context:
        revise_episode(context, episode, form(world, "tomas"), "wrong chart")
    assert (status(world, "nora"), status(world, "tomas")) == ("prospective", "current")
    assert {name: world.version(name) for name in before} == {
        name: version + 1 for name, version in before.items()
    }


def test_the_old_revision_keeps_saying_what_it_said(world: World) -> None:
    episode = opened(world)
    with world.writing() as context:
        revise_episode(context, episode, form(world, "tomas"), "wrong chart")
    with world.reading() as context:
        rows = context.session.query(EpisodeRow).order_by(EpisodeRow.revision).all()
    assert [(row.revision, row.is_current, row.reason) for row in rows] == [
        (1, False, None),
        (2, True, "wrong chart"),
    ]


def test_a_withdrawn_episode_counts_no_more_but_names_its_parties(world: World) -> None:
    episode = opened(world)
    with world.writing() as context:
        withdraw_episode(context, episode, "never happened")
    assert status(world, "nora") == "prospective"
    with world.reading() as context:
        found = read_episode(context, episode)
    assert found.row.is_withdrawn
    assert [part.client_id for part in found.clients] == [world.ids["nora"]]
    with pytest.raises(StateConflict), world.writing() as context:
        revise_episode(context, episode, form(world), "after all")


def test_couples_and_groups_have_several_parts(world: World) -> None:
    parts = (ClientPart(world.ids["nora"]), ClientPart(world.ids["tomas"], "family_member"))
    opened(world, clients=parts)
    assert (status(world, "nora"), status(world, "tomas")) == ("current", "current")


def test_whoever_is_unknown_is_named_by_pointer(world: World) -> None:
    stranger = replace(form(world), clients=(ClientPart(UNKNOWN),))
    assert refusal(world, stranger) == "/clients/0/client_id"
    stranger = replace(form(world), clinicians=(ClinicianPart(UNKNOWN),))
    assert refusal(world, stranger) == "/clinicians/0/clinician_id"


def test_what_makes_no_sense_is_refused_by_name(world: World) -> None:
    good, nora = form(world), ClientPart(world.ids["nora"])
    ben = ClinicianPart(world.ids["ben"], began_on="2025")
    for bad, pointer in (
        (replace(good, clients=()), "/clients"),
        (replace(good, clinicians=()), "/clinicians"),
        (replace(good, clients=(nora, nora)), "/clients/1"),
        (replace(good, clients=(replace(nora, role="friend"),)), "/clients/0/role"),
        (replace(good, terminated_on="2026"), "/is_open"),
        (replace(good, is_open=False, terminated_on="2024"), "/terminated_on"),
        (replace(good, is_open=False, termination_reason="bored"), "/termination_reason"),
        (replace(good, began_on="2025-13"), "/began_on"),
        (
            replace(good, clinicians=(replace(ben, last_contact_on="2024"),)),
            "/clinicians/0/last_contact_on",
        ),
    ):
        assert refusal(world, bad) == pointer


def test_an_unknown_episode_is_not_found(world: World) -> None:
    with pytest.raises(NotFound), world.reading() as context:
        read_episode(context, UNKNOWN)


def test_dana_reads_ours_no_more_than_one_that_never_was(postgresql_world: World) -> None:
    ours = opened(postgresql_world)
    for episode in (ours, UNKNOWN):
        with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
            read_episode(context, episode)
