"""Keys: what they are for, how they are told apart, and how they come in from outside.

A `Key` (key-encryption key, practice key, person key) never touches text itself. It wraps the keys
below it and yields one `PurposeKey` for each purpose, by HKDF-SHA256 with the purpose as label.
So a key that indexes names can never open a sealed field, and a purpose key that leaks tells
nothing of its siblings. Labels are final: changing one loses what was written under it.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import NewType

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret, read_secret

KEY_BYTES = 32
KEY_ID_BYTES = 8

KeyId = NewType("KeyId", bytes)
"""Eight bytes derived from the key: the same key has the same id wherever it is held."""

_HEX = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_FORM = f"{KEY_BYTES} random bytes as 64 hex digits or 44 characters of base64"


class Purpose(Enum):
    """What a derived key may be used for. The values are HKDF labels and final."""

    WRAP = "wrap"
    """Wrapping the keys one step below."""
    PERSON = "person"
    """Sealing a person record, under the person's key."""
    OPENING = "opening"
    """Sealing the openings of a log entry."""
    SKETCH = "sketch"
    """Sealing the sketches by which recognition passes people over, under the practice's key."""
    TIE = "tie"
    """Sealing kind and period of a tie."""
    FIELD = "field"
    """Sealing any other text of a row: notes, reasons, secrets of third systems."""
    STORED_RESPONSE = "stored-response"
    """Sealing the reply kept for an idempotency key."""
    MATCH_KEY = "match-key"
    """HMAC of match keys."""
    THIRD_PARTY = "third-party"
    """HMAC of what is kept of third parties; the index of match keys tells nothing of it."""
    FREQUENCY = "frequency"
    """HMAC under which name frequencies are counted."""
    PSEUDONYM = "pseudonym"
    """HMAC that yields subject and actor pseudonyms in leaves."""
    ROW_MAC = "row-mac"
    """HMAC over a log entry that is not yet sealed into the tree."""
    BODY_DIGEST = "body-digest"
    """HMAC of a request body, to tell a repeated request from a different one."""
    ANSWER_KEY = "answer-key"
    """HMAC of an EHR's key for a request, by which the answer is found after it is forgotten."""
    ERASURE_LIST = "erasure-list"
    """HMAC over a line of the list of erasures, which lies outside the database."""
    CURSOR = "cursor"
    """HMAC that keeps paging cursors from being made up."""


@dataclass(frozen=True)
class PurposeKey:
    """A key for one purpose: given to `seal`, `open_sealed` and the functions of `blind`."""

    secret: bytes = field(repr=False)
    purpose: Purpose

    @cached_property
    def id(self) -> KeyId:
        return KeyId(_derive(self.secret, "key-id", KEY_ID_BYTES))

    @cached_property
    def cipher(self) -> AESGCM:
        """Made ready once: an entry of the log seals half a dozen values under one key."""
        return AESGCM(self.secret)


@dataclass(frozen=True)
class Key:
    """A 256-bit key at the root of its purposes. Never printed, never logged."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise KeyRefused(f"a key has {KEY_BYTES} bytes, not {len(self.secret)}")

    @classmethod
    def generate(cls) -> "Key":
        """A new random key from the operating system."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @cached_property
    def id(self) -> KeyId:
        return KeyId(_derive(self.secret, "key-id", KEY_ID_BYTES))

    def derive(self, purpose: Purpose) -> PurposeKey:
        """The key for one purpose; always the same for the same key and purpose."""
        return PurposeKey(_derive(self.secret, f"purpose/{purpose.value}", KEY_BYTES), purpose)

    def to_text(self) -> str:
        """Base64, as a key file holds it."""
        return base64.b64encode(self.secret).decode("ascii")


@dataclass(frozen=True)
class KeyRing:
    """The current key and, during rotation, those it replaces: new writes use only `current`."""

    current: Key
    older: tuple[Key, ...] = ()

    def derive(self, purpose: Purpose) -> tuple[PurposeKey, ...]:
        """The purpose keys of all keys, current first: what `open_sealed` takes while rotating."""
        return tuple(key.derive(purpose) for key in (self.current, *self.older))


def parse_key(text: str, source: str) -> Key:
    """Read one key from hex or base64. `source` names the setting or file in errors."""
    if _HEX.fullmatch(text):
        return Key(bytes.fromhex(text))
    try:
        raw = base64.b64decode(text.translate(_URLSAFE) + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRefused(f"{source}: must be {_FORM}") from error
    if len(raw) != KEY_BYTES:
        raise KeyRefused(f"{source}: holds {len(raw)} bytes; must be {_FORM}")
    return Key(raw)


def parse_key_ring(text: str, source: str) -> KeyRing:
    """Read keys apart by white space, current first; lines that begin with # are comments."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    keys = [parse_key(word, source) for line in lines for word in line.split()]
    if not keys:
        raise KeyRefused(f"{source}: is empty; must be {_FORM}")
    if len({key.id for key in keys}) != len(keys):
        raise KeyRefused(f"{source}: the same key stands there twice")
    return KeyRing(keys[0], tuple(keys[1:]))


def read_key_ring(path: Path) -> KeyRing:
    """The key-encryption keys of a file; refused when missing or readable by everyone."""
    try:
        text = read_secret(path).decode("ascii")
    except UnicodeDecodeError as error:
        raise KeyRefused(f"key file {path}: must be {_FORM}") from error
    return parse_key_ring(text, f"key file {path}")


def load_key_ring(environ: Mapping[str, str], value_name: str, file_name: str) -> KeyRing:
    """The key-encryption keys from the file named by `file_name` or the value of `value_name`.

    Exactly one of the two settings must be given.
    """
    value, path = environ.get(value_name), environ.get(file_name)
    if value and path:
        raise KeyRefused(f"{value_name} and {file_name} are both set; allowed is one")
    if path:
        return read_key_ring(Path(path))
    if value:
        return parse_key_ring(value, value_name)
    raise KeyRefused(f"no key-encryption key: set {file_name} to a file, or {value_name} to a key")


def create_key_file(path: Path) -> KeyRing:
    """Make a new key-encryption key in a new file with mode 0600."""
    key = Key.generate()
    create_secret(path, key.to_text().encode("ascii") + b"\n")
    return KeyRing(key)


def _derive(secret: bytes, label: str, length: int) -> bytes:
    """HKDF-SHA256 (RFC 5869) without salt, for one block at most: two HMACs by definition."""
    extracted = hmac.digest(_NO_SALT, secret, "sha256")
    info = f"policy_service/v1/{label}".encode("ascii")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


_NO_SALT = bytes(32)
_URLSAFE = str.maketrans("-_", "+/")
