"""C2SP signed notes: text, then one line per signature. Only Ed25519 (type 0x01) is made and read.

Signers are passed in as anything with a name, a public key and a `sign`: the key itself lives
elsewhere (a file, a signer process, a KMS) and never enters this package.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from policy_service.ledger.encoding import base64std, from_base64std
from policy_service.ledger.errors import NoteRefused

ED25519 = b"\x01"
KEY_BYTES = 32
MAX_NOTE_CHARS = 1_000_000
MAX_SIGNATURES = 100
_EM_DASH = "—"


class Signer(Protocol):
    """Whoever holds an Ed25519 key under a name."""

    @property
    def name(self) -> str: ...

    @property
    def public_key(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class Changeover:
    """The log's key and the one it replaces: while both are pinned somewhere, both sign each head.

    To whoever asks for one key it is the newer.
    """

    current: Signer
    previous: Signer

    @property
    def name(self) -> str:
        """The log's origin."""
        return self.current.name

    @property
    def public_key(self) -> bytes:
        """The newer key's."""
        return self.current.public_key

    def sign(self, message: bytes) -> bytes:
        """The newer key's signature."""
        return self.current.sign(message)


def keys_of(signer: Signer) -> tuple[Signer, ...]:
    """Those that sign a head: the key, and in a changeover the one before it."""
    if isinstance(signer, Changeover):
        return signer.current, signer.previous
    return (signer,)


@dataclass(frozen=True)
class Signature:
    """One signature line: who, the four-byte key id, and the signature bytes."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        return f"{_EM_DASH} {self.name} {base64std(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read a line without its newline."""
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != _EM_DASH:
            raise NoteRefused("a signature line must be: em dash, space, key name, space, base64")
        check_key_name(parts[1])
        try:
            raw = from_base64std(parts[2])
        except ValueError as error:
            raise NoteRefused(f"signature of {parts[1]}: {error}") from error
        if len(raw) <= 4:
            raise NoteRefused(f"signature of {parts[1]}: too short")
        return cls(parts[1], raw[:4], raw[4:])


@dataclass(frozen=True)
class Verifier:
    """A public key a reader has decided to trust, under its name."""

    kind: ClassVar[bytes] = ED25519
    """The signature type: it enters the key id, so one key of two types has two ids."""
    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise NoteRefused(f"key {self.name}: an Ed25519 public key has {KEY_BYTES} bytes")

    @classmethod
    def of(cls, signer: Signer) -> Self:
        return cls(signer.name, signer.public_key)

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name, newline, signature type, public key)."""
        named = self.name.encode() + b"\n" + self.kind + self.public_key
        return hashlib.sha256(named).digest()[:4]

    @property
    def vkey(self) -> str:
        """`name+keyid+base64(type, public key)`: how verifier keys are pinned and passed on."""
        return f"{self.name}+{self.key_id.hex()}+{base64std(self.kind + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> Self:
        """Read a vkey; its key id must belong to its key."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NoteRefused("a vkey must be: name, '+', key id in hex, '+', base64 key")
        try:
            raw = from_base64std(parts[2])
        except ValueError as error:
            raise NoteRefused(f"vkey of {parts[0]}: {error}") from error
        if raw[:1] != cls.kind:
            raise NoteRefused(f"vkey of {parts[0]}: must be of type 0x{cls.kind.hex()} here")
        verifier = cls(parts[0], raw[1:])
        if verifier.key_id.hex() != parts[1]:
            raise NoteRefused(f"vkey of {parts[0]}: the key id is not that of the key")
        return verifier

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Is `signature` this key's Ed25519 signature over `message`?"""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def lines_in(self, note: "Note") -> tuple[Signature, ...]:
        """This key's own signature lines of a note, as far as they verify."""
        message = note.text.encode()
        return tuple(
            each
            for each in note.signatures
            if (each.name, each.key_id) == (self.name, self.key_id)
            and self.accepts(message, each.value)
        )


@dataclass(frozen=True)
class Note:
    """A note as read: nothing in `text` is to be believed before `require` has passed."""

    text: str
    signatures: tuple[Signature, ...]

    def to_text(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    @classmethod
    def parse(cls, raw: str) -> "Note":
        """Split a note into text and signatures at its last empty line."""
        if len(raw) > MAX_NOTE_CHARS:
            raise NoteRefused(f"a note may have at most {MAX_NOTE_CHARS} characters")
        text, gap, tail = raw.rpartition("\n\n")
        if not gap or not tail.endswith("\n"):
            raise NoteRefused("a note must be text, an empty line, and signature lines")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise NoteRefused(f"a note may have at most {MAX_SIGNATURES} signatures")
        check_text(text + "\n")
        return cls(text + "\n", tuple(Signature.parse(line) for line in lines))

    def require(self, verifier: Verifier) -> None:
        """Raise `NoteRefused` unless `verifier`'s key signed this text.

        Signatures of other keys are ignored; a broken one of this key refuses the whole note.
        """
        known = (verifier.name, verifier.key_id)
        own = [each for each in self.signatures if (each.name, each.key_id) == known]
        if not own:
            raise NoteRefused(f"the note is not signed by {verifier.name}")
        message = self.text.encode()
        if not all(verifier.accepts(message, each.value) for each in own):
            raise NoteRefused(f"the signature of {verifier.name} does not verify")

    def with_signatures(self, added: Sequence[Signature]) -> "Note":
        """The same text with more signatures, such as a witness's."""
        return replace(self, signatures=(*self.signatures, *added))


def signed_by(raw: str, keys: Sequence[Verifier]) -> Verifier:
    """The first of some keys whose signature a note carries, or the first of all, to be refused by.

    For a log whose key has changed: `keys` are all that it ever had.
    """
    note = Note.parse(raw)
    return next((key for key in keys if key.lines_in(note)), keys[0])


def sign_note(text: str, *signers: Signer) -> Note:
    """Sign `text`, which must end in a newline, with each signer in turn."""
    check_text(text)
    return Note(text, tuple(_signature(text, signer) for signer in signers))


def _signature(text: str, signer: Signer) -> Signature:
    verifier = Verifier.of(signer)
    return Signature(verifier.name, verifier.key_id, signer.sign(text.encode()))


def check_key_name(name: str) -> None:
    """Key names are never empty and hold no space, plus or control character."""
    if not name or "+" in name or any(char.isspace() or char < " " for char in name):
        raise NoteRefused(f"key name {name!r}: must be non-empty, without spaces and without '+'")


def check_text(text: str) -> None:
    """Note texts end in a newline and hold no other control character."""
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise NoteRefused("note text must end in a newline and hold no other control character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NoteRefused("note text must be valid UTF-8") from error
