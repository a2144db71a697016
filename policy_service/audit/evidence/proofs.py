"""The proofs of a bundle, all under one checkpoint: files as they stand in the zip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy.orm import Session

from policy_service.audit.reading import subtree_reader
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.encoding import base64std
from policy_service.ledger.merkle import consistency_proof, inclusion_proof
from policy_service.ledger.proof_file import InclusionProof
from policy_service.ledger.ranges import range_proof

MOST_PROOFS = 10_000
"""A range of more entries is proven as a whole only: a file for each would outweigh them."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint, as text, and the size it was signed for."""

    note: str
    size: int


def proof_files(
    session: Session, practice_id: str, signed: Signed, places: range | tuple[int, ...]
) -> Iterator[tuple[str, bytes]]:
    """(name, content): that the entries at these places are under the checkpoint."""
    read = cache(subtree_reader(session, practice_id))
    for index in places if len(places) <= MOST_PROOFS else ():
        path = inclusion_proof(read, index, signed.size)
        text = InclusionProof(index, path, signed.note).to_text()
        yield f"proofs/{index}.tlog-proof", text.encode()
    if isinstance(places, range):
        beside = range_proof(read, places.start, places.stop, signed.size)
        said = {"left": _texts(beside.left), "right": _texts(beside.right)}
        yield "range.json", canonical_bytes(said)


def consistency_file(session: Session, practice_id: str, old_size: int, signed: Signed) -> bytes:
    """The hashes that prove that the log continued from `old_size`: a JSON list."""
    read = subtree_reader(session, practice_id)
    return canonical_bytes(_texts(consistency_proof(read, old_size, signed.size)))


def _texts(hashes: Iterable[bytes]) -> list[str]:
    return [base64std(each) for each in hashes]
