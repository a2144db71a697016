"""The deliberation: versions, completeness, and late for ever."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from policy_service.database.tables.decisions import DecisionRow
from policy_service.domain.deliberations import FIELDS
from policy_service.domain.reviews import MoveKind
from policy_service.errors import InvalidRequest
from policy_service.services.case_moves import Move, moves_of
from policy_service.services.case_steps import LONGEST_TEXT, CaseRef
from policy_service.services.deliberations import deliberate
from tests.cast import World
from tests.console.office import answers, case_row, friend_case


def _save(world: World, case: str, **changed: str) -> Move:
    with world.writing() as context:
        deliberate(context, CaseRef(case, case_row(world, case).version), answers(**changed))
    with world.reading() as context:
        saved = moves_of(context, case_row(world, case))[-1]
    assert saved.kind is MoveKind.DELIBERATED
    return saved


def _was_an_event(world: World, case: str) -> None:
    """The question was raised by an event that had already happened."""
    with world.writing() as context:
        context.session.execute(
            update(DecisionRow)
            .where(DecisionRow.client_id == case_row(world, case).client_id)
            .values(purpose="event")
        )


def test_it_is_complete_only_with_every_mandatory_field(sqlite_world: World) -> None:
    case = friend_case(sqlite_world)
    for field in FIELDS:
        saved = _save(sqlite_world, case, **{field.name: "  "})
        assert saved.words["complete"] is not field.mandatory, field.name
    assert _save(sqlite_world, case).words["complete"] is True


def test_a_record_begun_after_the_event_is_late_and_stays_so(world: World) -> None:
    case = friend_case(world)
    _was_an_event(world, case)
    assert _save(world, case).words["late"] is True
    assert _save(world, case, unease="None.").words["late"] is True


def test_a_record_complete_before_the_event_is_not_late(world: World) -> None:
    case = friend_case(world)
    assert _save(world, case).words["late"] is False
    _was_an_event(world, case)
    assert _save(world, case, unease="Some.").words["late"] is False


def test_every_version_is_kept(sqlite_world: World) -> None:
    case = friend_case(sqlite_world)
    for text in ("first", "second", "third"):
        _save(sqlite_world, case, mitigation=text)
    with sqlite_world.reading() as context:
        moves = moves_of(context, case_row(sqlite_world, case))
    kept = [m.words["answers"]["mitigation"] for m in moves if m.kind is MoveKind.DELIBERATED]
    assert kept == ["first", "second", "third"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"therapy_power": "enormous"}, "/therapy_power"),
        ({"review_on": "2026-02-30"}, "/review_on"),
        ({"mitigation": "x" * (LONGEST_TEXT + 1)}, "/mitigation"),
        ({"colour": "blue"}, "/colour"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_saved(
    sqlite_world: World, changed: dict[str, Any], field: str
) -> None:
    case = friend_case(sqlite_world)
    with pytest.raises(InvalidRequest) as refused:
        _save(sqlite_world, case, **changed)
    assert [error.pointer for error in refused.value.errors] == [field]
    assert case_row(sqlite_world, case).version == 1


def test_paragraphs_stay_and_control_characters_go(sqlite_world: World) -> None:
    case = friend_case(sqlite_world)
    saved = _save(sqlite_world, case, mitigation="One.\r\n\r\nTwo.\x00\u202e")
    assert saved.words["answers"]["mitigation"] == "One.\n\nTwo."
