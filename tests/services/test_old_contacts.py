"""Contacts kept as hashes of an older release: no answer is silent about them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from policy_service.database.tables.people import PersonRow
from policy_service.domain.accounts import AccountKind, Connection, ConnectionState
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.facts import Known, OneOf, Unknown, Why
from policy_service.matching.filing import FILING
from policy_service.services.attestations import attest
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.erasing.people import erase_people
from policy_service.services.gathering import facts as gathering
from policy_service.services.gathering.account_facts import MetConnection, account_facts
from policy_service.services.old_contacts import OldContacts, old_contacts
from policy_service.services.parties import clinician_row
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, World
from tests.services.imports.contact_files import (
    carded,
    contacts_of,
    import_of,
    imported,
    linked,
    mark,
    upload,
)

ANNA = linked("Anna", "Zweig", "anna-zweig")
BO = linked("Bo", "Ytterdal", "bo-y")
COVERED = frozenset({AttestationKind.SOCIAL_MEDIA})


def upgrade(world: World, *person_ids: str) -> None:
    """The hashes of these third parties, or of all, are those of an older release."""
    old = update(PersonRow).where(PersonRow.kept == "hashed")
    old = old.where(PersonRow.id.in_(person_ids)) if person_ids else old
    with world.writing() as context:
        context.session.execute(old.values(filed=FILING - 1))


def said(world: World, clinician: str = "ben") -> tuple[object, object]:
    """What is known of a tie and of a connection to Nora, who is nobody's contact."""
    facts = world.facts(clinician, "nora")
    return facts["tie"], facts["personal_connection"]


def with_contacts(world: World) -> None:
    imported(world, ANNA, BO)
    mark(world, AccountKind.PERSONAL)


def test_until_contacts_are_imported_again_nobody_is_not_among_them(world: World) -> None:
    with_contacts(world)
    assert said(world) == ("none", "none")
    upgrade(world)
    assert said(world) == (None, None)
    imported(world, ANNA, BO)
    assert said(world) == ("none", "none")


def test_without_the_question_the_answer_would_be_silent(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_contacts(sqlite_world)
    upgrade(sqlite_world)
    monkeypatch.setattr(gathering, "has_old_contacts", lambda *_asked: False)
    assert said(sqlite_world) == ("none", "none")


def test_an_export_that_says_nothing_new_hashes_its_contacts_anew(world: World) -> None:
    with_contacts(world)
    before = {contact.person_id for contact in contacts_of(world)}
    upgrade(world)
    with world.reading() as context:
        assert old_contacts(context) == (OldContacts(world.ids["ben"], "linkedin", 2),)
    preview = import_of(world, upload(world, [ANNA, BO]))
    assert (preview.new, preview.changed, preview.known) == (0, 2, 0)
    imported(world, ANNA, BO)
    assert {contact.person_id for contact in contacts_of(world)} == before
    with world.reading() as context:
        assert old_contacts(context) == ()
        numbers = context.session.scalars(select(PersonRow.filed).where(PersonRow.kept == "hashed"))
        assert set(numbers) == {FILING}


def test_a_colleague_who_imported_nothing_is_not_concerned(world: World) -> None:
    with world.writing() as context:
        attest(context, world.ids["alma"], ALL_KINDS, context.today)
    with_contacts(world)
    upgrade(world)
    assert said(world, "alma") == ("none", "none")


def test_a_chain_that_may_go_through_them_is_not_closed(world: World) -> None:
    """Ben's card says that somebody is his wife: Alma, his friend, may know a client by her."""
    with world.writing() as context:
        attest(context, world.ids["alma"], ALL_KINDS, context.today)
    imported(world, carded("Wanda", "Quill"))
    [contact] = contacts_of(world)
    with world.writing() as context:
        alma, ben = (clinician_row(context, world.ids[one]).person_id for one in ("alma", "ben"))
        state_tie(context, TieForm(ben, contact.person_id, "SPS"))
        state_tie(context, TieForm(alma, ben, "FRND"))
    run_due(world.desk)
    assert said(world, "alma")[0] == "none"
    upgrade(world)
    assert said(world, "alma")[0] is None


def test_who_is_gone_or_forgotten_is_not_waited_for(sqlite_world: World) -> None:
    world = sqlite_world
    with_contacts(world)
    imported(world, ANNA)  # Bo is in no list any more
    listed = {contact.person_id for contact in contacts_of(world) if contact.is_listed}
    gone = {contact.person_id for contact in contacts_of(world)} - listed
    upgrade(world, *gone)
    assert said(world) == ("none", "none")
    upgrade(world, *listed)
    assert said(world) == (None, None)
    with world.writing() as context:
        erase_people(context, sorted(listed))
    with world.reading() as context:
        assert old_contacts(context) == ()


def test_the_case_says_that_contacts_were_not_looked_at(sqlite_world: World) -> None:
    world = sqlite_world
    with_contacts(world)
    upgrade(world)
    answer = world.check("ben", "nora")
    assert not answer["complete"]
    assert {one["why"] for one in answer["ask"]} == {"identity_not_comparable"}


def met(state: ConnectionState) -> tuple[MetConnection, ...]:
    return (MetConnection(Connection(AccountKind.PERSONAL, state, None)),)


def test_what_was_met_stands_and_what_may_be_graver_stays_open() -> None:
    facts = account_facts(met(ConnectionState.ACCEPTED), COVERED, is_old=True)
    assert facts["personal_connection"] == Known("connected")
    assert facts["professional_connection"] == Unknown(Why.IDENTITY_NOT_COMPARABLE)
    ended = account_facts(met(ConnectionState.REMOVED), COVERED, is_old=True)
    removed = ended["personal_connection"]
    words = {"removed", "requested_by_client", "requested_by_clinician", "connected"}
    assert removed == OneOf(frozenset(words), Why.IDENTITY_NOT_COMPARABLE)
