"""Two signed heads side by side: can one log have signed both honestly?"""

from enum import StrEnum

from policy_service.ledger.checkpoint import open_checkpoint
from policy_service.ledger.note import Verifier


class Between(StrEnum):
    """What two heads signed by one log say about it."""

    SAME = "same"
    MISCONDUCT = "misconduct"
    """One size, two roots: no honest log signs that. The two notes are the whole proof."""
    UNDECIDED = "undecided"
    """Two sizes: only a consistency proof can tell."""


def compare_heads(first: str, second: str, verifier: Verifier) -> Between:
    """Compare two signed notes; NoteRefused unless the pinned log key signed both."""
    one, other = open_checkpoint(first, verifier), open_checkpoint(second, verifier)
    if one.size != other.size:
        return Between.UNDECIDED
    return Between.SAME if one.root == other.root else Between.MISCONDUCT
