"""What still holds, and what others see, after somebody was erased."""

from __future__ import annotations

from sqlalchemy import select

from policy_service.audit.verification import verify_log
from policy_service.database.tables.audit import EntryRow, OpeningRow
from policy_service.database.tables.registry import AttestationRow, ClinicianRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.principals import Role
from policy_service.services.attestations import attest
from policy_service.services.audit_entries import open_entry
from policy_service.services.audit_reading import entry_proof
from policy_service.services.case_expiry import reopen_due
from policy_service.services.clients import merge_clients, register_client
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.duplicates import likely_duplicates
from policy_service.services.erasing.carrying_out import erase
from policy_service.services.erasing.orders import ask
from policy_service.services.erasing.removal import WITHDRAWN_BECAUSE
from policy_service.services.identity_questions import identity_questions
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, NORA, World, person
from tests.services.erasing.test_orders import ada, erased, opened, person_of

ROSA = person("Rosa", "Quill", "1985-05-05", sex="female", phones=("+1 512 555 0151",))


def _exit_code(world: World) -> int:
    origin = world.desk.practice(world.practice_id).log_origin
    key = world.desk.log_key(origin)
    return verify_log(world.desk.database, world.practice_id, key).exit_code


def test_the_log_verifies_and_every_proof_holds(world: World) -> None:
    world.check("alma", "tomas")
    run_due(world.desk)
    erased(world, "tomas")
    run_due(world.desk)
    assert _exit_code(world) == 0
    auditor = world.account(Role.AUDITOR, name="Aude")
    with world.reading() as context:
        ids = list(context.session.scalars(select(EntryRow.id).order_by(EntryRow.at)))
    for entry_id in ids:
        assert entry_proof(world.desk, auditor, entry_id)


def test_openings_of_the_person_are_noise_and_all_others_open(world: World) -> None:
    world.check("alma", "tomas")
    world.check("ben", "nora")
    gone = person_of(world, "tomas")
    erased(world, "tomas")
    with world.reading() as context:
        pairs = context.session.execute(select(OpeningRow.entry_id, OpeningRow.owner_person_id))
        owners = {(entry, owner) for entry, owner in pairs}
    with world.writing(world.account(Role.AUDITOR, name="Aude")) as context:
        for entry_id, owner in owners:
            withheld = {group.withheld for group in open_entry(context, entry_id).groups}
            assert ("erased" in withheld) == (owner == gone), entry_id


def test_a_path_that_led_through_the_person_does_not_read_as_no_tie(world: World) -> None:
    """Ben's wife Rosa is Nora's sister: with Rosa gone, Ben's attestation closes nothing."""
    with world.writing() as context:
        tie = disclose(context, DisclosureForm(world.ids["ben"], "SPS", ROSA))
        rosa = context.session.scalars(select(TieRow.to_person_id).filter_by(id=tie)).one()
        nora = person_of(world, "nora")
        state_tie(context, TieForm(rosa, nora, "SIS"))
        attest(context, world.ids["ben"], ALL_KINDS, context.today)
    before = world.check("ben", "nora")
    assert [finding for finding in before["findings"] if finding["tie"]], "there is a tie path"
    _erase_person(world, rosa)
    after = world.check("ben", "nora")
    assert not after["complete"]
    assert after["could_become"] != "no_finding"
    assert after["ask"], "somebody is asked"
    with world.reading() as context:
        fallen = select(AttestationRow.is_current).where(
            AttestationRow.clinician_id == world.ids["ben"],
            AttestationRow.is_withdrawn.is_(True),
            AttestationRow.reason == WITHDRAWN_BECAUSE,
        )
        assert list(context.session.scalars(fallen)) == [True, True]


def _erase_person(world: World, person_id: str) -> None:
    with world.writing() as context:
        made = ask(context, person_id, "person_asked")
    assert erase(world.desk, ada(world), made.id).state == "done"


def test_merged_profiles_are_erased_together(world: World) -> None:
    with world.writing() as context:
        twin = register_client(context, ROSA)
        merge_clients(context, twin, world.ids["nora"], "The same person twice")
    world.ids["twin"] = twin
    erased(world, "twin")
    said = opened(world, "person.erased")
    assert isinstance(said, list)
    assert said[0]["records"] == 2


def test_pages_and_the_worker_live_on(world: World) -> None:
    world.check("alma", "tomas")
    erased(world, "tomas")
    run_due(world.desk)
    assert reopen_due(world.desk, world.practice_id) == 0
    with world.writing() as context:
        identity_questions(context)
        likely_duplicates(context)
    assert world.check("alma", "nora")["id"]
    assert world.check("ben", "nora")["id"]
    with world.reading() as context:
        alive = select(ClinicianRow.id).where(ClinicianRow.is_active.is_(True))
        assert len(list(context.session.scalars(alive))) == 2


def test_a_person_who_comes_again_is_new_and_nobody_is_recognised(world: World) -> None:
    erased(world, "nora")
    with world.writing() as context:
        again = register_client(context, NORA, "ehr-nora")
    assert again != world.ids["nora"]
    world.ids["again"] = again
    recognised = world.check("ben", "again")["recognised"]
    assert [one["client_id"] for one in recognised] == [again], "nobody but the new profile"
