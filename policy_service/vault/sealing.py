"""Sealing: AES-256-GCM bound to the place a value is kept in. The format is final.

    0x01 | key id, 8 bytes | nonce, 12 bytes | ciphertext | tag, 16 bytes

The additional data is the 9-byte header and the place (practice, table, column, row), each part
behind its length, so that no two places share bytes. A sealed value that is copied to another row,
column or practice, or changed in any byte, does not open.

Plaintext is padded to whole blocks of 64 bytes before encryption (0x80, then zeroes): the length of
a sealed tie kind must not say which kind it is. See docs/design/keys-and-sealing.md.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy_service.vault.errors import KeyNotHeld, SealBroken
from policy_service.vault.keys import KEY_ID_BYTES, Key, KeyId, KeyRing, Purpose, PurposeKey

VERSION = b"\x01"
BLOCK_BYTES = 64
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(VERSION) + KEY_ID_BYTES
_SHORTEST = _HEADER_BYTES + _NONCE_BYTES + BLOCK_BYTES + _TAG_BYTES


class Place(NamedTuple):
    """Where a sealed value is kept. A value opens only there."""

    practice: str
    table: str
    column: str
    row: str


def seal(key: PurposeKey, plaintext: bytes, aad: tuple[str, ...]) -> bytes:
    """Encrypt `plaintext` for the place `aad` under a fresh random 96-bit nonce.

    One purpose key may seal up to 2**32 values (NIST SP 800-38D section 8.3).
    """
    header = VERSION + key.id
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(key.secret).encrypt(nonce, _pad(plaintext), _bound(header, aad))
    return header + nonce + sealed


def open_sealed(
    keys: PurposeKey | Sequence[PurposeKey], sealed: bytes, aad: tuple[str, ...]
) -> bytes:
    """Return the plaintext sealed for the place `aad`; the key is picked by the id in the header.

    Raises `KeyNotHeld` when none of `keys` sealed it, `SealBroken` on anything else amiss.
    """
    key = _pick(keys, key_id_of(sealed))
    header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
    body = sealed[_HEADER_BYTES + _NONCE_BYTES :]
    try:
        padded = AESGCM(key.secret).decrypt(nonce, body, _bound(header, aad))
    except InvalidTag as error:
        raise SealBroken(f"sealed value at {'|'.join(aad)}: altered or moved here") from error
    return _unpad(padded)


class Opener:
    """One purpose key made ready to open many values of one column: a replay opens a million.

    `column` is practice, table and column; the row is given with each value.
    """

    __slots__ = ("_bound", "_cipher", "_column", "_header")

    def __init__(self, key: PurposeKey, column: tuple[str, str, str]) -> None:
        self._cipher = AESGCM(key.secret)
        self._header = VERSION + key.id
        self._column = column
        self._bound = _bound(self._header, column)

    def open(self, sealed: bytes, row: str) -> bytes:
        """As `open_sealed`, with this key alone. Raises KeyNotHeld, SealBroken."""
        if sealed[:_HEADER_BYTES] != self._header:
            raise KeyNotHeld(f"sealed under key {key_id_of(sealed).hex()}, which is not held")
        nonce = sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        place = row.encode()
        bound = self._bound + len(place).to_bytes(4, "big") + place
        try:
            padded = self._cipher.decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], bound)
        except InvalidTag as error:
            where = "|".join((*self._column, row))
            raise SealBroken(f"sealed value at {where}: altered or moved here") from error
        return _unpad(padded)


def key_id_of(sealed: bytes) -> KeyId:
    """The id of the purpose key that sealed or wrapped these bytes."""
    if len(sealed) < _SHORTEST or sealed[:1] != VERSION:
        raise SealBroken("not a sealed value of version 1")
    return KeyId(sealed[len(VERSION) : _HEADER_BYTES])


def wrap(key: Key, by: Key | KeyRing, aad: tuple[str, ...]) -> bytes:
    """Seal a key under the one above it; a ring wraps with its current key."""
    above = by.current if isinstance(by, KeyRing) else by
    return seal(above.derive(Purpose.WRAP), key.secret, aad)


def unwrap(wrapped: bytes, by: Key | KeyRing, aad: tuple[str, ...]) -> Key:
    """Inverse of `wrap`; a ring picks the key that wrapped it, current or older."""
    return Key(open_sealed(by.derive(Purpose.WRAP), wrapped, aad))


def needs_rewrap(wrapped: bytes, by: KeyRing) -> bool:
    """Is this wrapped under another key than the current one?"""
    return key_id_of(wrapped) != by.current.derive(Purpose.WRAP).id


def _pick(keys: PurposeKey | Sequence[PurposeKey], key_id: KeyId) -> PurposeKey:
    for key in (keys,) if isinstance(keys, PurposeKey) else keys:
        if key.id == key_id:
            return key
    raise KeyNotHeld(f"sealed under key {key_id.hex()}, which is not held")


def _bound(header: bytes, aad: tuple[str, ...]) -> bytes:
    if not aad:
        raise SealBroken("a sealed value must be bound to a place")
    parts = [part.encode() for part in aad]
    return header + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _pad(plaintext: bytes) -> bytes:
    marked = plaintext + b"\x80"
    return marked + b"\x00" * (-len(marked) % BLOCK_BYTES)


def _unpad(padded: bytes) -> bytes:
    plaintext, mark, zeroes = padded.rpartition(b"\x80")
    if not mark or zeroes.strip(b"\x00"):
        raise SealBroken("the padding of a sealed value is not ours")
    return plaintext
