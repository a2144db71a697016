"""Laws of deciding a case, over every state, outcome and disposition."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Principal, Role
from policy_service.domain.reviews import (
    CaseState,
    CaseView,
    Disposition,
    DispositionKind,
    MoveKind,
    require_decider,
    require_disposition,
    require_move,
)
from policy_service.errors import InvalidRequest, NotAllowed, StateConflict

TODAY = date(2026, 3, 2)
SUBJECT, OTHER = str(uuid4()), str(uuid4())
views = st.builds(
    CaseView,
    state=st.sampled_from(CaseState),
    outcome=st.sampled_from(Outcome),
    waivable=st.booleans(),
    clinician_id=st.just(SUBJECT),
    override_asked_by=st.one_of(st.none(), st.just(OTHER)),
    deliberation_complete=st.booleans(),
)
dispositions = st.builds(
    Disposition,
    kind=st.sampled_from(DispositionKind),
    reason=st.just("A reason."),
    conditions=st.just(("A condition.",)),
    valid_until=st.just(TODAY + timedelta(days=90)),
)


def _officer(login_id: str, *roles: Role, clinician_id: str | None = None) -> Principal:
    return Principal("p", login_id, "Somebody", frozenset(roles), clinician_id=clinician_id)


def _passes(view: CaseView, disposition: Disposition) -> bool:
    try:
        require_disposition(view, disposition, TODAY)
    except (InvalidRequest, StateConflict):
        return False
    return True


@given(views, dispositions)
def test_what_asks_for_deliberation_gets_it_and_a_prohibition_is_only_overridden(
    view: CaseView, disposition: Disposition
) -> None:
    kind = disposition.kind
    if not _passes(view, disposition):
        assert kind is not DispositionKind.DECLINE
        return
    if kind is not DispositionKind.DECLINE:
        assert view.deliberation_complete or view.outcome < Outcome.DELIBERATE
        assert view.outcome is not Outcome.PROHIBIT or view.waivable
    if kind is DispositionKind.ACCEPT_WITH_CONDITIONS:
        assert view.outcome is not Outcome.PROHIBIT


@given(views, st.sampled_from(Role), st.frozensets(st.sampled_from(Role)))
def test_nobody_decides_their_own_case_whatever_roles_they_hold(
    view: CaseView, role: Role, roles: frozenset[Role]
) -> None:
    subject = _officer(OTHER, *roles, role, clinician_id=SUBJECT)
    with pytest.raises(NotAllowed):
        require_decider(view, subject, role)


def test_a_decider_who_is_not_the_subject_passes() -> None:
    """The control of the law above."""
    view = CaseView(CaseState.OPEN, Outcome.DELIBERATE, True, SUBJECT)
    require_decider(view, _officer(OTHER, Role.COMPLIANCE), Role.COMPLIANCE)


@pytest.mark.parametrize("days", [-1, 0, 366, 367])
def test_an_acceptance_ends_after_today_and_within_a_year(days: int) -> None:
    view = CaseView(CaseState.OPEN, Outcome.DELIBERATE, True, SUBJECT, None, True)
    until = TODAY + timedelta(days=days)
    accept = Disposition(DispositionKind.ACCEPT_WITH_CONDITIONS, "A reason.", ("One.",), until)
    with pytest.raises(InvalidRequest) as refused:
        require_disposition(view, accept, TODAY)
    assert [error.pointer for error in refused.value.errors] == ["/valid_until"]


@pytest.mark.parametrize("days", [1, 365])
def test_the_first_and_the_last_possible_day_pass(days: int) -> None:
    view = CaseView(CaseState.OPEN, Outcome.DELIBERATE, True, SUBJECT, None, True)
    until = TODAY + timedelta(days=days)
    accept = Disposition(DispositionKind.ACCEPT_WITH_CONDITIONS, "A reason.", ("One.",), until)
    require_disposition(view, accept, TODAY)


@given(st.sampled_from(MoveKind))
def test_a_closed_case_takes_only_notes_reopening_and_an_erasure(kind: MoveKind) -> None:
    view = CaseView(CaseState.CLOSED, Outcome.DELIBERATE, True, SUBJECT)
    if kind in (MoveKind.NOTED, MoveKind.REOPENED, MoveKind.ERASED):
        require_move(view, kind)
    elif kind is not MoveKind.OPENED:
        with pytest.raises(StateConflict):
            require_move(view, kind)
