"""Who may decide what about a case."""

from __future__ import annotations

from datetime import date

import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Principal, Role
from policy_service.domain.reviews import (
    CaseState,
    CaseView,
    Disposition,
    DispositionKind,
    MoveKind,
    require_approver,
    require_decider,
    require_disposition,
    require_move,
)
from policy_service.errors import InvalidRequest, NotAllowed, StateConflict

TODAY = date(2026, 3, 1)
ACCEPT = Disposition(
    DispositionKind.ACCEPT_WITH_CONDITIONS, "weighed", ("monthly review",), date(2026, 9, 1)
)
DECLINE = Disposition(DispositionKind.DECLINE, "too close")
OVERRIDE = Disposition(
    DispositionKind.OVERRIDE, "no other clinician in reach", ("supervision",), date(2026, 9, 1)
)


def _case(outcome: Outcome = Outcome.DELIBERATE, **changes: object) -> CaseView:
    values: dict[str, object] = {
        "state": CaseState.OPEN,
        "outcome": outcome,
        "waivable": True,
        "clinician_id": "alma",
        "deliberation_complete": True,
    }
    return CaseView(**{**values, **changes})


def _principal(*roles: Role, name: str = "cleo", clinician_id: str | None = None) -> Principal:
    return Principal("practice", name, name, frozenset(roles), clinician_id=clinician_id)


def test_nobody_decides_their_own_case() -> None:
    alma = _principal(Role.COMPLIANCE, name="alma", clinician_id="alma")
    with pytest.raises(NotAllowed, match="own case"):
        require_decider(_case(), alma, Role.COMPLIANCE)
    require_decider(_case(), _principal(Role.COMPLIANCE), Role.COMPLIANCE)


def test_deciding_needs_the_role() -> None:
    with pytest.raises(NotAllowed, match="role compliance"):
        require_decider(_case(), _principal(Role.AUDITOR), Role.COMPLIANCE)


def test_acceptance_needs_a_complete_deliberation() -> None:
    require_disposition(_case(), ACCEPT, TODAY)
    with pytest.raises(StateConflict, match="deliberation"):
        require_disposition(_case(deliberation_complete=False), ACCEPT, TODAY)
    require_disposition(_case(deliberation_complete=False), DECLINE, TODAY)


def test_a_prohibition_is_not_simply_accepted() -> None:
    with pytest.raises(StateConflict, match="two people"):
        require_disposition(_case(Outcome.PROHIBIT), ACCEPT, TODAY)
    require_disposition(_case(Outcome.PROHIBIT), OVERRIDE, TODAY)


@pytest.mark.parametrize("disposition", [ACCEPT, OVERRIDE])
def test_a_non_waivable_prohibition_cannot_be_lifted(disposition: Disposition) -> None:
    case = _case(Outcome.PROHIBIT, waivable=False)
    with pytest.raises(StateConflict, match="cannot be waived"):
        require_disposition(case, disposition, TODAY)
    require_disposition(case, DECLINE, TODAY)


def test_an_override_takes_a_second_person_who_is_not_the_subject() -> None:
    case = _case(Outcome.PROHIBIT, override_asked_by="cleo")
    with pytest.raises(NotAllowed, match="two people"):
        require_approver(case, _principal(Role.COMPLIANCE, Role.APPROVER))
    with pytest.raises(NotAllowed, match="own case"):
        require_approver(case, _principal(Role.APPROVER, name="alma", clinician_id="alma"))
    with pytest.raises(NotAllowed, match="role approver"):
        require_approver(case, _principal(Role.COMPLIANCE, name="dan"))
    require_approver(case, _principal(Role.APPROVER, name="dan"))


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"reason": " "}, ["/reason"]),
        ({"conditions": ("",)}, ["/conditions"]),
        ({"valid_until": None}, ["/valid_until"]),
        ({"valid_until": TODAY}, ["/valid_until"]),
        ({"valid_until": date(2027, 3, 2)}, ["/valid_until"]),
    ],
)
def test_an_acceptance_says_why_how_and_until_when(
    changes: dict[str, object], pointers: list[str]
) -> None:
    values = {
        "kind": ACCEPT.kind,
        "reason": ACCEPT.reason,
        "conditions": ACCEPT.conditions,
        "valid_until": ACCEPT.valid_until,
    }
    with pytest.raises(InvalidRequest) as refused:
        require_disposition(_case(), Disposition(**{**values, **changes}), TODAY)
    assert [error.pointer for error in refused.value.errors] == pointers


def test_moves_are_legal_only_from_their_states() -> None:
    require_move(_case(), MoveKind.DISPOSED)
    with pytest.raises(StateConflict, match="closed"):
        require_move(_case(state=CaseState.CLOSED), MoveKind.DISPOSED)
    with pytest.raises(StateConflict, match="awaiting_approval"):
        require_move(_case(), MoveKind.OVERRIDE_APPROVED)
