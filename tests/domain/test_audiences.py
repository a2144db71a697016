"""Redaction as laws: each audience's keys are exactly the allowed ones, whatever the answer is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain import audiences
from policy_service.domain.answers import Answer, Flag, ScreeningAnswer, ScreeningLine
from policy_service.domain.audiences import (
    Audience,
    audience_of,
    redact,
    redact_flags,
    redact_screening,
)
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.domain.standings import MESSAGES, Advice, Availability, Standing

FRAME = {"id", "at", "status"}
ALLOWED = {
    Audience.INTAKE: FRAME | {"receipt", "standing", "message"},
    Audience.TREATING_CLINICIAN: FRAME | {"receipt", "standing", "message", "findings"},
    Audience.ANYONE: FRAME,
}
SECRET = "secret-of-"
RULES = st.sampled_from(["r1", "r2", "r3"])
TIES = st.one_of(st.none(), st.sampled_from(["t1", "t2"]))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer: every value of the full body is marked, so that a leak can be seen."""
    pairs = draw(st.lists(st.tuples(RULES, TIES), unique=True, max_size=6))
    findings = [
        {"rule": rule, "tie": tie, "outcome": "advise", "because": f"{SECRET}{rule}/{tie}"}
        for rule, tie in sorted(pairs, key=lambda pair: (pair[0], pair[1] or ""))
    ]
    known = draw(st.sets(st.tuples(RULES, TIES), max_size=4))
    names = draw(st.lists(st.sampled_from(["ask", "outcome", "obligations", "new_part"])))
    full: dict[str, Any] = {name: f"{SECRET}{name}" for name in names}
    return Answer(
        id="i",
        at="a",
        receipt="r",
        advice=draw(st.sampled_from(Advice)),
        clinician_id="c",
        full={**full, "findings": findings},
        tie_names={"t1": f"{SECRET}name"},
        own_findings=[one for one in findings if (one["rule"], one["tie"]) in known],
    )


@given(answers(), st.sampled_from(sorted(ALLOWED)))
def test_each_audience_has_exactly_its_keys(answer: Answer, audience: Audience) -> None:
    assert redact(answer, audience).keys() == ALLOWED[audience]


@given(answers())
def test_officers_see_all_and_the_ehr_all_but_names(answer: Answer) -> None:
    officer, ehr = redact(answer, Audience.OFFICER), redact(answer, Audience.EHR)
    assert officer == {**ehr, "ties": answer.tie_names}
    assert ehr.keys() == FRAME | {"receipt"} | answer.full.keys()
    assert f"{SECRET}name" not in str(ehr)


@given(answers())
def test_the_treating_clinician_sees_only_findings_known_to_them(answer: Answer) -> None:
    shown = redact(answer, Audience.TREATING_CLINICIAN)["findings"]
    assert shown == answer.own_findings


@given(answers(), answers())
def test_what_intake_sees_follows_from_the_advice_alone(one: Answer, other: Answer) -> None:
    alike = redact(one, Audience.INTAKE) == redact(other, Audience.INTAKE)
    assert alike == (one.advice is other.advice)
    assert SECRET not in str(redact(one, Audience.INTAKE))


@given(answers(), answers())
def test_what_anyone_sees_follows_from_nothing(one: Answer, other: Answer) -> None:
    assert redact(one, Audience.ANYONE) == redact(other, Audience.ANYONE)


