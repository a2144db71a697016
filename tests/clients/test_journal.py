"""The journal: what was asked survives us, and no person's name is in it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from boundary_policy_client.journal import KEPT, Asked, Journal
from boundary_policy_client.reconciling import LONGEST, MOST_LISTED, stretches

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BY_ID = {"clinician": {"id": "c"}, "client": {"id": "p"}, "purpose": "intake"}


def asked(key: str, at: datetime = NOW, **more: object) -> Asked:
    return Asked(key, at, "/v1/checks", **more)


def test_what_was_noted_is_there_after_a_restart(tmp_path: Path) -> None:
    Journal(tmp_path / "j").note(asked("k", reference="r", body=BY_ID))
    [found] = Journal(tmp_path / "j").unanswered()
    assert (found.key, found.at, found.reference, found.body) == ("k", NOW, "r", BY_ID)


def test_only_its_owner_can_read_it(journal: Journal) -> None:
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "client",
    [
        {"person": {"names": [{"family": "Moss"}]}},
        {"id": "p", "external_id": "Moss"},
        {"external_id": "Moss"},
        "Moss",
        None,
    ],
    ids=str,
)
def test_a_request_that_holds_more_than_an_id_is_not_kept(journal: Journal, client: object) -> None:
    journal.note(asked("k", body={**BY_ID, "client": client}))
    assert [one.body for one in journal.unanswered()] == [None]
    assert b"Moss" not in journal.path.read_bytes()


def test_an_answered_question_keeps_its_key_and_record_alone(journal: Journal) -> None:
    journal.note(asked("k", body=BY_ID))
    journal.settle("k", "record")
    assert journal.unanswered() == []
    [found] = journal.asked_since(NOW)
    assert (found.record, found.body) == ("record", None)


def test_asking_again_keeps_the_first_time(journal: Journal) -> None:
    journal.note(asked("k"))
    journal.note(asked("k", NOW + timedelta(days=1)))
    assert [one.at for one in journal.unanswered()] == [NOW]


def test_the_next_reconciliation_begins_where_the_last_ended_or_what_waits_began(
    journal: Journal,
) -> None:
    assert journal.first_unreconciled() is None
    journal.note(asked("a"))
    assert journal.first_unreconciled() == NOW
    journal.settle("a", "record")
    journal.reconciled(NOW + timedelta(hours=1))
    assert journal.first_unreconciled() == NOW + timedelta(hours=1)
    journal.note(asked("b", NOW + timedelta(minutes=1)))
    assert journal.first_unreconciled() == NOW + timedelta(minutes=1)


def test_answered_questions_go_in_the_end_and_unanswered_ones_never(journal: Journal) -> None:
    journal.note(asked("a"))
    journal.note(asked("b"))
    journal.settle("a", "record")
    journal.reconciled(NOW + KEPT)
    assert [one.key for one in journal.asked_since(NOW)] == ["a", "b"]
    journal.reconciled(NOW + KEPT + timedelta(seconds=1))
    assert [one.key for one in journal.asked_since(NOW)] == ["b"]


@pytest.mark.parametrize("number", [0, 1, MOST_LISTED, MOST_LISTED + 1, 3 * MOST_LISTED])
@pytest.mark.parametrize("days", [1, 40, 100])
def test_parts_hold_every_question_once_and_leave_no_moment_out(number: int, days: int) -> None:
    until = NOW + timedelta(days=days)
    step = (until - NOW) / (number + 1)
    questions = [asked(f"k{place}", NOW + place * step) for place in range(number)]
    parts = list(stretches(questions, NOW, until))
    assert [one.key for part in parts for one in part.asked] == [one.key for one in questions]
    assert all(len(part.asked) <= MOST_LISTED for part in parts)
    assert all(part.since < part.until <= part.since + LONGEST for part in parts)
    assert (parts[0].since, parts[-1].until) == (NOW, until)
    covered = NOW
    for part in parts:
        assert part.since <= covered
        covered = max(covered, part.until)
