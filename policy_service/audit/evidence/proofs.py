"""The proofs of a bundle, all under one checkpoint: files as they stand in the zip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from policy_service.audit.cosignatures import cosigned_note, newest_cosigned
from policy_service.audit.evidence.contents import MOST_PROOFS
from policy_service.audit.reading import prove
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.encoding import base64std
from policy_service.ledger.merkle import consistency_proof, inclusion_proof
from policy_service.ledger.proof_file import InclusionProof
from policy_service.ledger.ranges import range_proof

_AT_ONCE = 200
"""Proofs whose nodes are read by one query."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint, as text, and the size it was signed for."""

    note: str
    size: int


def newest_witnessed(session: Session, practice_id: str) -> Signed | None:
    """The newest checkpoint that a witness cosigned, with its cosignatures."""
    size = newest_cosigned(session, practice_id)
    note = None if size is None else cosigned_note(session, practice_id, size)
    return None if note is None or size is None else Signed(note, size)


def proof_files(
    session: Session, practice_id: str, signed: Signed, places: range | tuple[int, ...]
) -> Iterator[tuple[str, bytes]]:
    """(name, content): that the entries at these places are under the checkpoint."""
    each = places if len(places) <= MOST_PROOFS else ()
    for start in range(0, len(each), _AT_ONCE):
        some = each[start : start + _AT_ONCE]
        for index, path in zip(some, _paths(session, practice_id, signed, some), strict=True):
            text = InclusionProof(index, path, signed.note).to_text()
            yield f"proofs/{index}.tlog-proof", text.encode()
    if isinstance(places, range):
        first, end = places.start, places.stop
        beside = prove(
            session, practice_id, lambda read: range_proof(read, first, end, signed.size)
        )
        said = {"left": _texts(beside.left), "right": _texts(beside.right)}
        yield "range.json", canonical_bytes(said)


def _paths(
    session: Session, practice_id: str, signed: Signed, places: Sequence[int]
) -> list[tuple[bytes, ...]]:
    return prove(
        session,
        practice_id,
        lambda read: [inclusion_proof(read, index, signed.size) for index in places],
    )


def consistency_file(session: Session, practice_id: str, old_size: int, signed: Signed) -> bytes:
    """The hashes that prove that the log continued from `old_size`: a JSON list."""
    path = prove(session, practice_id, lambda read: consistency_proof(read, old_size, signed.size))
    return canonical_bytes(_texts(path))


def _texts(hashes: Iterable[bytes]) -> list[str]:
    return [base64std(each) for each in hashes]
