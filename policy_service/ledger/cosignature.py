"""C2SP tlog-cosignature, Ed25519: a witness's dated statement about a checkpoint.

It says: as of this second, this is the largest head I have seen of this log, and it follows from
every head I saw before.
"""

from typing import ClassVar

from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Note, Signature, Signer, Verifier

COSIGNATURE = b"\x04"
LATEST_TIME = 2**63 - 1
_TIME_BYTES = 8


class Cosigner(Verifier):
    """A witness's public key. Its signatures are dated, and over a text of their own."""

    kind: ClassVar[bytes] = COSIGNATURE

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Is `signature`, time included, this witness's cosignature of the note text?"""
        at = int.from_bytes(signature[:_TIME_BYTES], "big")
        if len(signature) <= _TIME_BYTES or at > LATEST_TIME:
            return False
        return super().accepts(_stated(message, at), signature[_TIME_BYTES:])

    def find(self, note: Note) -> Signature:
        """This witness's own line of a note, verified; NoteRefused if it has none that holds."""
        note.require(self)
        return self.lines_in(note)[0]


def cosign(text: str, signer: Signer, at: int) -> Signature:
    """Cosign a checkpoint's text at POSIX second `at`. The caller has checked what it says."""
    if not 0 <= at <= LATEST_TIME:
        raise NoteRefused(f"cosignature time {at}: allowed are 0 to {LATEST_TIME}")
    cosigner = Cosigner.of(signer)
    value = at.to_bytes(_TIME_BYTES, "big") + signer.sign(_stated(text.encode(), at))
    return Signature(cosigner.name, cosigner.key_id, value)


def cosigned_at(signature: Signature) -> int:
    """The POSIX second a cosignature states; true only as far as its witness's clock is."""
    return int.from_bytes(signature.value[:_TIME_BYTES], "big")


def _stated(message: bytes, at: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % at + message
