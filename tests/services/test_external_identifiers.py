"""Who a reference of an EHR is here, and that nobody is guessed."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import ActingRole, Role
from policy_service.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from policy_service.services.external_identifiers import (
    NewIdentifier,
    find,
    reference_of,
    register_identifier,
    remove_identifier,
)
from policy_service.services.logins import LoginForm, create_login
from tests.cast import World

NPI = "http://hl7.org/fhir/sid/us-npi"


def register(world: World, value: str, *, system: str = NPI, **whom: str) -> None:
    with world.writing() as context:
        register_identifier(context, NewIdentifier(system, value, **whom))


def login(world: World, name: str, *roles: Role, **more: str) -> str:
    with world.writing() as context:
        form = LoginForm(f"{name}@example.org", name, "a long passphrase", frozenset(roles), **more)
        return create_login(context, form)


def acting(world: World, value: str, system: str = NPI) -> ActingRole | None:
    with world.reading() as context:
        known = find(context, [(system, value)])
    return known.acting.role if known else None


def test_a_clinician_is_known_by_a_registered_name_alone(world: World) -> None:
    register(world, "1", clinician_id=world.ids["alma"])
    assert acting(world, "1") is ActingRole.CLINICIAN
    assert acting(world, "2") is None
    assert acting(world, "1", "Practitioner") is None


@pytest.mark.parametrize(
    ("roles", "wanted"),
    [
        ((Role.INTAKE,), ActingRole.INTAKE),
        ((Role.COMPLIANCE,), ActingRole.COMPLIANCE),
        ((Role.COMPLIANCE, Role.INTAKE), ActingRole.INTAKE),
        ((Role.ADMIN,), ActingRole.UNKNOWN),
    ],
)
def test_an_account_reads_by_the_least_of_its_roles(
    sqlite_world: World, roles: tuple[Role, ...], wanted: ActingRole
) -> None:
    register(sqlite_world, "9", login_id=login(sqlite_world, "zoe", *roles))
    assert acting(sqlite_world, "9") is wanted


def test_an_officer_who_treats_clients_reads_as_their_clinician(sqlite_world: World) -> None:
    alma = sqlite_world.ids["alma"]
    roles = (Role.COMPLIANCE, Role.CLINICIAN)
    account = login(sqlite_world, "alma", *roles, clinician_id=alma)
    register(sqlite_world, "9", login_id=account)
    assert acting(sqlite_world, "9") is ActingRole.CLINICIAN


def test_names_that_mean_two_people_mean_nobody(sqlite_world: World) -> None:
    register(sqlite_world, "1", clinician_id=sqlite_world.ids["alma"])
    register(sqlite_world, "2", clinician_id=sqlite_world.ids["ben"])
    with sqlite_world.reading() as context:
        assert find(context, [(NPI, "1"), (NPI, "2")]) is None


def test_a_name_means_one_person_and_is_removed_by_officers(sqlite_world: World) -> None:
    register(sqlite_world, "1", clinician_id=sqlite_world.ids["alma"])
    with pytest.raises(Conflict):
        register(sqlite_world, "1", clinician_id=sqlite_world.ids["ben"])
    intake = sqlite_world.account(Role.INTAKE)
    with pytest.raises(NotAllowed), sqlite_world.writing(intake) as context:
        remove_identifier(context, NPI, "1")
    with sqlite_world.writing() as context:
        remove_identifier(context, NPI, "1")
    with pytest.raises(NotFound), sqlite_world.writing() as context:
        remove_identifier(context, NPI, "1")


@pytest.mark.parametrize("whom", [{}, {"clinician_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}])
def test_a_name_that_means_nobody_of_ours_is_refused(
    sqlite_world: World, whom: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest):
        register(sqlite_world, "1", **whom)


def test_a_clinician_is_referred_to_as_the_ehr_knows_them(sqlite_world: World) -> None:
    ben = sqlite_world.ids["ben"]
    with sqlite_world.reading() as context:
        assert reference_of(context, ben) is None
    register(sqlite_world, "b7", system="Practitioner", clinician_id=ben)
    with sqlite_world.reading() as context:
        assert reference_of(context, ben) == "Practitioner/b7"
