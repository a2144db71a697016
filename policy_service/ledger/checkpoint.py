"""C2SP tlog-checkpoint: a signed note that fixes a log's origin, size and root.

A log signs sizes that are already committed, and never two different roots of one size. Keeping
that promise is the caller's part; two notes that break it are portable proof of misconduct.
"""

import re
from dataclasses import dataclass

from policy_service.ledger.encoding import base64std, from_base64std
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.merkle import HASH_BYTES, Head
from policy_service.ledger.note import Note, Signer, Verifier, check_text, keys_of, sign_note

MAX_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """The body of a checkpoint. Size 0 is refused: a log is first published with `log.created`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise NoteRefused(f"checkpoint size {self.size}: allowed are 1 to {MAX_SIZE}")
        if len(self.root) != HASH_BYTES:
            raise NoteRefused(f"checkpoint root: must be {HASH_BYTES} bytes")
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise NoteRefused("checkpoint origin and extension lines: one non-empty line each")
            check_text(line + "\n")

    @property
    def head(self) -> Head:
        return Head(self.size, self.root)

    @property
    def text(self) -> str:
        """The note text: origin, size, root, and extension lines if there are any."""
        lines = (self.origin, str(self.size), base64std(self.root), *self.extensions)
        return "".join(line + "\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a note text. Says nothing about who signed it: see `open_checkpoint`."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise NoteRefused("a checkpoint must have the lines: origin, size, root")
        origin, size, root, *extensions = lines[:-1]
        number = read_decimal(size, "checkpoint size")
        try:
            digest = from_base64std(root)
        except ValueError as error:
            raise NoteRefused(f"checkpoint root: {error}") from error
        return cls(origin, number, digest, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> Note:
    """Sign a checkpoint with the log key, whose name must be the log's origin.

    During a changeover the key before it signs too, on a line of its own.
    """
    if signer.name != checkpoint.origin:
        raise NoteRefused(
            f"the log key is named {signer.name!r}, but the origin is {checkpoint.origin!r}"
        )
    return sign_note(checkpoint.text, *keys_of(signer))


def open_checkpoint(raw: str, verifier: Verifier) -> Checkpoint:
    """Return the checkpoint of a signed note if the pinned log key signed it, else raise.

    The key's name is the origin that is expected; a checkpoint of another log is refused.
    """
    note = Note.parse(raw)
    note.require(verifier)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != verifier.name:
        raise NoteRefused(f"checkpoint of {checkpoint.origin!r}, expected {verifier.name!r}")
    return checkpoint


def read_decimal(text: str, field: str) -> int:
    """An ASCII decimal without sign or leading zeroes, at most 2**63 - 1."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise NoteRefused(f"{field}: must be a decimal from 0 to {MAX_SIZE}, no leading zeroes")
    return int(text)
