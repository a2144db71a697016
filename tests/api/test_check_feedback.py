"""POST /v1/checks/{id}/feedback on both databases."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from policy_service.domain.principals import Scope
from tests.api.conftest import asked
from tests.api.rows import new_rows, row_counts
from tests.cast import Caller, World

SAID: dict[str, Any] = {
    "outcome": "overridden",
    "outcomeTimestamp": "2026-03-02T09:05:00Z",
    "by": "front.desk",
    "appointment": "AP-7",
    "overrideReason": {"userComment": "The supervisor is informed."},
}


@pytest.fixture
def desk(world: World) -> Caller:
    return world.http(Scope.DECISION_BRIEF)


@pytest.fixture
def check_id(world: World, desk: Caller) -> str:
    made: str = desk.post("/v1/checks", json=asked(world, "alma", "tomas")).json["id"]
    return made


def test_what_the_front_desk_did_is_an_entry_of_the_log(
    world: World, desk: Caller, check_id: str
) -> None:
    before = row_counts(world)
    response = desk.post(f"/v1/checks/{check_id}/feedback", json=SAID)
    assert response.json == {"status": "recorded", "kept": True}
    grown = new_rows(before, row_counts(world))
    assert (grown["card_feedback"], grown["audit_entry"]) == (1, 1)
    assert world.actions()[-1] == "feedback.received"
    assert "review_case" not in grown


def test_the_same_report_is_kept_once(world: World, desk: Caller, check_id: str) -> None:
    desk.post(f"/v1/checks/{check_id}/feedback", json=SAID)
    before = row_counts(world)
    again = desk.post(f"/v1/checks/{check_id}/feedback", json=SAID)
    assert again.json == {"status": "recorded", "kept": False}
    assert row_counts(world) == before


def test_feedback_on_a_check_that_never_was_is_not_found(world: World, desk: Caller) -> None:
    assert desk.post(f"/v1/checks/{uuid4()}/feedback", json=SAID).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("outcome", "ignored"), ("outcomeTimestamp", "yesterday"), ("by", ""), ("mood", "good")],
)
def test_a_report_that_cannot_be_read_names_the_field(
    field: str, value: str, desk: Caller, check_id: str
) -> None:
    response = desk.post(f"/v1/checks/{check_id}/feedback", json=SAID | {field: value})
    assert response.status_code == 422
    assert response.json["errors"][0]["pointer"] == f"/{field}"
