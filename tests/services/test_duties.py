"""Duties are raised by the decision that asks for them, with it, and once for each cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.duties import DutyOccurrenceRow, DutyRow
from policy_service.domain.decisions import Decision, RuleReading
from policy_service.domain.duties import Proof
from policy_service.domain.duty_specs import DUTIES
from policy_service.services import duties as module
from policy_service.services.checks import NOBODY_NAMED
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.duties import raise_duty
from policy_service.services.duty_files import DutyFilter, list_duties
from policy_service.services.duty_proofs import prove
from policy_service.services.episodes import revise_episode
from policy_service.services.events import (
    CAUSE_MOVED,
    CAUSE_WITHDRAWN,
    events_of,
    move_event,
    withdraw_event,
)
from policy_service.services.own_page import own_viewer
from policy_service.services.parties import client_row, clinician_row
from tests.cast import NORA, World, person
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


@pytest.mark.parametrize(
    ("state", "kind"),
    [("US-CA", "hand_over_brochure"), ("US-NH", "tell_of_right_to_report")],
)
def test_a_report_of_earlier_misconduct_is_due_now_by_the_law(
    world: World, state: str, kind: str
) -> None:
    practise_in(world, state)
    answer = report(world, state)
    duty = the_duty(world, kind)
    assert (duty.state, duty.owner, duty.round) == ("open", "clinician", 1)
    assert (duty.due_on, duty.due_basis, duty.source_says) == ("2026-03-02", "source", "now")
    assert duty.decision_id == answer["id"]
    assert duty.rule in {finding["rule"] for finding in answer["findings"]}


def test_what_the_source_does_not_date_is_shown_as_our_default(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    told, again = the_duty(world, "inform_client"), the_duty(world, "reassess")
    assert (told.due_basis, told.source_says, told.due_on) == ("source", "at once", "2026-03-02")
    assert (again.due_basis, again.source_says, again.due_on) == ("default", "", "2026-05-31")


def test_a_duty_commits_with_its_decision_or_neither_does(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    practise_in(world, "US-CA")

    def fails(*_: object) -> None:
        raise ValueError("the duty could not be written")

    monkeypatch.setattr(module, "make_move", fails)
    with pytest.raises(ValueError, match="could not"):
        report(world, "US-CA")
    monkeypatch.undo()
    assert duties(world) == []
    with world.reading() as context:
        assert context.session.scalar(select(func.count()).select_from(DecisionRow)) == 0
    report(world, "US-CA")
    assert len(duties(world, "hand_over_brochure")) == 1


def test_repeated_checks_join_the_duty(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    asked = [ask(world, "US-OH")["id"] for _ in range(3)]
    duty = the_duty(world, "inform_client")
    with world.reading() as context:
        met = select(DutyOccurrenceRow.decision_id).where(DutyOccurrenceRow.duty_id == duty.id)
        assert set(context.session.scalars(met)) == set(asked)
    assert [move.kind for move in history(world, duty)] == ["raised"]


def test_at_most_one_duty_of_a_key_is_open(world: World) -> None:
    practise_in(world, "US-CA")
    report(world, "US-CA")
    duty = the_duty(world, "hand_over_brochure")
    again = module.NewDuty(
        DUTIES[duty.kind],
        DUTIES[duty.kind].owner,
        DUTIES[duty.kind].due,
        duty.subject,
        duty.clinician_id,
        duty.client_id,
        rule=duty.rule,
    )
    assert again.key == duty.key
    with pytest.raises(IntegrityError), world.writing() as context:
        raise_duty(context, again)


def test_each_event_has_a_duty_of_its_own(world: World) -> None:
    practise_in(world, "US-CA")
    report(world, "US-CA")
    report(world, "US-CA", occurred_on="2026-02")
    found = duties(world, "hand_over_brochure")
    assert len({duty.subject for duty in found}) == 2
    assert all(duty.subject.startswith("event:") for duty in found)


def event_of(world: World, answer: dict[str, Any]) -> str:
    """The id of the event an answer is about."""
    with world.reading() as context:
        decision = context.session.get_one(DecisionRow, (context.practice_id, answer["id"]))
        rows = events_of(context, decision.clinician_id, decision.client_id)
        return next(row.id for row in rows if row.recorded_at == decision.at)


def test_a_duty_ends_when_the_event_that_raised_it_is_withdrawn(world: World) -> None:
    """The other event's duty stays; the reason, the service as actor and the entry are there."""
    practise_in(world, "US-CA")
    first = event_of(world, report(world, "US-CA"))
    world.clock.advance(minutes=1)
    report(world, "US-CA", occurred_on="2026-02-01")
    with world.writing() as context:
        withdraw_event(context, first, "Typed into the wrong chart.")
    by_subject = {duty.subject: duty for duty in duties(world, "hand_over_brochure")}
    closed = by_subject.pop(f"event:{first}")
    assert [duty.state for duty in by_subject.values()] == ["open"]
    assert (closed.state, closed.next_step_on) == ("not_applicable", None)
    last = history(world, closed)[-1]
    assert last.words == {"reason": CAUSE_WITHDRAWN}
    assert last.actor == "account:duties"
    assert world.actions()[-2:] == ["event.withdrawn", "duty.not_applicable"]


