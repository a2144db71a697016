"""A duty ends with a proof, or with an officer's reason; never for want of anybody looking."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from policy_service.database.tables.duties import DutyMoveRow, DutyRow
from policy_service.domain.duties import Proof
from policy_service.domain.principals import (
    ActingRole,
    ActingUser,
    Principal,
    Role,
    Scope,
)
from policy_service.errors import InvalidRequest, NotAllowed, NotFound, StateConflict
from policy_service.services.duty_proofs import prove, say_not_applicable
from policy_service.worker import run_due
from tests.cast import World
from tests.services.duty_office import (
    ask,
    befriend,
    clinician_account,
    duties,
    history,
    in_care,
    practise_in,
    report,
    the_duty,
)

NOBODY = ActingUser()
TOLD = Proof(date(2026, 3, 2), "Handed over the brochure and talked it through.", "doc-17")


def brochure(world: World) -> DutyRow:
    """Gwen owes Nora the brochure."""
    if "US-CA" not in world.ids:
        practise_in(world, "US-CA")
        report(world, "US-CA")
    return the_duty(world, "hand_over_brochure")


def ehr(world: World, *scopes: Scope) -> Principal:
    """An EHR client with these scopes."""
    return world.account(Role.EHR, name="an EHR", scopes=frozenset(scopes))


def try_proof(
    world: World, who: Principal, proof: Proof = TOLD, acting: ActingUser = NOBODY
) -> None:
    """Prove the brochure duty as somebody."""
    duty = brochure(world)
    with world.writing(who) as context:
        prove(context, acting, duty.id, proof)


def test_the_clinician_proves_what_they_owe(world: World) -> None:
    brochure(world)
    try_proof(world, clinician_account(world, "US-CA"))
    duty = the_duty(world, "hand_over_brochure")
    assert (duty.state, duty.next_step_on) == ("done", None)
    last = history(world, duty)[-1]
    assert last.words["proof"]["note"] == TOLD.note
    assert last.words["proof"]["done_on"] == "2026-03-02"
    assert world.actions().count("duty.done") == 1


def test_a_proof_is_sealed(world: World) -> None:
    try_proof(world, world.cleo)
    with world.reading() as context:
        rows = list(context.session.scalars(select(DutyMoveRow)))
    assert rows
    assert not any(b"brochure" in row.sealed for row in rows)


def test_a_late_proof_stays_late(world: World) -> None:
    brochure(world)
    world.clock.advance(days=5)
    run_due(world.desk)
    try_proof(world, world.cleo)
    kinds = [move.kind for move in history(world, the_duty(world, "hand_over_brochure"))]
    assert kinds == ["raised", "overdue", "escalated", "done"]


def test_a_closed_duty_takes_no_other_proof(world: World) -> None:
    try_proof(world, world.cleo)
    with pytest.raises(StateConflict, match="closed: done"):
        try_proof(world, world.cleo)


def test_a_proof_that_lacks_something_changes_nothing(world: World) -> None:
    with pytest.raises(InvalidRequest):
        try_proof(world, world.cleo, Proof(date(2026, 3, 2)))
    assert brochure(world).state == "open"


@pytest.mark.parametrize("role", ["auditor", "consultant", "intake", "admin"])
def test_reading_is_not_proving(sqlite_world: World, role: str) -> None:
    brochure(sqlite_world)
    with pytest.raises((NotAllowed, NotFound)):
        try_proof(sqlite_world, sqlite_world.account(Role(role), name=role))
    assert brochure(sqlite_world).state == "open"


def test_another_clinician_s_duty_does_not_exist(world: World) -> None:
    brochure(world)
    with pytest.raises(NotFound):
        try_proof(world, clinician_account(world, "ben"))


@pytest.mark.parametrize(
    ("role", "named", "taken"),
    [
        (ActingRole.CLINICIAN, "US-CA", True),
        (ActingRole.CLINICIAN, "ben", False),
        (ActingRole.CLINICIAN, None, False),
        (ActingRole.SYSTEM, None, True),
        (ActingRole.INTAKE, None, False),
        (ActingRole.UNKNOWN, None, False),
        (ActingRole.PATIENT, None, False),
    ],
)
def test_at_the_ehr_only_the_owner_and_officers_prove(
    sqlite_world: World, role: ActingRole, named: str | None, taken: bool
) -> None:
    world = sqlite_world
    brochure(world)
    acting = ActingUser(role, world.ids[named] if named else None)
    who = ehr(world, Scope.DUTIES_WRITE, Scope.DECISION_FULL)
    if taken:
        try_proof(world, who, acting=acting)
        assert brochure(world).state == "done"
    else:
        with pytest.raises(NotFound):
            try_proof(world, who, acting=acting)


def test_a_key_without_whole_decisions_proves_nothing_as_an_officer(sqlite_world: World) -> None:
    brochure(sqlite_world)
    acting = ActingUser(ActingRole.COMPLIANCE)
    with pytest.raises(NotFound):
        try_proof(sqlite_world, ehr(sqlite_world, Scope.DUTIES_WRITE), acting=acting)


def test_an_officer_says_why_a_duty_does_not_apply_and_it_repeats_no_more(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    duty = the_duty(world, "reassess")
    with world.writing() as context:
        say_not_applicable(context, NOBODY, duty.id, "The friendship was another person's.")
    ask(world, "US-OH")
    closed = the_duty(world, "reassess")
    assert closed.state == "not_applicable"
    assert history(world, closed)[-1].words["reason"].startswith("The friendship")
    assert "duty.not_applicable" in world.actions()


def test_nobody_but_compliance_says_that_a_duty_does_not_apply(world: World) -> None:
    duty = brochure(world)
    for who in (
        clinician_account(world, "US-CA"),
        world.account(Role.APPROVER, name="Ada"),
        world.account(Role.AUDITOR, name="Otto"),
    ):
        with pytest.raises(NotAllowed), world.writing(who) as context:
            say_not_applicable(context, NOBODY, duty.id, "I would rather not.")
    own = world.account(Role.COMPLIANCE, name="Gwen", clinician_id=world.ids["US-CA"])
    with pytest.raises(NotAllowed, match="own case"), world.writing(own) as context:
        say_not_applicable(context, NOBODY, duty.id, "It is about me.")
    assert brochure(world).state == "open"


def test_a_reason_is_required(sqlite_world: World) -> None:
    duty = brochure(sqlite_world)
    with pytest.raises(InvalidRequest), sqlite_world.writing() as context:
        say_not_applicable(context, NOBODY, duty.id, " ")


def test_the_practice_s_duty_is_not_settled_by_the_clinician_it_is_about(world: World) -> None:
    practise_in(world, "US-MN")
    in_care(world, "US-MN")
    report(world, "US-MN", "sexual_contact", direction="mutual")
    duty = duties(world, "act_on_knowledge")[0]
    own = world.account(Role.COMPLIANCE, name="Gwen", clinician_id=world.ids["US-MN"])
    acted = Proof(date(2026, 3, 2), "Suspended; decided by the board.")
    with pytest.raises(NotAllowed, match="own case"), world.writing(own) as context:
        prove(context, NOBODY, duty.id, acted)
    with world.writing() as context:
        prove(context, NOBODY, duty.id, acted)


def test_attesting_is_done_by_attesting(world: World) -> None:
    world.check("alma", "nora")
    duty = the_duty(world, "attest")
    with pytest.raises(StateConflict, match="attestation"), world.writing() as context:
        prove(context, NOBODY, duty.id, TOLD)


def test_a_repeated_duty_is_raised_again_by_its_proof(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    first = the_duty(world, "reassess")
    with world.writing(clinician_account(world, "US-OH")) as context:
        prove(context, NOBODY, first.id, Proof(date(2026, 3, 2), "Nothing has changed."))
    done, again = duties(world, "reassess")
    assert (done.state, done.round, again.state, again.round) == ("done", 1, "open", 2)
    assert (again.due_on, again.due_basis) == ("2026-06-02", "default")
    ask(world, "US-OH")
    assert len(duties(world, "reassess")) == 2


def test_a_review_date_is_the_next_day_due(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    first = the_duty(world, "set_review_date")
    with world.writing() as context:
        prove(context, NOBODY, first.id, Proof(date(2026, 3, 2), next_on=date(2026, 9, 1)))
    assert [duty.due_on for duty in duties(world, "set_review_date")] == [
        "2026-03-09",
        "2026-09-01",
    ]
