"""Ed25519 signing keys for the log and for receipts: two keys, two files, never the database."""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret, read_secret

RAW_BYTES = 32
_PEM = b"-----BEGIN "


@dataclass(frozen=True)
class SigningKey:
    """A named Ed25519 key. The log key's name is the log's origin."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(char.isspace() for char in self.name):
            raise KeyRefused(
                f"signing key name {self.name!r}: must be non-empty, without spaces or '+'"
            )

    @classmethod
    def generate(cls, name: str) -> "SigningKey":
        return cls(name, Ed25519PrivateKey.generate())

    @property
    def public_key(self) -> bytes:
        """The raw 32-byte public key."""
        return self.private.public_key().public_bytes_raw()

    @property
    def vkey(self) -> str:
        """The public verifier key as C2SP signed-note text: what outsiders pin."""
        typed = b"\x01" + self.public_key
        key_id = hashlib.sha256(self.name.encode() + b"\n" + typed).hexdigest()[:8]
        return f"{self.name}+{key_id}+{base64.b64encode(typed).decode('ascii')}"

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature (RFC 8032)."""
        return self.private.sign(message)


def load_signing_key(path: Path, name: str) -> SigningKey:
    """Read a key file: PKCS #8 PEM without password, or the 32 raw bytes of the seed."""
    content = read_secret(path)
    if content.startswith(_PEM):
        return SigningKey(name, _from_pem(content, path))
    if len(content) != RAW_BYTES:
        raise KeyRefused(f"key file {path}: must be Ed25519, as PKCS #8 PEM or {RAW_BYTES} bytes")
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(content))


def create_signing_key(path: Path, name: str) -> SigningKey:
    """Make a new key in a new PEM file with mode 0600; an existing file is never replaced."""
    key = SigningKey.generate(name)
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    create_secret(path, pem)
    return key


def _from_pem(content: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused(f"key file {path}: not a PKCS #8 PEM without password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"key file {path}: must be an Ed25519 key")
    return key
