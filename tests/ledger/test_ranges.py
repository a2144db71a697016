"""Range proofs: the leaves between two sides add up to the root, and no other leaves do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.audit.evidence.verify import Tree
from policy_service.ledger.encoding import base64std
from policy_service.ledger.errors import TreeRefused
from policy_service.ledger.merkle import leaf_hash, root_of, subtree_reader
from policy_service.ledger.ranges import RangeProof, range_proof

LEAVES = [leaf_hash(str(number).encode()) for number in range(300)]


def root_by(proof: RangeProof, first: int, leaves: list[bytes], size: int) -> bytes:
    """The root as a reader of a bundle finds it."""
    tree = Tree()
    tree.fill(first, [base64std(each) for each in proof.left])
    for leaf in leaves:
        tree.add(leaf)
    tree.fill(size, [base64std(each) for each in proof.right])
    assert tree.size == size
    return tree.root()


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
