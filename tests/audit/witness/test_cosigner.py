"""The witness: signs what follows, refuses what does not, and keeps what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.audit.witness.book import Book, BookRefused
from policy_service.audit.witness.cosigner import Witness
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.cosignature import cosigned_at
from policy_service.ledger.heads import Between, compare_heads
from policy_service.ledger.note import Note, Verifier
from policy_service.ledger.witnessing import Finding, Submission
from tests.audit.witness.logs import AT, Log, witness_of
from tests.ledger.keys import LOG_VERIFIER, ORIGIN, SeededKey


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    opened = Book(tmp_path / "state")
    yield opened
    opened.close()


@pytest.fixture
def witness(book: Book) -> Witness:
    return witness_of(book)


def _size(witness: Witness) -> int | None:
    note = witness.latest(ORIGIN)
    return Checkpoint.parse(note.text).size if note else None


def test_a_log_that_grows_is_cosigned_at_each_head(witness: Witness) -> None:
    log, old = Log(300), 0
    for size in (1, 2, 255, 256, 257, 300):
        reply = witness.add_checkpoint(log.body(old, size))
        assert reply.status == 200, reply
        note = Note.parse(log.note(size) + reply.body)
        assert cosigned_at(witness.cosigner.find(note)) == AT
        old = size
    assert _size(witness) == 300


def test_the_same_head_is_cosigned_again(witness: Witness) -> None:
    log = Log(9)
    assert witness.add_checkpoint(log.body(0)).status == 200
    assert witness.add_checkpoint(log.body(9)).status == 200


def test_whoever_does_not_know_the_newest_size_is_told_it(witness: Witness) -> None:
    log = Log(20)
    witness.add_checkpoint(log.body(0, 9))
    reply = witness.add_checkpoint(log.body(0))
    assert (reply.status, reply.body, reply.content_type) == (409, "9\n", "text/x.tlog.size")
    assert list(witness.book.evidence()) == []
    assert witness.add_checkpoint(log.body(9)).status == 200


def test_a_rolled_back_log_is_answered_409_and_the_head_is_kept(witness: Witness) -> None:
    log = Log(20)
    witness.add_checkpoint(log.body(0))
    reply = witness.add_checkpoint(log.body(9, 12))
    assert (reply.status, reply.body) == (409, "20\n")
    assert [one.kind for one in witness.book.evidence()] == [Finding.ROLLBACK]
    assert _size(witness) == 20


def test_a_rewritten_log_is_answered_422_and_both_heads_are_kept(witness: Witness) -> None:
    witness.add_checkpoint(Log(9).body(0))
    reply = witness.add_checkpoint(Log(20, "false").body(9))
    assert reply.status == 422
    [kept] = witness.book.evidence()
    assert kept.kind == Finding.UNPROVEN
    assert open_checkpoint(kept.known, LOG_VERIFIER).size == 9
    submitted = Submission.parse(kept.submitted)
    assert open_checkpoint(submitted.note, LOG_VERIFIER).size == 20
    assert _size(witness) == 9


def test_a_split_view_leaves_two_signed_heads_that_convict_the_log_alone(witness: Witness) -> None:
    witness.add_checkpoint(Log(9).body(0))
    reply = witness.add_checkpoint(Log(9, "false").body(9))
    assert (reply.status, reply.body) == (409, "9\n")
    [kept] = witness.book.evidence()
    assert kept.kind == Finding.SPLIT
    two = kept.known, Submission.parse(kept.submitted).note
    assert compare_heads(*two, LOG_VERIFIER) is Between.MISCONDUCT


def test_evidence_is_kept_once_however_often_it_comes(witness: Witness) -> None:
    witness.add_checkpoint(Log(9).body(0))
    for _ in range(3):
        witness.add_checkpoint(Log(9, "false").body(9))
    assert len(list(witness.book.evidence())) == 1


def test_strange_signature_lines_do_not_multiply_the_evidence(witness: Witness) -> None:
    witness.add_checkpoint(Log(9).body(0))
    for number in range(3):
        line = f"— stranger.example {'A' * (8 + 4 * number)}\n"
        witness.add_checkpoint(Log(9, "false").body(9) + line.encode())
    assert len(list(witness.book.evidence())) == 1


def test_an_unknown_log_is_answered_404(witness: Witness) -> None:
    stranger = Log(5, key=SeededKey("log.example/practice/oak"))
    assert witness.add_checkpoint(stranger.body(0)).status == 404


def test_a_swapped_key_is_answered_403_and_changes_nothing(witness: Witness) -> None:
    thief = Log(5, "false", key=SeededKey(ORIGIN, seed="thief"))
    assert witness.add_checkpoint(thief.body(0)).status == 403
    assert _size(witness) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"old 0\n\nlog\n0\n\n",
        Log(5).body(6, 5),
        b"old x\n\n" + Log(5).note().encode(),
    ],
    ids=["empty", "not UTF-8", "size 0", "from above", "no number"],
)
def test_a_malformed_request_is_answered_400(witness: Witness, body: bytes) -> None:
    assert witness.add_checkpoint(body).status == 400
    assert _size(witness) is None


def test_a_head_of_size_zero_is_never_cosigned(witness: Witness) -> None:
    note = Log(1).note().replace(f"{ORIGIN}\n1\n", f"{ORIGIN}\n0\n")
    assert witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == 400


def test_both_keys_of_a_changeover_are_trusted(book: Book) -> None:
    new_key = SeededKey(ORIGIN, seed="second")
    witness = witness_of(book, (LOG_VERIFIER, Verifier.of(new_key)))
    assert witness.add_checkpoint(Log(5).body(0)).status == 200
    assert witness.add_checkpoint(Log(8, key=new_key).body(5)).status == 200


def test_what_was_cosigned_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    first = Book(tmp_path)
    witness_of(first).add_checkpoint(Log(9).body(0))
    first.close()
    again = Book(tmp_path)
    reply = witness_of(again).add_checkpoint(Log(5).body(5))
    assert (reply.status, reply.body) == (409, "9\n")
    again.close()


def test_a_head_slipped_into_the_book_stops_the_witness(book: Book) -> None:
    """Without the witness's own cosignature a smaller head in the folder would be a rollback."""
    witness_of(book).add_checkpoint(Log(9).body(0))
    book.keep(ORIGIN, Log(5).note())
    with pytest.raises(BookRefused, match="is not ours"):
        witness_of(book)


