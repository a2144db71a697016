"""C2SP tlog-witness `add-checkpoint`: what is submitted, and what a witness makes of it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from policy_service.ledger.checkpoint import read_decimal
from policy_service.ledger.encoding import base64std, from_base64std
from policy_service.ledger.errors import NoteRefused, SubmissionRefused
from policy_service.ledger.merkle import Head, verify_consistency

MAX_PROOF = 63


class Finding(StrEnum):
    """What a signed head is, beside the newest one the witness has cosigned."""

    GROWN = "grown"
    """The same head, or one proven to follow from it: to be cosigned."""
    STALE = "stale"
    """The submitter named another head than the newest; nothing speaks against this one yet."""
    ROLLBACK = "rollback"
    """The log signed a head smaller than the newest and calls it the newest."""
    SPLIT = "split"
    """Two signed heads of one size with different roots: together they prove misconduct."""
    UNPROVEN = "unproven"
    """A larger head that is not shown to follow: a fork, or a proof that is wrong."""


@dataclass(frozen=True)
class Submission:
    """A request: the size the witness knows, the proof from there, the signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    def to_text(self) -> str:
        """The request's body."""
        lines = (f"old {self.old_size}", *(base64std(part) for part in self.proof))
        return "".join(f"{line}\n" for line in lines) + "\n" + self.note

    @classmethod
    def parse(cls, text: str) -> "Submission":
        """Inverse of `to_text`. The note is not looked at."""
        top, gap, note = text.partition("\n\n")
        first, *proof = top.split("\n")
        if not gap or not first.startswith("old "):
            raise SubmissionRefused("expected: a line 'old SIZE', proof lines, an empty line, note")
        if len(proof) > MAX_PROOF:
            raise SubmissionRefused(f"a proof has at most {MAX_PROOF} lines, not {len(proof)}")
        try:
            old_size = read_decimal(first.removeprefix("old "), "old size")
            hashes = tuple(from_base64std(line) for line in proof)
        except (NoteRefused, ValueError) as error:
            raise SubmissionRefused(f"old size or proof line: {error}") from error
        if hashes and not old_size:
            raise SubmissionRefused("from size 0 there is nothing to prove; send no proof line")
        return cls(old_size, hashes, note)


def judge(latest: Head | None, submitted: Submission, head: Head) -> Finding:
    """What the witness that cosigned `latest` last says to a signed `head`.

    SubmissionRefused where the submission contradicts itself.
    """
    if submitted.old_size > head.size:
        raise SubmissionRefused(
            f"old size {submitted.old_size} is above the checkpoint's size {head.size}"
        )
    if latest is not None and head.size == latest.size and head.root != latest.root:
        return Finding.SPLIT
    if submitted.old_size != (latest.size if latest else 0):
        return Finding.ROLLBACK if _goes_back(latest, submitted, head) else Finding.STALE
    if latest is None or verify_consistency(latest, head, submitted.proof):
        return Finding.GROWN
    return Finding.UNPROVEN


def _goes_back(latest: Head | None, submitted: Submission, head: Head) -> bool:
    """Asking with size 0 is how a log learns what the witness knows: that alone is no rollback."""
    return latest is not None and head.size < latest.size and submitted.old_size > 0
