"""The log's side of C2SP tlog-witness: submit a head to one witness and read what it says.

Nothing here raises for what a witness answers or fails to answer: a witness that is down, wrong or
lying must not stop the log.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from policy_service.ledger.checkpoint import Checkpoint, read_decimal
from policy_service.ledger.cosignature import Cosigner
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note, Signature
from policy_service.ledger.witnessing import Finding, Submission

PATIENCE = 5.0
"""Seconds a witness has to answer."""
_MOST_BYTES = 64 * 1024
Prove = Callable[[int], tuple[bytes, ...]]
"""The consistency proof from a size to that of the head which is submitted."""


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


class _Failed(Exception):
    """The witness could not be reached, or gave an answer that is none."""


def submit(address: WitnessAddress, note: str, known: int, prove: Prove) -> Heard:
    """Submit a signed head, starting from the size the witness is believed to know.

    Told another size, try once more from there. A refusal is reported only when the witness's
    answer leaves no honest explanation: see `_conflict`.
    """
    head = Checkpoint.parse(Note.parse(note).text)
    try:
        heard = _offer(address, note, known, prove)
        if heard.size is not None and heard.refused is None and heard.size <= head.size:
            heard = _offer(address, note, heard.size, prove)
    except _Failed as failed:
        return Heard(said=str(failed))
    if heard.size is not None and heard.refused is None:
        return Heard(refused=Finding.ROLLBACK, size=heard.size, said=f"it knows {heard.size}")
    return heard


def _offer(address: WitnessAddress, note: str, known: int, prove: Prove) -> Heard:
    proof = prove(known) if known else ()
    status, body = _post(address.url, Submission(known, proof, note).to_text().encode())
    if status == 200:
        return _cosigned(address.cosigner, note, body)
    if status == 409:
        return _conflict(_told_size(body), known, note)
    if status == 422:
        return Heard(refused=Finding.UNPROVEN, size=known, said="it knows another history")
    raise _Failed(f"answered {status}: {' '.join(body.split())[:120]}")


def _cosigned(cosigner: Cosigner, note: str, body: str) -> Heard:
    """The witness's own line, verified; other lines are ignored."""
    try:
        line = cosigner.find(Note.parse(note + body))
    except NoteRefused as error:
        raise _Failed(f"answered 200 without its cosignature: {error}") from error
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
        raise _Failed(f"answered 409 without a size: {error}") from error


def _post(url: str, body: bytes) -> tuple[int, str]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=PATIENCE)
    try:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        connection.request("POST", f"{parts.path}/add-checkpoint", body, headers)
        response = connection.getresponse()
        return response.status, response.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise _Failed(f"not reached: {error.__class__.__name__}") from error
    finally:
        connection.close()
