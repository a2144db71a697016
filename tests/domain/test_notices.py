"""Notices: how long to wait, when to give up, and what each audience is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.answers import Flag
from policy_service.domain.audiences import Audience, redact_event, redact_notice
from policy_service.domain.notices import (
    FAILS_FOR,
    MOST_ATTEMPTS,
    TOLD,
    About,
    Notice,
    NoticeKind,
    Subject,
    has_failed_for_long,
    wait_after,
)
from policy_service.domain.standings import Advice, Standing

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SUBJECT = Subject(About.CASE, "case-1", "clinician-1", "client-1")


def _notice(kind: NoticeKind) -> Notice:
    return Notice("notice-1", "2026-03-02T09:00:00Z", kind, SUBJECT)


@given(st.integers(1, 100), st.floats(0, 1))
def test_waits_grow_three_times_at_most_to_half_a_day_and_half_is_chance(
    failures: int, chance: float
) -> None:
    wait = wait_after(failures, lambda: chance)
    whole = min(timedelta(seconds=30) * 3 ** min(failures - 1, 12), timedelta(hours=12))
    assert whole / 2 <= wait <= whole
    assert wait_after(failures + 1, lambda: chance) >= wait


def test_all_attempts_together_last_more_than_a_day_and_less_than_three() -> None:
    total = sum((wait_after(n, lambda: 0.5) for n in range(1, MOST_ATTEMPTS)), timedelta())
    assert timedelta(days=1) < total < timedelta(days=3)


def test_an_endpoint_has_failed_for_long_after_three_days() -> None:
    assert not has_failed_for_long(None, NOW)
    assert not has_failed_for_long(NOW - FAILS_FOR + timedelta(seconds=1), NOW)
    assert has_failed_for_long(NOW - FAILS_FOR, NOW)


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("audience", list(Audience))
def test_an_event_is_of_one_shape_and_names_nothing_but_itself(
    kind: NoticeKind, audience: Audience
) -> None:
    event = redact_event(_notice(kind), audience)
    if event is None:
        return
    assert list(event) == ["type", "timestamp", "data"]
    assert event["data"] == {"id": "notice-1"}
    told = str(event)
    assert all(word not in told for word in ("case-1", "clinician-1", "client-1"))


def test_intake_is_told_alike_of_whatever_may_change_a_standing_and_of_nothing_else() -> None:
    events = {kind: redact_event(_notice(kind), Audience.INTAKE) for kind in TOLD}
    assert events[NoticeKind.CASE_OPENED] == events[NoticeKind.STANDING_CHANGED]
    assert events[NoticeKind.DUTY_DUE] is None
    assert events[NoticeKind.CLEARANCE_REACHED] is None


@pytest.mark.parametrize("audience", [Audience.TREATING_CLINICIAN, Audience.ANYONE])
def test_clinicians_and_anyone_are_told_of_nothing(audience: Audience) -> None:
    assert [redact_event(_notice(kind), audience) for kind in NoticeKind] == [None] * 5


def _flag(advice: Advice, kind: str = "relative") -> Flag:
    return Flag("clinician-1", kind, Standing.IN_REVIEW, advice, "2026-03-01")


def test_intake_reads_one_standing_of_a_notice_whatever_is_behind_it() -> None:
    hold = [_flag(Advice.HOLD_FOR_REVIEW), _flag(Advice.PROCEED, "event")]
    one = redact_notice(_notice(NoticeKind.CASE_OPENED), hold, True, Audience.INTAKE)
    other = redact_notice(_notice(NoticeKind.STANDING_CHANGED), hold[:1], True, Audience.INTAKE)
    assert one == other
    assert one["standing"] == "hold for review"
    assert one.keys() == {
        "id", "at", "status", "type", "clinician_id", "client_id", "standing"
    }  # fmt: skip


@pytest.mark.parametrize("audience", [Audience.TREATING_CLINICIAN, Audience.ANYONE])
def test_others_read_a_constant(audience: Audience) -> None:
    read = redact_notice(_notice(NoticeKind.CASE_OPENED), [], True, audience)
    assert read == {"id": "notice-1", "at": "2026-03-02T09:00:00Z", "status": "recorded"}


def test_intake_reads_a_constant_of_what_it_was_not_told() -> None:
    read = redact_notice(_notice(NoticeKind.DUTY_DUE), [], False, Audience.INTAKE)
    assert read.keys() == {"id", "at", "status"}


def test_a_full_reader_reads_what_it_is_about() -> None:
    read = redact_notice(_notice(NoticeKind.DUTY_DUE), [_flag(Advice.PROCEED)], False, Audience.EHR)
    assert read["type"] == "duty.due"
    assert read["about"] == {"kind": "case", "id": "case-1"}
    assert (read["clinician_id"], read["client_id"]) == ("clinician-1", "client-1")
    assert read["flags"][0]["kind"] == "relative"
