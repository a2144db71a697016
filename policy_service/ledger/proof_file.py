"""C2SP `.tlog-proof` v1: a text file that proves offline that an entry is in the log."""

from dataclasses import dataclass

from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, read_decimal
from policy_service.ledger.encoding import base64std, from_base64std
from policy_service.ledger.errors import NoteRefused, ProofRefused
from policy_service.ledger.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from policy_service.ledger.note import Verifier

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63


@dataclass(frozen=True)
class InclusionProof:
    """A `.tlog-proof`: entry index, path (leaf's sibling first), signed checkpoint verbatim.

    `extra` is opaque and authenticated by nothing.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def to_text(self) -> str:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64std(self.extra)}")
        lines.append(f"index {self.index}")
        lines.extend(base64std(sibling) for sibling in self.path)
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "InclusionProof":
        """Read a proof file; proves nothing before `verify_proof`."""
        top, gap, checkpoint = text.partition("\n\n")
        lines = top.split("\n")
        if not gap or lines.pop(0) != HEADER:
            raise ProofRefused(f"a proof file must begin with the line {HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _decode(lines.pop(0).removeprefix("extra "), "extra")
        if not lines or not lines[0].startswith("index "):
            raise ProofRefused("a proof file must have an index line")
        try:
            index = read_decimal(lines.pop(0).removeprefix("index "), "index")
        except NoteRefused as error:
            raise ProofRefused(str(error)) from error
        return cls(index, _path(lines), checkpoint, extra)


def verify_proof(text: str, leaf: bytes, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint under which `leaf` is proven to be logged, else raise.

    `verifier` is the log key the reader pinned; raises `ProofRefused` or `NoteRefused`.
    """
    proof = InclusionProof.parse(text)
    checkpoint = open_checkpoint(proof.checkpoint, verifier)
    if not verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.head, proof.path):
        raise ProofRefused(
            f"the path does not lead from this entry at index {proof.index} "
            f"to the root of the checkpoint of size {checkpoint.size}"
        )
    return checkpoint


def _path(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > MAX_PATH:
        raise ProofRefused(f"an inclusion path has at most {MAX_PATH} hashes, not {len(lines)}")
    path = tuple(_decode(line, f"hash {number}") for number, line in enumerate(lines, 1))
    if any(len(sibling) != HASH_BYTES for sibling in path):
        raise ProofRefused(f"every hash of the path must be {HASH_BYTES} bytes")
    return path


def _decode(text: str, field: str) -> bytes:
    try:
        return from_base64std(text)
    except ValueError as error:
        raise ProofRefused(f"{field}: {error}") from error
