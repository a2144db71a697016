"""Feedback at the door: a batch is kept whole, and refused only if it is none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.audit import OpeningRow
from policy_service.database.tables.prompts import CardFeedbackRow, LostCallRow, PromptRow
from policy_service.ledger.commitments import Opening
from policy_service.services.people import open_person
from tests.cast import World
from tests.interop.cds.hooks import ALMA, DESK, HookEhr, booking

MOMENT = "2026-03-02T09:30:00Z"


def test_a_card_its_override_and_its_decision_are_one_record(world: World) -> None:
    ehr = HookEhr.at(world)
    (card,) = ehr.cards("appointment-book", booking(DESK, ALMA))
    reason = {"system": "https://x/y", "code": "emergency"}
    item = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": reason},
        "outcomeTimestamp": MOMENT,
    }
    answer = ehr.feedback([item])
    assert (answer.status_code, answer.data) == (200, b"")
    said = feedback_entry(world)
    assert said["feedback"]["card"] == card["uuid"]
    assert said["prompt"]["hook"] == "appointment-book"
    assert said["prompt"]["user"] == DESK
    assert said["prompt"]["sections"]
    assert said["response"]["override"] == reason
    with world.reading() as context:
        prompt = context.session.get_one(PromptRow, (world.practice_id, card["uuid"]))
        assert (prompt.answered_at, prompt.answer_due_at) == (world.clock(), None)


def feedback_entry(world: World) -> dict[str, Any]:
    """The openings of the one entry about feedback, by group."""
    with world.reading() as context:
        row = context.session.scalars(select(CardFeedbackRow)).one()
        found = {}
        rows = select(OpeningRow).where(OpeningRow.entry_id == row.entry_id)
        for one in context.session.scalars(rows).all():
            where = ("audit_opening", one.entry_id, one.name)
            raw = context.keyring.open(context.session, one.owner_person_id, one.sealed, where)
            found[one.name] = Opening.from_bytes(raw).value
        assert open_person(context, row.owner_person_id or "").record.names[0].given == "Tomas"
    return found


def test_a_suggestion_is_accepted_by_its_id(sqlite_world: World) -> None:
    ehr = HookEhr.at(sqlite_world)
    (card,) = ehr.cards("appointment-book", booking(DESK, ALMA))
    accepted = [{"id": card["suggestions"][0]["uuid"]}]
    item = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": MOMENT}
    assert ehr.feedback([{**item, "acceptedSuggestions": accepted}]).status_code == 200
    assert feedback_entry(sqlite_world)["response"]["suggestions"] == [accepted[0]["id"]]


def test_a_mixed_batch_is_kept_whole_and_repeating_it_changes_nothing(sqlite_world: World) -> None:
    ehr = HookEhr.at(sqlite_world)
    (card,) = ehr.cards("appointment-book", booking(DESK, ALMA))
    batch: list[Any] = [
        {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": MOMENT},
        {"card": "no-card", "outcome": "overridden", "outcomeTimestamp": MOMENT},
        {"card": card["uuid"], "outcome": "ignored", "float": 0.5},
        ["not", "an", "object"],
    ]
    for _ in range(2):
        assert ehr.feedback(batch).status_code == 200
    with sqlite_world.reading() as context:
        rows = context.session.scalars(select(CardFeedbackRow)).all()
    assert sorted((row.is_conformant, row.decision_id is not None) for row in rows) == [
        (False, False),
        (False, True),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize("body", [{}, {"feedback": {}}, {"feedback": None}, []], ids=repr)
def test_only_what_is_no_batch_is_refused_and_that_is_kept_too(
    sqlite_world: World, body: Any
) -> None:
    ehr = HookEhr.at(sqlite_world).ehr
    answer = ehr.post("/cds-services/boundary-patient-view/feedback", body)
    assert answer.status_code == 400
    assert (answer.json or {})["resourceType"] == "OperationOutcome"
    with sqlite_world.reading() as context:
        lost = context.session.scalars(select(LostCallRow)).one()
    assert (lost.service, lost.status) == ("boundary-patient-view/feedback", 400)
