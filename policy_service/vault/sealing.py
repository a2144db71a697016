"""Sealing: AES-256-GCM bound to the place a value is kept in. The format is final.

    0x01 | key id, 8 bytes | nonce, 12 bytes | ciphertext | tag, 16 bytes

The additional data is the 9-byte header and the place (practice, table, column, row), each part
behind its length, so that no two places share bytes. A sealed value that is copied to another row,
column or practice, or changed in any byte, does not open.

Plaintext is padded to whole blocks of 64 bytes before encryption (0x80, then zeroes): the length of
a sealed tie kind must not say which kind it is. See docs/design/keys-and-sealing.md.
"""

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidTag

from policy_service.vault.errors import KeyNotHeld, SealBroken
from policy_service.vault.keys import KEY_ID_BYTES, Key, KeyId, KeyRing, Purpose, PurposeKey

VERSION = b"\x01"
BLOCK_BYTES = 64
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(VERSION) + KEY_ID_BYTES
_BODY_AT = _HEADER_BYTES + _NONCE_BYTES
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
    sealed = key.cipher.encrypt(nonce, _pad(plaintext), _bound(header, aad))
    return header + nonce + sealed


def open_sealed(
    keys: PurposeKey | Sequence[PurposeKey], sealed: bytes, aad: tuple[str, ...]
) -> bytes:
    """Return the plaintext sealed for the place `aad`; the key is picked by the id in the header.

    Raises `KeyNotHeld` when none of `keys` sealed it, `SealBroken` on anything else amiss.
    """
    key = keys if isinstance(keys, PurposeKey) else _pick(keys, key_id_of(sealed))
    bound = _bound(sealed[:_HEADER_BYTES], aad)
    return _decrypt(key, sealed, bound)


class Opener:
    """One purpose key made ready to open many values of one column: a replay opens a million.

    `column` is practice, table and column; the row is given with each value.
    """

    __slots__ = ("_column", "_key")

    def __init__(self, key: PurposeKey, column: tuple[str, str, str]) -> None:
        self._key = key
        self._column = _framed(column)

    def open(self, sealed: bytes, row: str) -> bytes:
        """As `open_sealed`, with this key alone. Raises KeyNotHeld, SealBroken."""
        bound = sealed[:_HEADER_BYTES] + self._column + _framed((row,))
        return _decrypt(self._key, sealed, bound)


class ChainOpener:
    """Opens one column of many people, each under a key of their own: a recognition opens dozens.

    A column is practice, table and column; the row is the person's id, as that of the keys.
    """

    __slots__ = ("_column", "_keys")

    def __init__(self, keys: "ChainKeys", column: tuple[str, str, str]) -> None:
        self._keys = keys
        self._column = _framed(column)

    def open(self, wrapped: bytes, sealed: bytes, row: str) -> bytes:
        """The plaintext of one person's value. Raises KeyNotHeld, SealBroken."""
        key = self._keys.of(wrapped, row)
        bound = sealed[:_HEADER_BYTES] + self._column + _framed((row,))
        return _decrypt(key, sealed, bound)


class ChainKeys:
    """The keys of many people for one purpose, unwrapped once a request and forgotten with it.

    `wrapping` opens the wrapped keys, which are kept in the column `wrapped`.
    """

    __slots__ = ("_held", "_purpose", "_wrapped")

    def __init__(
        self, wrapping: PurposeKey, wrapped: tuple[str, str, str], purpose: Purpose
    ) -> None:
        self._wrapped = Opener(wrapping, wrapped)
        self._purpose = purpose
        self._held: dict[tuple[str, bytes], PurposeKey] = {}

    def of(self, wrapped: bytes, row: str) -> PurposeKey:
        """The key of one person. Raises KeyNotHeld, SealBroken."""
        held = self._held.get((row, wrapped))
        if held is None:
            key = Key(self._wrapped.open(wrapped, row)).derive(self._purpose)
            held = self._held[row, wrapped] = key
        return held


def _decrypt(key: PurposeKey, sealed: bytes, bound: bytes) -> bytes:
    """The header is bound too, so only the key it names opens; the id is asked for on failure."""
    try:
        nonce, body = sealed[_HEADER_BYTES:_BODY_AT], sealed[_BODY_AT:]
        return _unpad(key.cipher.decrypt(nonce, body, bound))
    except (InvalidTag, ValueError) as error:
        found = key_id_of(sealed)
        if found != key.id:
            raise KeyNotHeld(f"sealed under key {found.hex()}, which is not held") from error
        where = "|".join(_read_frames(bound[_HEADER_BYTES:]))
        raise SealBroken(f"sealed value at {where}: altered or moved here") from error


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
    return header + _framed(aad)


def _framed(parts: tuple[str, ...]) -> bytes:
    return b"".join(map(_frame, parts))


@lru_cache(maxsize=1024)
def _frame(part: str) -> bytes:
    """A part behind its length. Practices, tables and the row just written come again and again."""
    encoded = part.encode()
    return len(encoded).to_bytes(4, "big") + encoded


def _read_frames(framed: bytes) -> Iterator[str]:
    while framed:
        end = 4 + int.from_bytes(framed[:4], "big")
        yield framed[4:end].decode()
        framed = framed[end:]


def _pad(plaintext: bytes) -> bytes:
    marked = plaintext + b"\x80"
    return marked + b"\x00" * (-len(marked) % BLOCK_BYTES)


def _unpad(padded: bytes) -> bytes:
    plaintext, mark, zeroes = padded.rpartition(b"\x80")
    if not mark or zeroes.strip(b"\x00"):
        raise SealBroken("the padding of a sealed value is not ours")
    return plaintext