def test_nothing_is_signed_that_was_not_written_down_before(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("policy_service.audit.witness.book.replace_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        witness.add_checkpoint(Log(9).body(0))
    assert _size(witness) is None


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=12), lies=st.sets(st.integers(0, 11))
)
def test_whatever_comes_the_cosigned_heads_are_one_growing_log(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], lies: set[int]
) -> None:
    """The witness's law: heads it signs never shrink and never leave the first story it saw."""
    book = Book(tmp_path_factory.mktemp("state"))
    witness, last, story = witness_of(book), 0, ""
    for turn, size in enumerate(sizes):
        told = "false" if turn in lies else "true"
        if witness.add_checkpoint(Log(size, told).body(last)).status != 200:
            continue
        assert size >= last
        if last > 3:
            assert told == story
        last, story = size, told if size > 3 else story
    book.close()


def test_its_standing_names_key_logs_and_evidence(witness: Witness) -> None:
    assert witness.standing() == f"witness {witness.cosigner.vkey}\nlog {ORIGIN} nothing yet\n"
    witness.add_checkpoint(Log(9).body(0))
    witness.add_checkpoint(Log(9, "false").body(9))
    assert witness.standing().splitlines()[1:] == [
        f"log {ORIGIN} size 9 at {AT}",
        f"evidence split {ORIGIN} at {AT}",
    ]
