"""C2SP tlog-tiles: how the tree and its entries are cut into files that anyone can serve.

A tile holds up to 256 hashes of one level; tile level L holds tree level 8 * L. An entry bundle
holds the leaves under one level-0 tile, each prefixed by its length as a big-endian uint16.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from policy_service.ledger.errors import TileRefused
from policy_service.ledger.merkle import HASH_BYTES, SubtreeReader, node_hash

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_LEAF_BYTES = 32 * 1024
"""Our cap; the length prefix would allow 65,535. Anything larger is attached by its hash."""

ENTRIES: Literal["entries"] = "entries"
_MAX_TILE_LEVEL = 63
_MAX_TILE_INDEX = 2**55 - 1
_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Tile:
    """One file of the log: hashes of a tile level, or the entry bundle (`level` = "entries")."""

    level: int | Literal["entries"]
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if self.level != ENTRIES and not 0 <= self.level <= _MAX_TILE_LEVEL:
            raise TileRefused(f"tile level {self.level}: allowed are 0 to {_MAX_TILE_LEVEL}")
        if not 0 <= self.index <= _MAX_TILE_INDEX:
            raise TileRefused(f"tile index {self.index}: allowed are 0 to {_MAX_TILE_INDEX}")
        if not 1 <= self.width <= TILE_WIDTH:
            raise TileRefused(f"tile width {self.width}: allowed are 1 to {TILE_WIDTH}")

    @property
    def is_full(self) -> bool:
        return self.width == TILE_WIDTH

    @property
    def path(self) -> str:
        """`tile/<level>/<index>`, and `.p/<width>` when partial."""
        partial = "" if self.is_full else f".p/{self.width}"
        return f"tile/{self.level}/{_grouped(self.index)}{partial}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Inverse of `path`; refuses every other spelling of the same tile."""
        found = _PATH.fullmatch(path)
        if found is None:
            raise TileRefused(f"{path[:80]!r} is not a tile path")
        level = found["level"]
        tile = cls(
            ENTRIES if level == ENTRIES else int(level),
            int(found["index"].replace("x", "").replace("/", "")),
            int(found["width"] or TILE_WIDTH),
        )
        if tile.path != path:
            raise TileRefused(f"{path[:80]!r} is not the canonical path of that tile")
        return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile and entry bundle of a tree of `size`, full ones and the partial right edge."""
    yield from _row(ENTRIES, size)
    level = 0
    while size:
        yield from _row(level, size)
        level, size = level + 1, size >> TILE_HEIGHT


def _row(level: int | Literal["entries"], count: int) -> Iterator[Tile]:
    for index in range(count // TILE_WIDTH):
        yield Tile(level, index)
    if count % TILE_WIDTH:
        yield Tile(level, count // TILE_WIDTH, count % TILE_WIDTH)


def encode_tile(tile: Tile, read: SubtreeReader) -> bytes:
    """The content of a hash tile, from complete subtrees of the tree."""
    if tile.level == ENTRIES:
        raise TileRefused("an entry bundle holds leaves; use encode_bundle")
    start = tile.index * TILE_WIDTH
    level = tile.level * TILE_HEIGHT
    return b"".join(read(level, start + offset) for offset in range(tile.width))


def tile_reader(size: int, fetch: Callable[[Tile], bytes]) -> SubtreeReader:
    """A subtree reader over the tiles of a tree of `size`: what a client, or a tile table, needs.

    `fetch` returns a tile's content; one shorter or longer than its width is refused.
    """

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        tile = _tile_at(tile_level, first // TILE_WIDTH, size)
        offset = first % TILE_WIDTH
        if offset + (1 << height) > tile.width:
            raise TileRefused(f"size {size} has no complete subtree at level {level}, {index}")
        hashes = _hashes(tile, fetch(tile))
        return _fold(hashes[offset : offset + (1 << height)])

    return read


def _tile_at(level: int, index: int, size: int) -> Tile:
    width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH)
    if width < 1:
        raise TileRefused(f"a tree of size {size} has no tile {index} at level {level}")
    return Tile(level, index, width)


def _hashes(tile: Tile, content: bytes) -> list[bytes]:
    if len(content) != tile.width * HASH_BYTES:
        raise TileRefused(
            f"{tile.path} has {len(content)} bytes, expected {tile.width * HASH_BYTES}"
        )
    return [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]


def _fold(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        pairs = zip(hashes[0::2], hashes[1::2], strict=True)
        hashes = [node_hash(left, right) for left, right in pairs]
    return hashes[0]


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """Leaves of one bundle, each behind its length; raises `TileRefused` on one too long."""
    parts = []
    for leaf in leaves:
        if len(leaf) > MAX_LEAF_BYTES:
            raise TileRefused(f"a leaf has {len(leaf)} bytes; the cap is {MAX_LEAF_BYTES}")
        parts.append(len(leaf).to_bytes(2, "big") + leaf)
    if not 1 <= len(parts) <= TILE_WIDTH:
        raise TileRefused(f"a bundle holds 1 to {TILE_WIDTH} leaves, not {len(parts)}")
    return b"".join(parts)


def decode_bundle(tile: Tile, content: bytes) -> tuple[bytes, ...]:
    """The leaves of an entry bundle; their number must be the tile's width."""
    leaves = []
    at = 0
    while at < len(content):
        start = at + 2
        at = start + int.from_bytes(content[at:start], "big")
        leaves.append(content[start:at])
    if at != len(content) or len(leaves) != tile.width:
        raise TileRefused(f"{tile.path} does not hold exactly {tile.width} whole entries")
    return tuple(leaves)


def _grouped(index: int) -> str:
    """1234067 becomes x001/x234/067."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))
