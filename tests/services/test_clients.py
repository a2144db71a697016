"""Clients: corrected, merged and split; checks follow."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Role
from policy_service.errors import Conflict, InvalidRequest, NotFound, StateConflict
from policy_service.services.clients import (
    correct_client,
    merge_clients,
    register_client,
    split_client,
)
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
)
from policy_service.services.gathering.targets import find_targets
from policy_service.services.parties import client_row
from policy_service.services.people import open_person
from tests.cast import NORA, TOMAS, World, person

SOMEBODY_ELSE = person("Ulla", "Sandoval", "1951-08-08", phones=("+1 210 555 0177",))


def finding_kinds(answer: dict[str, object]) -> set[str]:
    findings = answer["findings"]
    assert isinstance(findings, list)
    return {finding["kind"] for finding in findings}


def add(world: World, name: str, record: object = SOMEBODY_ELSE) -> None:
    with world.writing() as context:
        world.ids[name] = register_client(context, record)


def merge(world: World, duplicate: str, into: str) -> None:
    with world.writing() as context:
        merge_clients(context, world.ids[duplicate], world.ids[into], "one person, two charts")


def split(world: World, name: str) -> None:
    with world.writing() as context:
        split_client(context, world.ids[name], "they are cousins")


def test_an_external_id_is_taken_once(world: World) -> None:
    with pytest.raises(Conflict) as refused, world.writing() as context:
        register_client(context, NORA, "ehr-nora")
    assert refused.value.errors[0].pointer == "/external_id"


def test_a_correction_is_seen_by_the_next_check_and_the_log_keeps_both(world: World) -> None:
    assert "relative" in finding_kinds(world.check("alma", "tomas"))
    with world.writing() as context:
        correct_client(context, world.ids["tomas"], SOMEBODY_ELSE)
    assert "relative" not in finding_kinds(world.check("alma", "tomas"))
    assert "client.corrected" in world.actions()


def test_a_correction_raises_the_version(world: World) -> None:
    before = world.version("nora")
    with world.writing() as context:
        correct_client(context, world.ids["nora"], SOMEBODY_ELSE)
    assert world.version("nora") == before + 1


def test_after_a_merge_what_is_known_of_either_counts_for_both(world: World) -> None:
    """Ulla is nothing to Alma until her chart turns out to be Alma's brother's."""
    add(world, "ulla")
    assert "relative" not in finding_kinds(world.check("alma", "ulla"))
    merge(world, "ulla", "tomas")
    through_the_duplicate = world.check("alma", "ulla")
    assert "relative" in finding_kinds(through_the_duplicate)
    assert through_the_duplicate["client_id"] == world.ids["tomas"]


def test_the_kept_profile_has_what_was_known_of_the_duplicate(world: World) -> None:
    add(world, "ulla")
    merge(world, "tomas", "ulla")
    assert "relative" in finding_kinds(world.check("alma", "ulla"))


def test_care_of_the_duplicate_is_care_of_the_kept_profile(world: World) -> None:
    add(world, "ulla")
    form = EpisodeForm((ClientPart(world.ids["ulla"]),), (ClinicianPart(world.ids["ben"]),), "2024")
    with world.writing() as context:
        open_episode(context, form)
    merge(world, "ulla", "nora")
    with world.reading() as context:
        kept = client_row(context, world.ids["nora"])
    assert kept.version > 1
    assert status_of(world, "nora") == "current"
    split(world, "ulla")
    assert status_of(world, "nora") == "prospective"
    assert status_of(world, "ulla") == "current"


def status_of(world: World, client: str) -> object:
    return world.facts("ben", client)["client_status"]


def test_a_split_restores_the_two(world: World) -> None:
    add(world, "ulla")
    merge(world, "ulla", "tomas")
    split(world, "ulla")
    apart = world.check("alma", "ulla")
    assert apart["client_id"] == world.ids["ulla"]
    assert "relative" not in finding_kinds(apart)
    assert "relative" in finding_kinds(world.check("alma", "tomas"))


def test_a_split_outranks_records_that_look_like_one_person(world: World) -> None:
    """Equal records are one person to recognition, until an officer parts them."""
    add(world, "tom_again", TOMAS)
    merge(world, "tom_again", "tomas")
    split(world, "tom_again")
    with world.reading() as context:
        kept = open_person(context, client_row(context, world.ids["tomas"]).person_id)
        other = client_row(context, world.ids["tom_again"]).person_id
        assert other not in find_targets(context, kept).same_people


def test_both_profiles_of_a_merge_stay_readable(world: World) -> None:
    add(world, "ulla")
    merge(world, "ulla", "nora")
    with world.reading() as context:
        row = client_row(context, world.ids["ulla"])
        assert row.merged_into == world.ids["nora"]
        assert open_person(context, row.person_id).record == SOMEBODY_ELSE


def test_a_chain_of_merges_leads_to_the_last(world: World) -> None:
    add(world, "one")
    add(world, "two", person("Ulla", "Sandoval-Ito", "1951-08-08"))
    merge(world, "one", "two")
    merge(world, "two", "nora")
    assert world.check("ben", "one")["client_id"] == world.ids["nora"]


def test_no_merge_can_close_a_circle(world: World) -> None:
    add(world, "ulla")
    merge(world, "ulla", "nora")
    with pytest.raises(InvalidRequest):
        merge(world, "nora", "ulla")
    with pytest.raises(StateConflict):
        merge(world, "ulla", "tomas")


def test_splitting_what_is_not_merged_is_refused(world: World) -> None:
    with pytest.raises(StateConflict):
        split(world, "nora")


def test_every_step_is_an_entry_of_the_log(world: World) -> None:
    add(world, "ulla")
    merge(world, "ulla", "nora")
    split(world, "ulla")
    actions = world.actions()
    for action in ("client.registered", "client.merged", "client.split", "identity.judged"):
        assert action in actions


def test_dana_cannot_reach_our_clients(postgresql_world: World) -> None:
    world = postgresql_world
    for client_id in (world.ids["nora"], "11111111-1111-4111-8111-111111111111"):
        with pytest.raises(NotFound), world.elsewhere() as context:
            correct_client(context, client_id, SOMEBODY_ELSE)
    assert world.account(Role.COMPLIANCE).practice_id != world.other_practice_id
