"""Clinicians, licences and memberships: what binds them, and until when."""

from __future__ import annotations

from datetime import date

import pytest

from policy_service.database.tables.registry import LicenceRow
from policy_service.errors import Conflict, InvalidRequest, NotFound, StateConflict
from policy_service.services.bindings import binding_of
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    MembershipForm,
    add_licence,
    add_membership,
    correct_clinician,
    deactivate_clinician,
    end_membership,
    lapse_licence,
    licences_of,
    memberships_of,
    register_clinician,
    withdraw_licence,
    withdraw_membership,
)
from policy_service.services.parties import clinician_row
from policy_service.services.people import open_person
from policy_service.services.revisions import current
from tests.cast import BEN, World, person

UNKNOWN = "11111111-1111-4111-8111-111111111111"


def bound(
    world: World, name: str, day: str = "2026-03-02"
) -> tuple[set[tuple[str, bool]], set[str]]:
    """Licence types with whether they are valid on the day, and memberships."""
    with world.reading() as context:
        binding = binding_of(context, world.ids[name], date.fromisoformat(day), "US-TX")
    held = {(licence.licence, licence.valid) for licence in binding.licences}
    return held, set(binding.memberships)


def the_licence(world: World, name: str) -> str:
    with world.reading() as context:
        [row] = licences_of(context, world.ids[name])
    return row.id


def test_a_lapsed_licence_is_known_but_not_valid_afterwards(world: World) -> None:
    with world.writing() as context:
        lapse_licence(context, the_licence(world, "ben"), "2026-01-31", "not renewed")
    assert bound(world, "ben") == ({("LPC", False)}, set())
    assert bound(world, "ben", "2026-01-31") == ({("LPC", True)}, set())


def test_a_lapse_is_a_new_revision_that_says_why(world: World) -> None:
    licence = the_licence(world, "ben")
    with world.writing() as context:
        lapse_licence(context, licence, "2026-01-31", "not renewed")
    with world.reading() as context:
        row = current(context, LicenceRow, licence)
        kept = context.session.get(LicenceRow, (world.practice_id, licence, 1))
    assert (row.revision, row.valid_to, row.reason) == (2, "2026-01-31", "not renewed")
    assert kept is not None
    assert (kept.is_current, kept.valid_to) == (False, None)


def test_a_licence_entered_by_mistake_binds_nobody(world: World) -> None:
    with world.writing() as context:
        withdraw_licence(context, the_licence(world, "ben"), "another Ben")
    assert bound(world, "ben") == (set(), set())
    with pytest.raises(StateConflict), world.writing() as context:
        lapse_licence(context, the_licence_ever(world, "ben"), "2026", "after all")


def the_licence_ever(world: World, name: str) -> str:
    with world.reading() as context:
        rows = context.session.query(LicenceRow).filter_by(clinician_id=world.ids[name])
        return rows.first().id


def test_memberships_end_and_are_withdrawn(world: World) -> None:
    assert bound(world, "alma")[1] == {"ACA"}
    with world.writing() as context:
        [row] = memberships_of(context, world.ids["alma"])
        end_membership(context, row.id, "2025", "left")
        withdrawn = add_membership(context, world.ids["alma"], MembershipForm("NASW"))
        withdraw_membership(context, withdrawn, "never a member")
    assert bound(world, "alma")[1] == set()


def test_a_licence_without_a_pack_is_accepted_and_answers_say_so(world: World) -> None:
    with world.writing() as context:
        add_licence(context, world.ids["ben"], LicenceForm("US-ZZ", "XYZ"))
    answer = world.check("ben", "nora")
    assert answer["complete"] is False
    assert any("US-ZZ" in one["body"] for one in answer["not_consulted"])


def test_every_change_raises_the_version_by_one(world: World) -> None:
    before = world.version("ben")
    with world.writing() as context:
        add_licence(context, world.ids["ben"], LicenceForm("US-OH", "LPC"))
        add_membership(context, world.ids["ben"], MembershipForm("ACA"))
        correct_clinician(context, world.ids["ben"], BEN)
    assert world.version("ben") == before + 3


def test_a_correction_keeps_the_id_and_changes_the_record(world: World) -> None:
    with world.writing() as context:
        correct_clinician(context, world.ids["ben"], person("Benedict", "Okafor"))
    with world.reading() as context:
        row = clinician_row(context, world.ids["ben"])
        assert open_person(context, row.person_id).record.names[0].given == "Benedict"


def test_a_clinician_who_left_gets_no_new_checks(world: World) -> None:
    with world.writing() as context:
        deactivate_clinician(context, world.ids["ben"], "retired")
    with pytest.raises(InvalidRequest):
        world.check("ben", "nora")


def test_an_external_id_is_taken_once(world: World) -> None:
    with world.writing() as context:
        register_clinician(context, ClinicianForm(BEN, "ehr-7"))
    with pytest.raises(Conflict), world.writing() as context:
        register_clinician(context, ClinicianForm(BEN, "ehr-7"))


def test_impossible_periods_are_refused_by_name(world: World) -> None:
    for form, pointer in (
        (LicenceForm("US-TX", "LPC", "2020", "2019-12"), "/valid_to"),
        (LicenceForm("US-TX", "LPC", "2020-02-30"), "/valid_from"),
        (LicenceForm("US-TX", "LPC", None, "soon"), "/valid_to"),
    ):
        with pytest.raises(InvalidRequest) as refused, world.writing() as context:
            add_licence(context, world.ids["ben"], form)
        assert refused.value.errors[0].pointer == pointer


def test_nobody_unknown_gets_a_licence(world: World) -> None:
    with pytest.raises(NotFound), world.writing() as context:
        add_licence(context, UNKNOWN, LicenceForm("US-TX", "LPC"))


def test_dana_adds_no_licence_to_ours(postgresql_world: World) -> None:
    for clinician in (postgresql_world.ids["ben"], UNKNOWN):
        with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
            add_licence(context, clinician, LicenceForm("US-TX", "LPC"))
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        lapse_licence(context, the_licence(postgresql_world, "ben"), "2026", "not hers")
