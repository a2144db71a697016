"""The laws of a duty's steps, and what its proof must hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.duties import (
    Basis,
    DutyMoveKind,
    DutySpec,
    DutyState,
    Owner,
    Proof,
    next_due,
    require_not_subject,
    require_open,
    require_proof,
    require_reason,
    schedule,
)
from policy_service.domain.duty_specs import ATTEST, DUTIES
from policy_service.errors import InvalidRequest, NotAllowed, StateConflict
from policy_service.policy.obligations import OBLIGATIONS

TODAY = date(2026, 3, 2)
SPECS = st.sampled_from(sorted(DUTIES)).map(DUTIES.__getitem__)
DAYS = st.dates(date(2000, 1, 1), date(2090, 1, 1))
WHOLE = Proof(TODAY, "Told, in person.", next_on=TODAY + timedelta(days=30))


def whole(spec: DutySpec) -> Proof:
    """A proof that lacks nothing."""
    return WHOLE if spec.repeats else replace(WHOLE, next_on=None)


def pointers(spec: DutySpec, proof: Proof) -> set[str]:
    """The fields for which a proof is refused."""
    with pytest.raises(InvalidRequest) as refused:
        require_proof(spec, proof, TODAY)
    return {error.pointer for error in refused.value.errors}


def test_every_duty_but_attesting_is_an_obligation_that_rules_may_name() -> None:
    assert DUTIES.keys() - {ATTEST} <= OBLIGATIONS.keys()
    assert DUTIES.keys() >= {
        "hand_over_brochure",
        "tell_of_right_to_report",
        "act_on_knowledge",
        "reassess",
        "give_first_contact_notice",
        "inform_client",
        "set_review_date",
    }


@given(SPECS, DAYS, st.integers(0, 400))
def test_no_duty_lapses_in_silence(spec: DutySpec, raised: date, days: int) -> None:
    """Whatever its dates, it becomes overdue the day after, compliance is told, then approvers."""
    due = raised + timedelta(days=days)
    steps = schedule(spec, spec.owner, raised, due)
    assert [step.on for step in steps] == sorted(step.on for step in steps)
    assert len({step.code for step in steps}) == len(steps)
    late, grave = steps[-2:]
    assert (late.kind, late.on) == (DutyMoveKind.OVERDUE, due + timedelta(days=1))
    assert "compliance" in late.told
    assert (grave.kind, grave.told) == (DutyMoveKind.ESCALATED, ("approver", "admin"))
    assert grave.on > late.on


@given(SPECS, DAYS, st.integers(0, 400))
def test_reminders_come_after_raising_and_no_later_than_the_day(
    spec: DutySpec, raised: date, days: int
) -> None:
    due = raised + timedelta(days=days)
    for step in schedule(spec, Owner.CLINICIAN, raised, due)[:-2]:
        assert step.kind is DutyMoveKind.REMINDED
        assert raised < step.on <= due
        assert step.told == ("clinician",)


def test_the_days_that_sources_name_are_those_of_the_table() -> None:
    named = {
        (code, prefix): (due.days, due.says)
        for code, spec in DUTIES.items()
        for prefix, due in spec.by_source.items()
    }
    assert named == {
        ("hand_over_brochure", "us-ca"): (0, "now"),
        ("tell_of_right_to_report", "us-nh"): (0, "now"),
        ("inform_client", "us-oh"): (0, "at once"),
    }
    assert all(spec.due.basis is Basis.DEFAULT for spec in DUTIES.values())


def test_another_pack_s_wish_is_due_by_our_default() -> None:
    spec = DUTIES["inform_client"]
    assert spec.due_under("us-oh-cswmft-2026").basis is Basis.SOURCE
    assert spec.due_under("nasw-2026") == spec.due


@pytest.mark.parametrize("code", sorted(DUTIES.keys() - {ATTEST}))
def test_a_whole_proof_is_taken(code: str) -> None:
    require_proof(DUTIES[code], whole(DUTIES[code]), TODAY)


@pytest.mark.parametrize(
    ("code", "change", "pointer"),
    [
        ("inform_client", {"note": " \n"}, "/note"),
        ("inform_client", {"note": "x" * 1001}, "/note"),
        ("inform_client", {"reference": "x" * 101}, "/reference"),
        ("inform_client", {"done_on": TODAY + timedelta(days=1)}, "/done_on"),
        ("inform_client", {"next_on": TODAY + timedelta(days=1)}, "/next_on"),
        ("set_review_date", {"next_on": None}, "/next_on"),
        ("set_review_date", {"next_on": TODAY}, "/next_on"),
        ("reassess", {"next_on": TODAY + timedelta(days=367)}, "/next_on"),
    ],
)
def test_what_a_proof_lacks_is_named(code: str, change: dict[str, object], pointer: str) -> None:
    spec = DUTIES[code]
    assert pointers(spec, replace(whole(spec), **change)) == {pointer}


def test_everything_that_is_wrong_is_named_at_once() -> None:
    broken = Proof(TODAY + timedelta(days=2), "", next_on=None)
    assert pointers(DUTIES["inform_client"], broken) == {"/note", "/done_on"}


def test_a_repeated_duty_is_due_again_and_a_named_day_can_only_bring_it_forward() -> None:
    spec = DUTIES["reassess"]
    assert next_due(spec, Proof(date(2026, 1, 31), "Looked.")) == date(2026, 5, 1)
    soon, late = date(2026, 4, 1), date(2027, 1, 1)
    assert next_due(spec, Proof(TODAY, "Looked.", next_on=soon)) == soon
    assert next_due(spec, Proof(TODAY, "Looked.", next_on=late)) == date(2026, 6, 2)
    assert next_due(DUTIES["set_review_date"], Proof(TODAY, next_on=late)) == late
    assert next_due(DUTIES["inform_client"], Proof(TODAY, "Told.")) is None


def test_a_closed_duty_takes_no_move_and_no_reason_is_no_reason() -> None:
    for state in (DutyState.DONE, DutyState.NOT_APPLICABLE):
        with pytest.raises(StateConflict, match="closed"):
            require_open(state)
    for state in (DutyState.OPEN, DutyState.OVERDUE, DutyState.ESCALATED):
        require_open(state)
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(InvalidRequest):
            require_reason(reason)


def test_nobody_says_that_a_duty_about_themselves_does_not_apply() -> None:
    with pytest.raises(NotAllowed, match="own case"):
        require_not_subject("dr-a", "dr-a")
    require_not_subject("dr-a", "dr-b")
    require_not_subject(None, None)
