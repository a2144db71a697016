"""clients/python against the real server: no answer is never clear, and nothing is lost."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from boundary_policy_client import (
    Answer,
    Asked,
    CheckRequest,
    Journal,
    Patience,
    PolicyClient,
    ScreeningRequest,
    Standing,
)

from tests.clients.conftest import Live
from tests.clients.faults import BUSY, CUT, HOLD, LOSE, PASS, TRICKLE, BadLine, says

INTAKE = {"role": "intake"}
SYSTEM = {"role": "system"}


def about(
    live: Live, client: str = "nora", acting: dict[str, str] | None = INTAKE, clinician: str = "ben"
) -> CheckRequest:
    return CheckRequest({"id": live.ids[clinician]}, {"id": live.ids[client]}, "booking", acting)


def described(live: Live) -> CheckRequest:
    person = {"names": [{"given": "Gale", "family": "Rivers"}], "birth_date": "1990-01-01"}
    return CheckRequest({"id": live.ids["ben"]}, {"person": person}, "booking", INTAKE)


def impatient(live: Live, line: BadLine, journal: Journal | None = None) -> PolicyClient:
    """Gives up after half a second."""
    return PolicyClient(line.url, live.key, journal=journal, patience=Patience(seconds=0.5))


def test_a_front_desk_is_told_what_to_do(live: Live, client: PolicyClient) -> None:
    fine = client.check(about(live))
    assert (fine.standing, fine.may_proceed, fine.is_pending) == (Standing.PROCEED, True, False)
    assert fine.receipt
    assert fine.message
    other = client.check(about(live, "tomas", clinician="alma"))
    assert other.standing is Standing.CHOOSE_ANOTHER_CLINICIAN
    assert not other.may_proceed


def test_a_system_that_is_told_all_comes_to_the_same(live: Live, client: PolicyClient) -> None:
    for name, clinician in (("nora", "ben"), ("tomas", "alma")):
        brief = client.check(about(live, name, INTAKE, clinician))
        full = client.check(about(live, name, SYSTEM, clinician))
        assert full.standing is brief.standing
        assert full.body["outcome"]


def test_nobody_at_the_keyboard_is_told_nothing(live: Live, client: PolicyClient) -> None:
    answer = client.check(about(live, acting=None))
    assert (answer.standing, answer.may_proceed) == (Standing.RECORDED, False)


def test_a_screening_has_a_line_for_each_clinician(live: Live, client: PolicyClient) -> None:
    asked = ScreeningRequest({"id": live.ids["tomas"]}, "assignment", INTAKE)
    answer = client.screening(asked)
    assert answer.standing is Standing.RECORDED
    said = {one["clinician_id"]: one["availability"] for one in answer.body["clinicians"]}
    assert said[live.ids["alma"]] == "not available"


def test_every_request_bears_a_key_and_the_same_one_when_repeated(
    live: Live, client: PolicyClient, line: BadLine
) -> None:
    line.faults += [LOSE, LOSE]
    answer = client.check(about(live))
    assert answer.may_proceed
    keys = [re.search(rb"(?i)idempotency-key: (\S+)", one) for one in line.requests]
    assert {key[1].decode() for key in keys if key} == {answer.key}
    assert len(keys) == 3


def test_the_same_key_decides_once(live: Live, client: PolicyClient) -> None:
    key = str(uuid4())
    assert client.check(about(live), key=key) == client.check(about(live), key=key)


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (LOSE, "no HTTP"),
        (CUT, "cut short"),
        (says(b"<html>502</html>", b"502 Bad Gateway"), "answered 502"),
        (says(b"<html>Welcome</html>"), "cannot be read"),
        (says(b""), "cannot be read"),
        (says(b"[]"), "cannot be read"),
        (says(b"{}"), "cannot be read"),
        (says(b'{"id": "x", "status": "recorded", "standing": "clear"}'), "known here"),
        (says(b'{"id": "x", "status": "recorded", "outcome": "fine"}'), "known here"),
        (says(b"[" * 100_000), "cannot be read"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            "302",
        ),
        (BUSY % 3600, "answered 503"),
    ],
    ids=lambda value: value[:40].decode() if isinstance(value, bytes) else value,
)
def test_whatever_is_no_answer_is_pending_review(
    live: Live, client: PolicyClient, line: BadLine, journal: Journal, fault: Any, because: str
) -> None:
    line.faults += [fault] * 3
    answer = client.check(about(live), reference="appointment 4711")
    assert answer.is_pending
    assert not answer.may_proceed
    assert because in answer.because
    assert [one.reference for one in journal.unanswered()] == ["appointment 4711"]


@pytest.mark.parametrize("fault", [HOLD, TRICKLE])
def test_an_answer_that_is_too_slow_is_pending_review(
    live: Live, line: BadLine, fault: str
) -> None:
    line.faults += [fault]
    answer = impatient(live, line).check(about(live))
    assert answer.is_pending
    assert "in time" in answer.because


def test_a_service_that_asks_to_wait_is_asked_again(
    live: Live, line: BadLine, journal: Journal
) -> None:
    paused: list[float] = []
    patience = Patience(seconds=20.0, sleep=paused.append)
    client = PolicyClient(line.url, live.key, journal=journal, patience=patience)
    line.faults += [BUSY % 2, BUSY % 1]
    assert client.check(about(live)).may_proceed
    assert [round(pause) >= least for pause, least in zip(paused, (2, 1), strict=True)] == [
        True,
        True,
    ]
    assert journal.unanswered() == []


def test_a_refusal_is_pending_and_says_what_to_mend(live: Live, client: PolicyClient) -> None:
    answer = client.check(replace(about(live), purpose="lunch"))
    assert answer.is_pending
    assert answer.problem is not None
    assert (answer.problem.status, answer.problem.slug) == (422, "invalid-request")
    assert answer.problem.errors[0]["pointer"] == "/purpose"


def test_a_wrong_key_is_pending_for_ever(live: Live, line: BadLine) -> None:
    answer = PolicyClient(line.url, "psk_wrong").check(about(live))
    assert answer.is_pending
    assert answer.problem is not None
    assert answer.problem.status == 401


def test_a_lost_answer_is_found_again(
    live: Live, client: PolicyClient, line: BadLine, journal: Journal
) -> None:
    line.faults += [LOSE] * 3
    pending = client.check(about(live), key="lost-" + str(uuid4()))
    assert pending.is_pending
    made = client.reconcile()
    [settled] = made.settled
    assert settled.asked.key == pending.key
    assert settled.answer.may_proceed
    assert made.is_complete
    assert made.unanswered == journal.unanswered() == []
    assert len(line.requests) == 4, "it was found by its key, not asked again"


def test_a_question_that_never_arrived_is_asked_now(
    live: Live, client: PolicyClient, line: BadLine
) -> None:
    line.faults += [BUSY % 0] * 3
    pending = client.check(about(live, "tomas", clinician="alma"), reference="appointment 1")
    assert pending.is_pending
    [settled] = client.reconcile().settled
    assert settled.asked.reference == "appointment 1"
    assert settled.answer.standing is Standing.CHOOSE_ANOTHER_CLINICIAN
    assert settled.answer.key == pending.key


def test_a_question_that_describes_a_person_is_made_again_by_the_caller(
    live: Live, client: PolicyClient, line: BadLine, journal: Journal
) -> None:
    line.faults += [BUSY % 0] * 3
    assert client.check(described(live), reference="referral 9").is_pending
    assert b"Rivers" not in journal.path.read_bytes(), "the journal keeps nobody's name"
    first = client.reconcile()
    assert [one.reference for one in first.unanswered] == ["referral 9"]

    def again(asked: Asked) -> dict[str, Any]:
        assert asked.reference == "referral 9"
        return described(live).to_json()

    [settled] = client.reconcile(again).settled
    assert settled.answer.may_proceed


def test_a_step_that_is_no_longer_wanted_is_let_go(
    live: Live, client: PolicyClient, line: BadLine, journal: Journal
) -> None:
    line.faults += [BUSY % 0] * 3
    client.check(described(live))
    made = client.reconcile(lambda _: None)
    assert (made.settled, made.unanswered, journal.unanswered()) == ([], [], [])


def test_answers_that_never_arrived_here_are_named(
    live: Live, line: BadLine, journal: Journal, tmp_path: Any
) -> None:
    elsewhere = PolicyClient(line.url, live.key, journal=Journal(tmp_path / "other.sqlite3"))
    here = PolicyClient(line.url, live.key, journal=journal)
    held = here.check(about(live))
    lost = elsewhere.check(about(live))
    made = here.reconcile()
    told = {one.id: one for one in made.never_received}
    assert lost.id in told
    assert held.id not in told
    assert told[lost.id].receipt == lost.receipt


def test_a_service_that_is_away_leaves_everything_for_the_next_time(
    live: Live, client: PolicyClient, line: BadLine, journal: Journal
) -> None:
    line.faults += [LOSE] * 6
    client.check(about(live))
    made = client.reconcile()
    assert (made.is_complete, made.settled) == (False, [])
    assert len(made.unanswered) == 1
    assert client.reconcile().is_complete


def test_a_killed_server_is_pending_and_made_up_for(
    live: Live, line: BadLine, journal: Journal
) -> None:
    patience = Patience(seconds=20.0)  # a busy machine is slow, which is not what is looked at
    client = PolicyClient(line.url, live.key, journal=journal, patience=patience)
    assert client.check(about(live)).may_proceed
    live.served.kill()
    try:
        answer = client.check(about(live), reference="while it was down")
        assert answer.is_pending
        assert not client.reconcile().is_complete
    finally:
        live.served.start()
    made = client.reconcile()
    assert [one.asked.reference for one in made.settled] == ["while it was down"]
    assert made.settled[0].answer.may_proceed
    assert made.is_complete


def test_more_than_one_request_holds_is_reconciled_in_parts(
    live: Live, client: PolicyClient, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boundary_policy_client.reconciling.MOST_LISTED", 2)
    line.faults += [PASS, *[LOSE] * 3, PASS, *[BUSY % 0] * 3]
    given = [client.check(about(live)) for _ in range(4)]
    made = client.reconcile()
    assert {one.asked.key for one in made.settled} == {given[1].key, given[3].key}
    assert made.is_complete
    assert not {one.id for one in made.never_received} & {one.id for one in given}


def test_reading_no_answer_as_clear_would_be_noticed(
    live: Live, client: PolicyClient, line: BadLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: with the rule broken, a lost answer says that nothing stands in the way."""

    def careless(key: str, because: str, problem: object = None) -> Answer:
        return Answer(Standing.PROCEED, key)

    monkeypatch.setattr("boundary_policy_client.sending.pending", careless)
    line.faults += [LOSE] * 3
    assert client.check(about(live)).may_proceed


def test_http_is_for_this_machine_alone() -> None:
    for url in ("http://policy.example.org", "ftp://127.0.0.1", "policy", "https://"):
        with pytest.raises(ValueError, match="url"):
            PolicyClient(url, "psk_x")
    assert "psk_x" not in repr(PolicyClient("https://policy.example.org", "psk_x")._sender)


def test_without_a_journal_there_is_nothing_to_reconcile(live: Live, line: BadLine) -> None:
    with pytest.raises(RuntimeError, match="journal"):
        impatient(live, line).reconcile()


def test_what_stands_on_record_is_read_with_the_standing_of_today(
    live: Live, client: PolicyClient
) -> None:
    answer = client.check(about(live, "tomas", clinician="alma"))
    assert answer.id is not None
    again = client.read(answer.id)
    assert (again.standing, again.receipt) == (answer.standing, answer.receipt)
