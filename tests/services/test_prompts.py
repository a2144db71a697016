"""What was put before somebody is kept, found by feedback, and raised when nobody answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.prompts import PromptRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.feedback import read_report
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.services.case_moves import moves_of
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.feedback import receive_feedback
from policy_service.services.packs import wording
from policy_service.services.prompts import (
    CDS,
    REST,
    Card,
    HookCall,
    keep_cards,
    raise_unanswered,
    shown,
    silent_asks,
)
from policy_service.worker import Worker
from tests.cast import World

CALL = HookCall("patient-view", "boundary-patient-view", "instance", "Practitioner/1", "7", "iss")
CARD = "0b8f3c1e-5d2c-4d7e-9a57-2f3f6f1c9d11"
AT_THE_DESK = ActingUser(ActingRole.INTAKE)


def ehr(world: World, **more: Any) -> Principal:
    caller = world.account(Role.EHR, name="an EHR")
    return replace(caller, scopes=frozenset({Scope.DECISION_BRIEF}), **more)


def ask(world: World, principal: Principal, client: str = "tomas") -> dict[str, Any]:
    request = CheckRequest(
        clinician_id=world.ids["alma"],
        purpose="intake",
        as_of=world.clock().date(),
        client_id=world.ids[client],
        acting=AT_THE_DESK,
    )
    answer: dict[str, Any] = orjson.loads(
        run_check(world.desk, principal, request, world.door()).body
    )
    return answer


def show_card(world: World, principal: Principal, decision: str, indicator: str) -> None:
    card = Card(CARD, indicator, decision, {"summary": "Please wait."})
    keep_cards(world.desk, principal, CALL, [card], wording(world.desk, principal))


def prompts(world: World) -> list[PromptRow]:
    with world.reading() as context:
        return list(context.session.scalars(select(PromptRow)))


def last_words(world: World) -> Any:
    with world.reading() as context:
        case = context.session.scalars(select(CaseRow)).one()
        return moves_of(context, case)[-1].words


def test_a_card_is_kept_with_who_saw_it_and_the_sections_it_rests_on(world: World) -> None:
    principal = ehr(world)
    decision = ask(world, principal)["id"]
    show_card(world, principal, decision, "warning")
    with world.reading() as context:
        row = context.session.scalars(select(PromptRow)).one()
        said = shown(context, row)
    assert said["user"] == "Practitioner/1"
    assert said["hook_instance"] == "instance"
    assert said["sections"]
    assert said["packs"]
    assert row.answer_due_at is None
    assert "prompt.rendered" in world.actions()


def test_a_critical_card_that_nobody_answers_is_raised_once(world: World) -> None:
    principal = ehr(world)
    decision = ask(world, principal)["id"]
    show_card(world, principal, decision, "critical")
    assert raise_unanswered(world.desk, world.practice_id) == 0
    world.clock.advance(hours=25)
    assert raise_unanswered(world.desk, world.practice_id) == 1
    assert last_words(world)["unanswered"] == "critical"
    assert raise_unanswered(world.desk, world.practice_id) == 0
    assert world.actions().count("prompt.unanswered") == 1


def test_a_card_that_was_answered_is_never_raised(sqlite_world: World) -> None:
    principal = ehr(sqlite_world)
    decision = ask(sqlite_world, principal)["id"]
    show_card(sqlite_world, principal, decision, "critical")
    said = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-03-02T09:30:00Z"}
    receive_feedback(sqlite_world.desk, principal, CDS, [read_report(said)])
    sqlite_world.clock.advance(days=30)
    assert raise_unanswered(sqlite_world.desk, sqlite_world.practice_id) == 0
    assert last_words(sqlite_world) == {"feedback": "overridden", "override": {}}


def test_an_ask_without_feedback_is_raised_where_the_client_promised_some(world: World) -> None:
    ask(world, ehr(world))
    assert prompts(world) == []
    ask(world, ehr(world, answer_hours=4))
    assert [row.door for row in prompts(world)] == [REST]
    world.clock.advance(hours=5)
    Worker(world.desk).run_due()
    assert last_words(world)["unanswered"] == "critical"


def test_a_client_on_trial_is_told_nothing_and_nothing_follows(world: World) -> None:
    answer = ask(world, ehr(world, is_silent=True))
    assert sorted(answer) == ["at", "id", "mode", "receipt", "status"]
    assert answer["mode"] == "silent"
    with world.reading() as context:
        assert context.session.scalars(select(DecisionRow)).one().is_silent
        assert context.session.scalars(select(CaseRow)).all() == []
        assert context.session.scalars(select(DutyRow)).all() == []
    assert "check.decided" in world.actions()
    Worker(world.desk).run_due()
    with world.reading() as context:
        assert context.session.scalars(select(CaseRow)).all() == []


def test_what_a_client_on_trial_would_have_been_told_is_kept(world: World) -> None:
    principal = ehr(world, is_silent=True)
    ask(world, principal)
    with world.reading() as context:
        (kept,) = silent_asks(context, principal.id)
    live = ask(world, ehr(world))
    assert kept.said["answer"]["standing"] == live["standing"]
    assert live["standing"] == "choose another clinician"
    assert kept.said["audience"] == "intake"


def test_a_client_on_trial_gets_the_same_bytes_whatever_is_the_case(sqlite_world: World) -> None:
    principal = ehr(sqlite_world, is_silent=True)
    conflict, none = ask(sqlite_world, principal), ask(sqlite_world, principal, "nora")
    fixed = ("id", "at", "receipt")
    assert {k: v for k, v in conflict.items() if k not in fixed} == {
        k: v for k, v in none.items() if k not in fixed
    }
    assert len(orjson.dumps(conflict)) == len(orjson.dumps(none))
