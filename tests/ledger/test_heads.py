"""Two signed heads of one size are the whole proof of misconduct."""

import pytest

from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.heads import Between, compare_heads
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, SeededKey


def _head(size: int, root: bytes, key: SeededKey = LOG_KEY) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, root * 32), key).to_text()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (_head(7, b"a"), Between.SAME),
        (_head(7, b"b"), Between.MISCONDUCT),
        (_head(8, b"b"), Between.UNDECIDED),
    ],
    ids=["same", "two roots", "two sizes"],
)
def test_what_two_heads_say(other, said):
    assert compare_heads(_head(7, b"a"), other, LOG_VERIFIER) is said
    assert compare_heads(other, _head(7, b"a"), LOG_VERIFIER) is said


def test_a_head_that_the_log_did_not_sign_proves_nothing_against_it():
    framed = _head(7, b"b", SeededKey(ORIGIN, seed="thief"))
    with pytest.raises(NoteRefused, match="not signed by"):
        compare_heads(_head(7, b"a"), framed, LOG_VERIFIER)
