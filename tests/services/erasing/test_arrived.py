"""What arrived from an EHR about a person who was erased: prompts, feedback, calls."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from policy_service.database.tables.prompts import CardFeedbackRow, LostCallRow, PromptRow
from policy_service.domain.feedback import read_report
from policy_service.domain.principals import Principal, Role
from policy_service.services.feedback import receive_feedback
from policy_service.services.lost_calls import LostCall, keep_lost
from policy_service.services.packs import wording
from policy_service.services.prompts import (
    CDS,
    Card,
    HookCall,
    keep_cards,
    raise_unanswered,
    shown,
    silent_asks,
)
from policy_service.vault.errors import KeyNotHeld
from tests.cast import World
from tests.services.erasing.test_orders import erased

CARD = "0b8f3c1e-5d2c-4d7e-9a57-2f3f6f1c9d11"
CALL = HookCall("patient-view", "boundary-patient-view", "i", "Practitioner/1", "Patient/7", "iss")


def ehr(world: World) -> Principal:
    return world.account(Role.EHR, name="an EHR")


def report(world: World, card: str, comment: str) -> None:
    said = {
        "card": card,
        "outcome": "overridden",
        "overrideReason": {"userComment": comment},
        "outcomeTimestamp": "2026-03-02T09:30:00Z",
    }
    receive_feedback(world.desk, ehr(world), CDS, [read_report(said)])


def show(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    card = Card(CARD, "critical", decision, {"summary": "Please choose another clinician."})
    keep_cards(world.desk, ehr(world), CALL, [card], wording(world.desk, ehr(world)))


def said_of(world: World) -> list[Any]:
    """Every report that still opens."""
    with world.reading() as context:
        found = []
        for row in context.session.scalars(select(CardFeedbackRow)).all():
            where = ("card_feedback", row.id, "sealed")
            try:
                opened = context.keyring.open(
                    context.session, row.owner_person_id, row.sealed, where
                )
            except KeyNotHeld:
                continue
            found.append(orjson.loads(opened)["item"])
        return found


def test_a_card_and_its_feedback_cannot_be_read_any_more(world: World) -> None:
    show(world)
    report(world, CARD, "he is my neighbour's son")
    erased(world, "tomas")
    assert said_of(world) == []
    with world.reading() as context:
        prompt = context.session.get_one(PromptRow, (world.practice_id, CARD))
        with pytest.raises(KeyNotHeld):
            shown(context, prompt)
        assert silent_asks(context, ehr(world).id) == []


def test_late_feedback_about_an_erased_client_keeps_codes_alone(sqlite_world: World) -> None:
    show(sqlite_world)
    erased(sqlite_world, "tomas")
    report(sqlite_world, CARD, "Tomas Reyes came all the same")
    (kept,) = said_of(sqlite_world)
    assert kept == {
        "card": CARD,
        "outcome": "overridden",
        "reported_at": "2026-03-02T09:30:00.000000Z",
    }


def test_an_unanswered_card_of_an_erased_client_is_raised_without_a_word(world: World) -> None:
    show(world)
    erased(world, "tomas")
    world.clock.advance(hours=25)
    assert raise_unanswered(world.desk, world.practice_id) == 1


def test_orphans_and_lost_calls_that_name_the_person_go_and_others_stay(world: World) -> None:
    orphan, other = CARD.replace("0b", "1b"), CARD.replace("0b", "2b")
    report(world, orphan, "Tomas Reyes is my brother")
    report(world, other, "wrong screen")
    for body in (b'{"context": {"patientId": "ehr-tomas"}}', b'{"context": {"patientId": "9"}}'):
        keep_lost(world.desk, ehr(world), LostCall("boundary-patient-view", 412, body, "x"))
    erased(world, "tomas")
    assert [item["card"] for item in said_of(world)] == [other]
    with world.reading() as context:
        assert len(context.session.scalars(select(LostCallRow)).all()) == 1