def test_a_duty_ends_when_its_event_turns_out_to_be_another_client_s(world: World) -> None:
    practise_in(world, "US-CA")
    event = event_of(world, report(world, "US-CA"))
    with world.writing() as context:
        move_event(context, event, world.ids["tomas"], "The other client.")
    duty = the_duty(world, "hand_over_brochure")
    assert duty.state == "not_applicable"
    assert history(world, duty)[-1].words == {"reason": CAUSE_MOVED}


def test_a_duty_that_was_proved_stays_proved_when_its_event_is_withdrawn(world: World) -> None:
    practise_in(world, "US-CA")
    event = event_of(world, report(world, "US-CA"))
    duty = the_duty(world, "hand_over_brochure")
    with world.writing() as context:
        prove(context, NOBODY_NAMED, duty.id, Proof(context.today, "Handed over."))
    with world.writing() as context:
        withdraw_event(context, event, "It never happened.")
    assert the_duty(world, "hand_over_brochure").state == "done"


def test_each_tie_has_a_duty_of_its_own(world: World) -> None:
    """The client was told of one conflict; another one is another telling."""
    practise_in(world, "US-OH")
    befriend(world, "US-OH", NORA)
    ask(world, "US-OH")
    with world.writing() as context:
        own = clinician_row(context, world.ids["US-OH"]).person_id
        nora = client_row(context, world.ids["nora"]).person_id
        tomas = client_row(context, world.ids["tomas"]).person_id
        state_tie(context, TieForm(own, tomas, "BRO"))
        state_tie(context, TieForm(nora, tomas, "HUSB"))
    ask(world, "US-OH")
    assert len({duty.subject for duty in told_of_conflict(world)}) == 2


def told_of_conflict(world: World) -> list[DutyRow]:
    """The duties to tell the client that the rule on second relationships raised."""
    found = duties(world, "inform_client")
    return [duty for duty in found if duty.rule == "us-oh-cswmft.5-03.conflict"]


def test_taking_a_client_back_is_another_course_with_duties_of_its_own(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    form, episode = in_care(world, "US-OH")
    ask(world, "US-OH", purpose="session")
    assert len(told_of_conflict(world)) == 1
    ended = replace(form, terminated_on="2026-03-02", termination_reason="planned", is_open=False)
    with world.writing() as context:
        revise_episode(context, episode, ended, "Care ended.")
    ask(world, "US-OH", purpose="re_enrolment")
    assert {duty.subject[:8] for duty in told_of_conflict(world)} == {"course:0", "course:1"}


def test_an_undecided_finding_raises_no_duty_but_asks(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH", person("Nora", "Lind", "1990"))
    answer = ask(world, "US-OH")
    undecided = {f["rule"] for f in answer["findings"] if f["undecided"]}
    assert "us-oh-cswmft.5-03.conflict" in undecided
    assert duties(world, "inform_client") == []
    assert answer["ask"]


def test_a_duty_raised_by_an_undecided_finding_would_be_noticed(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""

    def hasty(decision: Decision) -> Iterator[tuple[str, RuleReading]]:
        for finding in decision.findings:
            for code in finding.reading.facets.obligations:
                if code in DUTIES:
                    yield code, finding.reading

    monkeypatch.setattr(module, "_asked", hasty)
    world = sqlite_world
    practise_in(world, "US-OH")
    befriend(world, "US-OH", person("Nora", "Lind", "1990"))
    ask(world, "US-OH")
    assert duties(world, "inform_client") != []


def test_a_duty_whose_cause_is_hidden_is_the_practice_s(world: World) -> None:
    """Telling the clinician to inform the client would tell them that there is a conflict."""
    practise_in(world, "US-OH")
    with world.writing() as context:
        own = clinician_row(context, world.ids["US-OH"]).person_id
        nora = client_row(context, world.ids["nora"]).person_id
        state_tie(context, TieForm(own, nora, "FRND"))
    ask(world, "US-OH")
    assert {duty.owner for duty in duties(world)} == {"practice"}
    with world.reading(clinician_account(world, "US-OH")) as context:
        assert list_duties(context, own_viewer(context), DutyFilter()).rows == ()


def test_the_employer_owes_what_only_the_employer_can_do(world: World) -> None:
    practise_in(world, "US-MN")
    in_care(world, "US-MN")
    report(world, "US-MN", "sexual_contact", direction="mutual")
    found = duties(world, "act_on_knowledge")
    assert found
    assert {(duty.owner, duty.due_basis) for duty in found} == {("practice", "default")}


def test_the_notice_of_first_contact_is_owed_once(world: World) -> None:
    practise_in(world, "US-CO")
    for purpose in ("intake", "booking"):
        ask(world, "US-CO", purpose=purpose)
    duty = the_duty(world, "give_first_contact_notice")
    assert (duty.source_says, duty.due_basis) == ("at first contact", "default")
    assert date.fromisoformat(duty.due_on) > world.clock().date()


def test_every_move_is_an_entry_of_the_log(world: World) -> None:
    practise_in(world, "US-CA")
    report(world, "US-CA")
    raised = [action for action in world.actions() if action == "duty.raised"]
    assert len(raised) == len(duties(world))


def test_the_duty_to_attest_is_one_for_each_clinician(world: World) -> None:
    for client in ("nora", "tomas", "nora"):
        world.check("alma", client)
    duty = the_duty(world, "attest")
    expected = (world.ids["alma"], None, "clinician")
    assert (duty.clinician_id, duty.client_id, duty.owner) == expected
