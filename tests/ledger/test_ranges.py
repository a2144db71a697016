"""Range proofs: the leaves between two sides add up to the root, and no other leaves do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.errors import TreeRefused
from policy_service.ledger.merkle import leaf_hash, node_hash, root_of, subtree_reader
from policy_service.ledger.ranges import RangeProof, range_proof

Place = tuple[int, int]
LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]


def root_by(proof: RangeProof, first: int, leaves: list[bytes], size: int) -> bytes:
    """The root from subtrees whose places are known; KeyError where one of them is missing."""
    end = first + len(leaves)
    known = dict(placed(0, first, proof.left)) | dict(placed(end, size, proof.right))
    known |= {(first + number, first + number + 1): leaf for number, leaf in enumerate(leaves)}
    return joined(known, 0, size)


def placed(start: int, end: int, hashes: tuple[bytes, ...]) -> Iterator[tuple[Place, bytes]]:
    """Each hash with its subtree, the largest complete one that begins there and fits."""
    for each in hashes:
        fits = 1 << (end - start).bit_length() - 1
        width = min(fits, start & -start or fits)
        yield (start, start + width), each
        start += width


def joined(known: dict[Place, bytes], start: int, end: int) -> bytes:
    """MTH of RFC 9162, 2.1.1, from whatever subtrees are known."""
    if (start, end) in known or end - start == 1:
        return known[start, end]
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    return node_hash(joined(known, start, middle), joined(known, middle, end))


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int, int]:
    """(first, end, size) of a range that holds something."""
    size = draw(st.integers(1, len(LEAVES)))
    first = draw(st.integers(0, size - 1))
    return first, draw(st.integers(first + 1, size)), size


@given(ranges())
def test_the_leaves_of_a_range_add_up_to_the_root(places: tuple[int, int, int]) -> None:
    first, end, size = places
    proof = range_proof(subtree_reader(LEAVES[:size]), *places)
    assert root_by(proof, first, LEAVES[first:end], size) == root_of(LEAVES[:size])


@given(ranges(), st.data())
def test_another_leaf_does_not(places: tuple[int, int, int], data: st.DataObject) -> None:
    first, end, size = places
    proof = range_proof(subtree_reader(LEAVES[:size]), *places)
    leaves = LEAVES[first:end]
    leaves[data.draw(st.integers(0, len(leaves) - 1))] = leaf_hash(b"another")
    assert root_by(proof, first, leaves, size) != root_of(LEAVES[:size])


@pytest.mark.parametrize("places", [(0, 0, 5), (3, 2, 5), (0, 6, 5), (-1, 2, 5)])
def test_what_is_no_range_is_refused(places: tuple[int, int, int]) -> None:
    with pytest.raises(TreeRefused):
        range_proof(subtree_reader(LEAVES[:5]), *places)
