"""Range proofs: that leaves [first, end) stand in a tree, without a path for each of them.

The proof is the hashes of the complete subtrees beside the range: those that make up [0, first),
then those that make up [end, size), each as large as its place allows. With the leaves between them
they add up to the root, and no other leaves do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from policy_service.ledger.errors import TreeRefused
from policy_service.ledger.merkle import SubtreeReader, complete_subtrees


@dataclass(frozen=True)
class RangeProof:
    """Hashes left and right of a range, in the order of the leaves they cover."""

    left: tuple[bytes, ...]
    right: tuple[bytes, ...]


def range_proof(read: SubtreeReader, first: int, end: int, size: int) -> RangeProof:
    """The proof of leaves [first, end) in the tree of `size`. TreeRefused for no such range."""
    if not 0 <= first < end <= size:
        raise TreeRefused(f"[{first}, {end}) is no range of a tree of size {size}")
    left = tuple(read(level, index) for level, index in complete_subtrees(first))
    right = tuple(read(level, index) for level, index in _subtrees_between(end, size))
    return RangeProof(left, right)


def _subtrees_between(start: int, size: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the largest complete subtrees that make up [start, size)."""
    while start < size:
        aligned = (start & -start).bit_length() - 1
        level = min(aligned, (size - start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level
