"""The log's side of C2SP tlog-witness: submit a head to one witness and read what it says.

Nothing here raises for what a witness answers or fails to answer: a witness that is down, wrong or
lying must not stop the log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from policy_service.ledger.checkpoint import Checkpoint, read_decimal
from policy_service.ledger.cosignature import Cosigner
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note, Signature
from policy_service.ledger.witnessing import Finding, Submission

Prove = Callable[[int], tuple[bytes, ...]]
"""The consistency proof from a size to that of the head which is submitted."""
Post = Callable[[str, bytes], tuple[int, str]]
"""Send a body to an address; status and text of the answer. Raises NotAnswered."""


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """Where a witness listens, and the key its cosignatures must verify under."""

    url: str
    cosigner: Cosigner

    @property
    def ref(self) -> str:
        """Name and key id: what tells witnesses apart in the database."""
        return f"{self.cosigner.name}+{self.cosigner.key_id.hex()}"


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a submission: a verified cosignature, a refusal, or a failure in words.

    `size` is the newest size the witness says it has cosigned, where it did not cosign.
    """

    cosignature: Signature | None = None
    refused: Finding | None = None
    size: int | None = None
    said: str = ""


class NotAnswered(Exception):
    """The witness could not be reached, or gave an answer that is none."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A signed head, the proofs that lead to it, and the way to send them."""

    note: str
    prove: Prove
    post: Post


def submit(address: WitnessAddress, offer: Offer, known: int) -> Heard:
    """Submit a signed head, starting from the size the witness is believed to know.

    Told another size, try once more from there. A refusal is reported only when the witness's
    answer leaves no honest explanation: see `_conflict`.
    """
    head = Checkpoint.parse(Note.parse(offer.note).text)
    try:
        heard = _send(address, offer, known)
        if heard.size is not None and heard.refused is None and heard.size <= head.size:
            heard = _send(address, offer, heard.size)
    except NotAnswered as failed:
        return Heard(said=str(failed))
    if heard.size is not None and heard.refused is None:
        return Heard(refused=Finding.ROLLBACK, size=heard.size, said=f"it knows {heard.size}")
    return heard


def _send(address: WitnessAddress, offer: Offer, known: int) -> Heard:
    proof = offer.prove(known) if known else ()
    submission = Submission(known, proof, offer.note).to_text().encode()
    status, body = offer.post(f"{address.url}/add-checkpoint", submission)
    if status == 200:
        return _cosigned(address.cosigner, offer.note, body)
    if status == 409:
        return _conflict(_told_size(body), known, offer.note)
    if status == 422:
        return Heard(refused=Finding.UNPROVEN, size=known, said="it knows another history")
    raise NotAnswered(f"answered {status}: {' '.join(body.split())[:120]}")


def _cosigned(cosigner: Cosigner, note: str, body: str) -> Heard:
    """The witness's own line, verified; other lines are ignored."""
    try:
        line = cosigner.find(Note.parse(note + body))
    except NoteRefused as error:
        raise NotAnswered(f"answered 200 without its cosignature: {error}") from error
    return Heard(cosignature=line)


def _conflict(told: int, known: int, note: str) -> Heard:
    """409 to the very size it names, for a head of that size: it has another root of it."""
    size = Checkpoint.parse(Note.parse(note).text).size
    if told == known == size:
        return Heard(refused=Finding.SPLIT, size=told, said=f"it has another root of {told}")
    return Heard(size=told)


def _told_size(body: str) -> int:
    try:
        return read_decimal(body.removesuffix("\n"), "size")
    except NoteRefused as error:
        raise NotAnswered(f"answered 409 without a size: {error}") from error