def test_the_laws_see_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a brief answer that carries one field more breaks the law of keys."""
    brief = audiences._brief
    monkeypatch.setattr(audiences, "_brief", lambda answer: {**brief(answer), "outcome": "x"})
    with pytest.raises(AssertionError):
        test_each_audience_has_exactly_its_keys.hypothesis.inner_test(
            Answer("i", "a", "r", Advice.PROCEED, "c", {"findings": []}, {}, []),
            Audience.INTAKE,
        )


def test_every_advice_has_its_sentence() -> None:
    assert MESSAGES.keys() == set(Advice)


# --- Who is which audience -------------------------------------------------------------------


def _ehr(*scopes: Scope) -> Principal:
    return Principal("p", "e", "an EHR", frozenset({Role.EHR}), frozenset(scopes))


@given(st.sampled_from(ActingRole), st.one_of(st.none(), st.sampled_from(["c", "d"])))
def test_a_brief_key_never_gets_more_than_intake(role: ActingRole, clinician: str | None) -> None:
    audience = audience_of(_ehr(Scope.DECISION_BRIEF), ActingUser(role, clinician), "c")
    assert audience not in (Audience.EHR, Audience.OFFICER)


@given(st.sampled_from(ActingRole), st.one_of(st.none(), st.sampled_from(["c", "d"])))
def test_the_acting_user_can_only_lower_what_a_full_key_grants(
    role: ActingRole, clinician: str | None
) -> None:
    audience = audience_of(_ehr(Scope.DECISION_FULL), ActingUser(role, clinician), "c")
    assert audience is not Audience.OFFICER
    if role in (ActingRole.PATIENT, ActingRole.RELATIVE, ActingRole.UNKNOWN):
        assert audience is Audience.ANYONE
    if role is ActingRole.CLINICIAN:
        own = clinician == "c"
        assert audience is (Audience.TREATING_CLINICIAN if own else Audience.ANYONE)


def test_nobody_named_is_anyone() -> None:
    assert audience_of(_ehr(*Scope), ActingUser(), "c") is Audience.ANYONE


@pytest.mark.parametrize(
    ("role", "audience"),
    [
        (Role.COMPLIANCE, Audience.OFFICER),
        (Role.APPROVER, Audience.OFFICER),
        (Role.AUDITOR, Audience.OFFICER),
        (Role.INTAKE, Audience.INTAKE),
        (Role.ADMIN, Audience.ANYONE),
        (Role.OPERATOR, Audience.ANYONE),
        (Role.CLINICIAN, Audience.ANYONE),
        (Role.CONSULTANT, Audience.ANYONE),
    ],
)
def test_an_account_is_the_audience_of_its_role(role: Role, audience: Audience) -> None:
    account = Principal("p", "a", "Somebody", frozenset({role}))
    assert audience_of(account, ActingUser(ActingRole.SYSTEM), "c") is audience


# --- Screenings and flags --------------------------------------------------------------------

LINES = st.builds(
    ScreeningLine,
    clinician_id=st.sampled_from(["a", "b", "c"]),
    availability=st.sampled_from(Availability),
    outcome=st.sampled_from(Outcome),
    could_become=st.sampled_from(Outcome),
    complete=st.booleans(),
)
SCREENINGS = st.builds(
    ScreeningAnswer,
    id=st.just("i"),
    at=st.just("a"),
    receipt=st.just("r"),
    client_id=st.sampled_from(["x", "y"]),
    purpose=st.just("intake"),
    lines=st.lists(LINES, max_size=4).map(tuple),
)
FLAGS = st.lists(
    st.builds(
        Flag,
        clinician_id=st.sampled_from(["a", "b"]),
        kind=st.sampled_from(["relative", "friend"]),
        standing=st.sampled_from(Standing),
        advice=st.sampled_from(Advice),
        since=st.sampled_from(["2026-03-02", "2026-01-01"]),
    ),
    max_size=5,
)
NOBODY = [Audience.TREATING_CLINICIAN, Audience.ANYONE]


@given(SCREENINGS, st.sampled_from(Audience))
def test_a_screening_keeps_the_order_it_was_given(
    answer: ScreeningAnswer, audience: Audience
) -> None:
    shown = redact_screening(answer, audience)
    if audience is Audience.SILENT:
        assert shown.keys() == FRAME | {"mode"}
        return
    if audience in NOBODY:
        assert shown.keys() == FRAME
        return
    given_order = [line.clinician_id for line in answer.lines]
    assert [line["clinician_id"] for line in shown["clinicians"]] == given_order
    if audience is Audience.INTAKE:
        assert shown.keys() == FRAME | {"receipt", "clinicians"}
        for line in shown["clinicians"]:
            assert line.keys() == {"clinician_id", "availability"}


@given(FLAGS, st.sampled_from(Audience))
def test_flags_give_intake_no_kind_no_date_and_no_number(
    flags: list[Flag], audience: Audience
) -> None:
    shown = redact_flags(flags, audience)
    if audience is Audience.SILENT:
        assert shown == {"status": "recorded", "mode": "silent"}
    elif audience in NOBODY:
        assert shown == {"status": "recorded"}
    elif audience is Audience.INTAKE:
        assert shown.keys() == {"status", "standings"}
        named = [line["clinician_id"] for line in shown["standings"]]
        assert len(named) == len(set(named)) == len({flag.clinician_id for flag in flags})
        assert all(line.keys() == {"clinician_id", "standing"} for line in shown["standings"])
    else:
        assert len(shown["flags"]) == len(flags)


@given(FLAGS)
def test_the_most_cautious_advice_stands_for_a_clinician(flags: list[Flag]) -> None:
    order = list(Advice)
    for line in redact_flags(flags, Audience.INTAKE)["standings"]:
        own = [flag.advice for flag in flags if flag.clinician_id == line["clinician_id"]]
        assert line["standing"] == max(own, key=order.index)


def test_ties_that_are_shown_are_numbered_among_themselves() -> None:
    """A gap in the numbers would tell the clinician that a hidden tie stands between."""
    findings = [{"rule": "a", "tie": tie, "outcome": "advise"} for tie in ("t10", "t3", "t4", None)]
    known = [finding for finding in findings if finding["tie"] != "t4"]
    answer = Answer(
        "i", "a", "r", Advice.PROCEED, "c", {"findings": findings}, {}, known, ("t3", "t10")
    )
    shown = redact(answer, Audience.TREATING_CLINICIAN)["findings"]
    assert [finding["tie"] for finding in shown] == [None, "t1", "t2"]
