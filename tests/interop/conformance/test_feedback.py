"""Feedback (CDS Hooks 2.0 "Feedback"): nothing that arrives is lost, and twins count once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from policy_service.database.tables.prompts import CardFeedbackRow
from tests.cast import World
from tests.interop.conformance.ehr import Ehr, refused
from tests.interop.conformance.hooks import Json

WHEN = "2026-03-02T09:05:31Z"
REASON = {"code": "consult-documented", "system": "https://example.org/override"}


def reports(world: World) -> list[CardFeedbackRow]:
    """Every report that is kept."""
    with world.reading() as context:
        return list(context.session.scalars(select(CardFeedbackRow)))


def card_of(ehr: Ehr) -> Json:
    """A card with a suggestion."""
    cards = ehr.cards("appointment-book", "alma", "tomas")
    return next(card for card in cards if "suggestions" in card)


def overridden(card: str, /, **changes: Any) -> Json:
    """A report that a card was overridden; a change to None leaves a member out."""
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": WHEN} | changes
    return {name: value for name, value in item.items() if value is not None}


def test_feedback_is_taken_below_the_service(fresh_ehr: Ehr) -> None:
    card = card_of(fresh_ehr)
    chosen = [{"id": card["suggestions"][0]["uuid"]}]
    item = overridden(card["uuid"], outcome="accepted", acceptedSuggestions=chosen)
    answer = fresh_ehr.feedback("appointment-book", [item])
    assert (answer.status_code, answer.data) == (200, b"")
    [kept] = reports(fresh_ehr.world)
    assert (kept.prompt_id, kept.outcome, kept.is_conformant) == (card["uuid"], "accepted", True)
    assert any(action.startswith("feedback") for action in fresh_ehr.world.actions())


@pytest.mark.parametrize(
    "body",
    [{}, [], {"feedback": None}, {"feedback": {}}, {"feedback": "x"}, {"Feedback": []}, 3, "text"],
    ids=str,
)
def test_only_a_body_without_the_array_is_400(fresh_ehr: Ehr, body: Any) -> None:
    answer = fresh_ehr.post("/cds-services/boundary-patient-view/feedback", body)
    element = "feedback" if isinstance(body, dict) else "http.body"
    refused(answer, 400, element)
    assert reports(fresh_ehr.world) == []


NOT_WHOLE: dict[str, Any] = {
    "no card": {"card": None},
    "card is a number": {"card": 7},
    "no outcome": {"outcome": None},
    "another outcome": {"outcome": "ignored"},
    "accepted without suggestions": {"outcome": "accepted"},
    "suggestion without id": {"outcome": "accepted", "acceptedSuggestions": [{}]},
    "no time": {"outcomeTimestamp": None},
    "time without zone": {"outcomeTimestamp": "2026-03-02T09:05:31"},
    "unreadable time": {"outcomeTimestamp": "yesterday"},
    "reason without words": {"overrideReason": {}},
}


@pytest.mark.parametrize("case", NOT_WHOLE)
def test_an_item_that_is_not_whole_is_kept_and_marked(fresh_ehr: Ehr, case: str) -> None:
    card = card_of(fresh_ehr)["uuid"]
    good = overridden(card, outcomeTimestamp="2026-03-02T09:06:00Z")
    answer = fresh_ehr.feedback("appointment-book", [overridden(card, **NOT_WHOLE[case]), good])
    assert answer.status_code == 200, answer.text
    assert sorted(report.is_conformant for report in reports(fresh_ehr.world)) == [False, True]


@pytest.mark.parametrize("item", [None, 7, "text", [], {}], ids=repr)
def test_an_item_that_is_no_object_is_kept_and_marked(fresh_ehr: Ehr, item: Any) -> None:
    assert fresh_ehr.feedback("patient-view", [item]).status_code == 200
    [kept] = reports(fresh_ehr.world)
    assert not kept.is_conformant


@pytest.mark.parametrize(
    "reason",
    [
        None,
        {"reason": REASON},
        {"userComment": "spoke with the supervisor"},
        {"reason": REASON | {"display": "Consulted"}, "userComment": "and wrote it down"},
    ],
    ids=["none", "code", "comment", "both"],
)
def test_every_form_of_override_the_text_allows_is_conformant(fresh_ehr: Ehr, reason: Any) -> None:
    card = card_of(fresh_ehr)["uuid"]
    answer = fresh_ehr.feedback("appointment-book", [overridden(card, overrideReason=reason)])
    assert answer.status_code == 200
    [kept] = reports(fresh_ehr.world)
    assert (kept.prompt_id, kept.is_conformant) == (card, True)


def test_a_batch_and_a_twin_are_taken_once_each(fresh_ehr: Ehr) -> None:
    """Cards of two hook instances, one that nobody knows, and the whole batch again."""
    cards = [card_of(fresh_ehr)["uuid"], card_of(fresh_ehr)["uuid"], str(uuid4())]
    batch = [overridden(card) for card in cards]
    for _ in range(2):
        assert fresh_ehr.feedback("appointment-book", [*batch, batch[0]]).status_code == 200
    kept = reports(fresh_ehr.world)
    assert len(kept) == 3
    assert sorted(report.prompt_id is None for report in kept) == [False, False, True]
    later = overridden(cards[0], outcomeTimestamp="2026-03-02T10:00:00Z")
    assert fresh_ehr.feedback("appointment-book", [later]).status_code == 200
    assert len(reports(fresh_ehr.world)) == 4, "the same card may be reported again"
