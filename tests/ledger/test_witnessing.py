"""What is submitted to a witness, and what it makes of a head beside the newest one it knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.errors import SubmissionRefused
from policy_service.ledger.merkle import Head, consistency_proof, leaf_hash, subtree_reader
from policy_service.ledger.witnessing import Finding, Submission, judge
from tests.ledger.trees import literal_root, some_leaves

LEAVES = some_leaves(40)
READ = subtree_reader([leaf_hash(leaf) for leaf in LEAVES])
NOTE = "log\n1\nroot\n\n— log c2ln\n"


def _head(size: int) -> Head:
    return Head(size, literal_root(LEAVES[:size]))


def _submission(old: int, new: int) -> Submission:
    return Submission(old, consistency_proof(READ, old, new) if old else (), NOTE)


def test_a_submission_reads_back_as_it_was_written():
    submission = _submission(7, 33)
    assert submission.to_text().startswith("old 7\n")
    assert Submission.parse(submission.to_text()) == submission
    assert Submission.parse(f"old 0\n\n{NOTE}") == Submission(0, (), NOTE)


@pytest.mark.parametrize(
    "body",
    [
        "",
        NOTE,
        "old 7\n",
        "old -1\n\n" + NOTE,
        "old 07\n\n" + NOTE,
        "old  7\n\n" + NOTE,
        "OLD 7\n\n" + NOTE,
        "old 7\nnot base64\n\n" + NOTE,
        "old 0\n" + "A" * 43 + "=\n\n" + NOTE,
        "old 7\n" + ("A" * 43 + "=\n") * 64 + "\n" + NOTE,
    ],
    ids=range(10),
)
def test_another_form_is_refused(body):
    with pytest.raises(SubmissionRefused):
        Submission.parse(body)


@given(st.integers(1, 40), st.integers(1, 40))
def test_every_honest_growth_is_cosigned_and_no_other_root_is(old, new):
    old, new = sorted((old, new))
    assert judge(_head(old), _submission(old, new), _head(new)) is Finding.GROWN
    wrong = judge(_head(old), _submission(old, new), Head(new, b"f" * 32))
    assert wrong is (Finding.SPLIT if old == new else Finding.UNPROVEN)


def test_the_first_head_of_a_log_is_taken_on_trust():
    assert judge(None, _submission(0, 12), _head(12)) is Finding.GROWN


def test_asking_from_size_zero_is_not_held_against_a_log():
    assert judge(_head(12), _submission(0, 12), _head(12)) is Finding.STALE
    assert judge(_head(12), _submission(0, 5), _head(5)) is Finding.STALE
    assert judge(None, _submission(3, 12), _head(12)) is Finding.STALE


def test_a_smaller_head_that_calls_itself_the_newest_is_a_rollback():
    assert judge(_head(12), _submission(5, 5), _head(5)) is Finding.ROLLBACK
    assert judge(_head(12), _submission(5, 9), _head(9)) is Finding.ROLLBACK


def test_two_roots_of_one_size_are_a_split_whatever_the_submitter_says():
    for old in (0, 5, 12):
        other = Head(12, b"f" * 32)
        assert judge(_head(12), Submission(old, (), NOTE), other) is Finding.SPLIT


def test_growth_without_its_proof_is_not_cosigned():
    assert judge(_head(5), Submission(5, (), NOTE), _head(12)) is Finding.UNPROVEN
    spoilt = Submission(5, _submission(5, 13).proof, NOTE)
    assert judge(_head(5), spoilt, _head(12)) is Finding.UNPROVEN


def test_a_submission_from_above_its_own_head_is_refused():
    with pytest.raises(SubmissionRefused, match="above"):
        judge(_head(12), Submission(12, (), NOTE), _head(5))
