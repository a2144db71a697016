"""Zip archives that no zip program writes: false sizes, locked and overlapping members, bombs."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

DEFLATED = 8
MIB = 1 << 20


@dataclass(frozen=True)
class Forged:
    """One member: its packed bytes, and whatever the archive shall say of it."""

    name: str
    packed: bytes
    said_size: int
    crc: int = 0
    method: int = DEFLATED
    flags: int = 0


def zeros(mebibytes: int) -> bytes:
    """A deflate stream of that many MiB of zeros, made in an instant: one block, many times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * mebibytes + packer.flush()


def deflated(raw: bytes) -> bytes:
    """`raw` as a deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(raw) + packer.flush()


def member(name: str, raw: bytes, **said: int) -> Forged:
    """An honest member, but for what is said otherwise."""
    return Forged(name, deflated(raw), said.pop("said_size", len(raw)), zlib.crc32(raw), **said)


def archive(*members: Forged, listed: int = 1) -> bytes:
    """The archive; every member stands in its list `listed` times over the same bytes."""
    body, directory = b"", b""
    for one in members:
        at = len(body)
        name = one.name.encode()
        sizes = (one.crc, len(one.packed), min(one.said_size, 0xFFFFFFFF), len(name))
        common = struct.pack("<HHHHHIIIH", 20, one.flags, one.method, 0, 33, *sizes)
        body += b"PK\x03\x04" + common + struct.pack("<H", 0) + name + one.packed
        tail = struct.pack("<HHHHII", 0, 0, 0, 0, 0, at)
        directory += (b"PK\x01\x02" + struct.pack("<H", 20) + common + tail + name) * listed
    count = len(members) * listed & 0xFFFF
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
