"""Somebody who holds every file, every row and every key that is left, and looks for a person.

Sealed values are opened without asking where they belong: the cipher is AES-GCM, whose text opens
as AES-CTR by the key alone. Keys are looked for in free pages and logs as well as in rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import select, type_coerce
from sqlalchemy.types import NullType

from policy_service.database import Base
from policy_service.vault.keys import Key, Purpose, PurposeKey
from tests.cast import World

_HEADER, _NONCE, _KEY_BODY = 9, 12, 80
_LONGEST = 20_000


def files_of(world: World) -> dict[str, bytes]:
    """Every file of the service: database, write-ahead log, keys, lists."""
    folder = world.settings.key_dir.parent
    found = [*folder.rglob("*")]
    if world.desk.database.dialect == "sqlite":
        path = Path(world.settings.database_url.removeprefix("sqlite:///"))
        found += [*path.parent.glob(f"{path.name}*")]
    return {str(path): path.read_bytes() for path in found if path.is_file()}


def rows_of(world: World) -> dict[str, bytes]:
    """Every value of every table, as a dump has them; numbers also as eight bytes."""
    found: dict[str, bytes] = {}
    with world.desk.database.engine.connect() as connection:
        for name, table in sorted(Base.metadata.tables.items()):
            columns = [type_coerce(column, NullType()) for column in table.columns]
            rows = connection.execute(select(*columns))
            found[f"table {name}"] = b"\n".join(_bytes(value) for row in rows for value in row)
    return found


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value.to_bytes(8, "big", signed=True) + str(value).encode()
    return str(value).encode()


def found_in(haystacks: dict[str, bytes], needles: Iterable[bytes]) -> set[tuple[str, bytes]]:
    """Which needle lies where in clear."""
    wanted = set(needles)
    return {(name, one) for name, hay in haystacks.items() for one in wanted if one in hay}


def opened(haystacks: dict[str, bytes], key_encryption_key: Key) -> Iterator[tuple[str, bytes]]:
    """Everything that any key opens that can be come by: where, and the text."""
    waiting, seen = [key_encryption_key], set()
    while waiting:
        key = waiting.pop()
        if key.secret in seen:
            continue
        seen.add(key.secret)
        for name, hay in haystacks.items():
            waiting += _wrapped(key.derive(Purpose.WRAP), hay)
            for purpose in Purpose:
                for plain in _texts(key.derive(purpose), hay):
                    yield name, plain


def _wrapped(by: PurposeKey, hay: bytes) -> list[Key]:
    """Keys wrapped by this one, whole rows or what is left of them."""
    plains = (plain[:64] for plain in _texts(by, hay, _KEY_BODY))
    return [Key(plain[:32]) for plain in plains if plain[32:] == b"\x80" + bytes(31)]


def _texts(key: PurposeKey, hay: bytes, longest: int = _LONGEST) -> Iterator[bytes]:
    header, at = b"\x01" + key.id, -1
    while (at := hay.find(header, at + 1)) >= 0:
        nonce = hay[at + _HEADER : at + _HEADER + _NONCE]
        body = hay[at + _HEADER + _NONCE :][:longest]
        if len(nonce) == _NONCE:
            counter = nonce + (2).to_bytes(4, "big")
            yield Cipher(algorithms.AES(key.secret), modes.CTR(counter)).decryptor().update(body)
