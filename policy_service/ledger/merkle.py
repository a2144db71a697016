"""The RFC 6962 Merkle tree: frontier, roots, and the two proofs with their verification.

Proofs are made from a *subtree reader*: a callable `(level, index) -> hash` that returns the hash
of the complete subtree over leaves [index * 2**level, (index + 1) * 2**level). A database can
answer it from stored nodes or tiles; an inclusion proof over n leaves asks it O(log n ** 2) times
at worst and never for an incomplete subtree.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from policy_service.ledger.errors import TreeRefused

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""RFC 6962 section 2.1. Never published: every log begins with entry 0, `log.created`."""

SubtreeReader = Callable[[int, int], bytes]


class Head(NamedTuple):
    """What a checkpoint fixes: the number of leaves and the root over them."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """The hash of one complete subtree, in the coordinates of a subtree reader."""

    level: int
    index: int
    hash: bytes


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of an entry. The 0x00 prefix keeps an inner node from being passed off as a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node over its two children's hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """All that appending needs: the hashes of the complete subtrees, widest first.

    INVARIANT: there is one hash for each 1 bit of `size`, so at most 63 for any real log.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise TreeRefused(
                f"a frontier of size {self.size} cannot have {len(self.hashes)} hashes"
            )
        if any(len(each) != HASH_BYTES for each in self.hashes):
            raise TreeRefused(f"every frontier hash must be {HASH_BYTES} bytes")

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash; this one stays as it is."""
        return self.extend((leaf,))

    def grow(self, leaf: bytes) -> tuple["Frontier", tuple[Node, ...]]:
        """Like `append`, and also return each node this leaf completes: the leaf, then upwards.

        Storing those nodes keeps a subtree reader complete for every size.
        """
        nodes = [Node(0, self.size, leaf)]
        kept = list(self.hashes)
        while self.size >> nodes[-1].level & 1:
            below = nodes[-1]
            joined = node_hash(kept.pop(), below.hash)
            nodes.append(Node(below.level + 1, below.index >> 1, joined))
        return Frontier(self.size + 1, (*kept, nodes[-1].hash)), tuple(nodes)

    def extend(self, leaves: Iterable[bytes]) -> "Frontier":
        """Append many leaf hashes, in order."""
        size, kept = self.size, list(self.hashes)
        for leaf in leaves:
            _push(kept, size, leaf)
            size += 1
        return Frontier(size, tuple(kept))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash; SHA-256 of nothing for the empty tree."""
        if not self.hashes:
            return EMPTY_ROOT
        *wider, root = self.hashes
        for left in reversed(wider):
            root = node_hash(left, root)
        return root

    @property
    def head(self) -> Head:
        return Head(self.size, self.root)

    def to_bytes(self) -> bytes:
        """The hashes one after the other; `size` is stored beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> "Frontier":
        """Inverse of `to_bytes`; raises `TreeRefused` when the length does not fit `size`."""
        cuts = range(0, len(raw) + HASH_BYTES, HASH_BYTES)
        return cls(size, tuple(raw[start:end] for start, end in pairwise(cuts)))

    @classmethod
    def read(cls, size: int, read: SubtreeReader) -> "Frontier":
        """Rebuild the frontier of a stored tree from its complete subtrees."""
        return cls(size, tuple(read(level, index) for level, index in complete_subtrees(size)))


def _push(kept: list[bytes], size: int, joined: bytes) -> None:
    """Add a leaf hash to the frontier hashes `kept` of a tree of `size`."""
    while size & 1:
        joined = node_hash(kept.pop(), joined)
        size >>= 1
    kept.append(joined)


def complete_subtrees(size: int) -> tuple[tuple[int, int], ...]:
    """(level, index) of the complete subtrees that a tree of `size` splits into, widest first."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return tuple((level, (size >> level) - 1) for level in levels)


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of a list of leaf hashes (RFC 6962 section 2.1)."""
    return Frontier().extend(leaf_hashes).root


def subtree_reader(leaf_hashes: Sequence[bytes]) -> SubtreeReader:
    """A reader over leaf hashes held in memory; levels are built once."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[0::2], below[1::2], strict=False)
        levels.append([node_hash(left, right) for left, right in pairs])

    def read(level: int, index: int) -> bytes:
        try:
            return levels[level][index]
        except IndexError:
            raise TreeRefused(f"no complete subtree at level {level}, index {index}") from None

    return read


def inclusion_proof(read: SubtreeReader, index: int, size: int) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the tree of `size`, sibling first (section 2.1.1)."""
    if not 0 <= index < size:
        raise TreeRefused(f"index {index} is outside a tree of size {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, head: Head, proof: Sequence[bytes]) -> bool:
    """Does `proof` place leaf hash `leaf` at `index` under `head`? (RFC 9162 section 2.1.3.2)"""
    if not 0 <= index < head.size or not _all_hashes((leaf, head.root, *proof)):
        return False
    position, last, running = index, head.size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            running = node_hash(sibling, running)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            running = node_hash(running, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and running == head.root


def consistency_proof(read: SubtreeReader, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Proof that the tree of `old_size` is a prefix of that of `new_size` (section 2.1.2)."""
    if not 0 < old_size <= new_size:
        raise TreeRefused(f"no consistency proof leads from size {old_size} to {new_size}")
    path = []
    start, end = 0, new_size
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_range_hash(read, middle, end))
            end = middle
        else:
            path.append(_range_hash(read, start, middle))
            start = middle
    if start:
        path.append(_range_hash(read, start, end))
    return tuple(reversed(path))


def verify_consistency(old: Head, new: Head, proof: Sequence[bytes]) -> bool:
    """Is the tree under `old` a prefix of the one under `new`? (RFC 9162 section 2.1.4.2)

    A head of size 0 is refused: it is never published, and any tree would follow it.
    """
    if not 0 < old.size <= new.size or not _all_hashes((old.root, new.root, *proof)):
        return False
    if old.size == new.size:
        return not proof and old.root == new.root
    path = [old.root, *proof] if old.size.bit_count() == 1 else list(proof)
    return bool(path) and _climb(path, old, new)


def _climb(path: list[bytes], old: Head, new: Head) -> bool:
    position, last = old.size - 1, new.size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_root, new_root = node_hash(sibling, old_root), node_hash(sibling, new_root)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new_root = node_hash(new_root, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old_root == old.root and new_root == new.root


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (`count` >= 2): where RFC 6962 splits."""
    return int(1 << (count - 1).bit_length() - 1)


def _range_hash(read: SubtreeReader, start: int, end: int) -> bytes:
    """Tree hash of leaves [start, end), where `start` is aligned as RFC 6962 splits leave it."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(read(level, start >> level))
        start += 1 << level
    running = parts.pop()
    while parts:
        running = node_hash(parts.pop(), running)
    return running


def _all_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
