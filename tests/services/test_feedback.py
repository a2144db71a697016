"""Feedback is kept once, whatever it is, and joins what it is about."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select

from policy_service.database.tables.prompts import CardFeedbackRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.feedback import CHECK_OUTCOMES, read_report
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotFound
from policy_service.services.case_moves import moves_of
from policy_service.services.cases import cases_met
from policy_service.services.feedback import (
    Received,
    receive_check_feedback,
    receive_feedback,
)
from policy_service.services.prompts import CDS
from tests.cast import World

STRANGE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def ehr(world: World) -> Principal:
    return world.account(Role.EHR, name="an EHR")


def item(card: str, **more: Any) -> dict[str, Any]:
    return {
        "card": card,
        "outcome": "overridden",
        "overrideReason": {"userComment": "talked to Zebulon"},
        "outcomeTimestamp": "2026-03-02T09:30:00Z",
        **more,
    }


def receive(world: World, *items: Any) -> Received:
    return receive_feedback(world.desk, ehr(world), CDS, [read_report(one) for one in items])


def kept(world: World) -> list[CardFeedbackRow]:
    with world.reading() as context:
        rows = select(CardFeedbackRow).order_by(CardFeedbackRow.id)
        return list(context.session.scalars(rows))


def test_a_report_that_comes_twice_is_one_also_in_another_spelling_of_its_moment(
    world: World,
) -> None:
    assert receive(world, item(STRANGE)) == Received(1, 0, 1, 0)
    again = item(STRANGE.upper(), outcomeTimestamp="2026-03-02T10:30:00+01:00")
    assert receive(world, again) == Received(0, 1, 0, 0)
    assert len(kept(world)) == 1
    assert world.actions().count("feedback.received") == 1


def test_another_outcome_or_moment_is_another_report(sqlite_world: World) -> None:
    later = item(STRANGE, outcomeTimestamp="2026-03-02T09:31:00Z")
    other = item(STRANGE, outcome="accepted", acceptedSuggestions=[{"id": "s"}])
    assert receive(sqlite_world, item(STRANGE), later, other).kept == 3


def test_a_batch_keeps_what_is_unknown_and_what_is_wrong_and_marks_both(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    odd: list[Any] = [
        item(decision),
        item(STRANGE),
        {"outcome": "ignored", "x": 1.5, "y": 10**40},
        7,
        None,
    ]
    assert receive(world, *odd) == Received(5, 0, 4, 3)
    rows = kept(world)
    assert sorted(row.is_conformant for row in rows) == [False, False, False, True, True]
    assert [row.decision_id for row in rows if row.decision_id] == [decision]
    assert receive(world, *odd) == Received(0, 5, 0, 0)


def test_nothing_that_was_said_lies_in_clear(sqlite_world: World) -> None:
    decision = sqlite_world.check("alma", "tomas")["id"]
    receive(sqlite_world, item(decision), item(STRANGE))
    for row in kept(sqlite_world):
        assert b"Zebulon" not in row.sealed
        with sqlite_world.reading() as context:
            where = ("card_feedback", row.id, "sealed")
            raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
        assert orjson.loads(raw)["item"]["overrideReason"]["userComment"] == "talked to Zebulon"


def test_an_override_is_noted_on_the_case_that_its_decision_opened(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    receive(world, item(decision))
    with world.reading() as context:
        (case_id,) = cases_met(context, decision).values()
        case = context.session.get_one(CaseRow, (world.practice_id, case_id))
        noted = moves_of(context, case)[-1].words
    assert noted == {"feedback": "overridden", "override": {"comment": "talked to Zebulon"}}


def test_what_became_of_a_check_is_reported_by_its_id(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    report = read_report(item(decision, outcome="booked"), CHECK_OUTCOMES)
    assert receive_check_feedback(world.desk, ehr(world), decision, report).orphans == 0
    with pytest.raises(NotFound):
        receive_check_feedback(world.desk, ehr(world), STRANGE, report)


def test_a_batch_that_fails_midway_leaves_nothing(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policy_service.services import feedback

    def broken(*_: Any) -> int:
        raise OSError("disk full")

    decision = sqlite_world.check("alma", "tomas")["id"]
    monkeypatch.setattr(feedback, "note_on_cases", broken)
    with pytest.raises(OSError, match="disk full"):
        receive(sqlite_world, item(STRANGE), item(decision))
    assert kept(sqlite_world) == []
