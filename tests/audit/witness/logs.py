"""Logs to be witnessed: honest ones, and ones that were rewritten under the same key."""

from __future__ import annotations

from policy_service.audit.witness.book import Book
from policy_service.audit.witness.cosigner import Witness
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.merkle import consistency_proof, leaf_hash, root_of, subtree_reader
from policy_service.ledger.note import Verifier
from policy_service.ledger.witnessing import Submission
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, OTHER_KEY, SeededKey

AT = 1_800_000_000


class Log:
    """A log of `size` entries; another `story` has other entries from index 3 on."""

    def __init__(self, size: int, story: str = "true", key: SeededKey = LOG_KEY) -> None:
        told = [("true" if index < 3 else story, index) for index in range(size)]
        self.leaves = [leaf_hash(f"{what} {index}".encode()) for what, index in told]
        self.key = key

    def note(self, size: int | None = None) -> str:
        """The signed head of a size."""
        leaves = self.leaves[:size]
        head = Checkpoint(self.key.name, len(leaves), root_of(leaves))
        return sign_checkpoint(head, self.key).to_text()

    def body(self, old: int, size: int | None = None) -> bytes:
        """An honest submission of a head from `old` on."""
        last = len(self.leaves) if size is None else size
        read = subtree_reader(self.leaves)
        proof = consistency_proof(read, old, last) if 0 < old <= last else ()
        return Submission(old, proof, self.note(last)).to_text().encode()


def witness_of(book: Book, logs: tuple[Verifier, ...] = (LOG_VERIFIER,)) -> Witness:
    """A witness that knows the fern practice's log, at a standing clock."""
    return Witness(OTHER_KEY, {ORIGIN: logs}, book, lambda: AT)
