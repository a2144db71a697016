"""The tree against the RFC's own words, the CT reference vectors, and every kind of forgery."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_service.ledger.errors import TreeRefused
from policy_service.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Head,
    complete_subtrees,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    subtree_reader,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.trees import literal_consistency, literal_path, literal_root, some_leaves

CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = some_leaves(300)
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
READ = subtree_reader(HASHES)
ROOTS = [EMPTY_ROOT]
for _frontier in [Frontier()]:
    for _hash in HASHES:
        _frontier = _frontier.append(_hash)
        ROOTS.append(_frontier.root)


def head(size):
    return Head(size, ROOTS[size])


@pytest.mark.parametrize("size", range(9))
def test_roots_equal_the_certificate_transparency_reference_vectors(size):
    assert root_of(map(leaf_hash, CT_LEAVES[:size])).hex() == CT_ROOTS[size]
    assert literal_root(CT_LEAVES[:size]).hex() == CT_ROOTS[size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 255, 256, 257, 300])
def test_the_frontier_root_is_the_root_of_the_rfc(size):
    assert ROOTS[size] == literal_root(LEAVES[:size])


def test_every_index_of_every_size_proves():
    for size in range(1, 301):
        for index in range(size):
            proof = inclusion_proof(READ, index, size)
            assert verify_inclusion(HASHES[index], index, head(size), proof), (index, size)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 63, 64, 65])
def test_inclusion_proofs_are_those_of_the_rfc(size):
    for index in range(size):
        assert list(inclusion_proof(READ, index, size)) == literal_path(index, LEAVES[:size])


def test_a_proof_fits_no_other_index_and_no_other_size():
    for size in range(1, 33):
        for index in range(size):
            proof = inclusion_proof(READ, index, size)
            for other in set(range(size)) - {index}:
                assert not verify_inclusion(HASHES[index], other, head(size), proof)
            for other in set(range(1, 33)) - {size}:
                assert not verify_inclusion(HASHES[index], index, head(other), proof)


def test_consistency_proves_for_all_pairs():
    for new in range(1, 101):
        for old in range(1, new + 1):
            proof = consistency_proof(READ, old, new)
            assert list(proof) == literal_consistency(old, LEAVES[:new]) if new < 20 else True
            assert verify_consistency(head(old), head(new), proof), (old, new)


def test_consistency_fails_for_a_tree_that_rewrote_an_old_leaf():
    forged = [*HASHES[:3], leaf_hash(b"rewritten"), *HASHES[4:50]]
    read = subtree_reader(forged)
    for old in range(4, 51):
        for new in range(old, 51):
            new_head = Head(new, root_of(forged[:new]))
            proof = consistency_proof(read, old, new)
            assert verify_consistency(Head(old, root_of(forged[:old])), new_head, proof)
            assert not verify_consistency(head(old), new_head, proof)


@given(st.data())
@settings(max_examples=300)
def test_any_flipped_bit_breaks_an_inclusion_proof(data):
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(READ, index, size)
    pieces = [HASHES[index], ROOTS[size], *proof]
    assert verify_inclusion(pieces[0], index, Head(size, pieces[1]), pieces[2:])
    broken = flip(pieces, data)
    assert not verify_inclusion(broken[0], index, Head(size, broken[1]), broken[2:])


@given(st.data())
@settings(max_examples=300)
def test_any_flipped_bit_breaks_a_consistency_proof(data):
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    pieces = [ROOTS[old], ROOTS[new], *consistency_proof(READ, old, new)]
    assert verify_consistency(Head(old, pieces[0]), Head(new, pieces[1]), pieces[2:])
    broken = flip(pieces, data)
    assert not verify_consistency(Head(old, broken[0]), Head(new, broken[1]), broken[2:])


def flip(pieces, data):
    which = data.draw(st.integers(0, len(pieces) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(pieces[which], "big") ^ (1 << bit)
    return [*pieces[:which], number.to_bytes(32, "big"), *pieces[which + 1 :]]


@given(st.integers(1, 300), st.data())
def test_a_path_with_a_hash_too_many_or_too_few_fails(size, data):
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(READ, index, size)
    assert not verify_inclusion(HASHES[index], index, head(size), (*proof, HASHES[0]))
    if proof:
        assert not verify_inclusion(HASHES[index], index, head(size), proof[:-1])
        assert not verify_inclusion(HASHES[index], index, head(size), proof[1:])


def test_a_path_that_climbs_above_the_root_fails_even_if_the_head_was_made_to_fit():
    above = node_hash(HASHES[9], ROOTS[4])
    proof = inclusion_proof(READ, 3, 4)
    assert verify_inclusion(HASHES[3], 3, head(4), proof)
    assert not verify_inclusion(HASHES[3], 3, Head(4, above), (*proof, HASHES[9]))
    steps = consistency_proof(READ, 3, 4)
    assert verify_consistency(head(3), head(4), steps)
    old, new = Head(3, node_hash(HASHES[9], ROOTS[3])), Head(4, above)
    assert not verify_consistency(old, new, (*steps, HASHES[9]))


def test_an_inner_node_cannot_be_presented_as_a_leaf():
    """Second preimage: the 64 bytes under an inner node, offered as an entry one level up."""
    preimage = HASHES[0] + HASHES[1]
    shorter = Head(2, ROOTS[4])
    path = (node_hash(HASHES[2], HASHES[3]),)
    assert verify_inclusion(node_hash(HASHES[0], HASHES[1]), 0, shorter, path)  # the hash would do
    assert not verify_inclusion(leaf_hash(preimage), 0, shorter, path)  # no entry has that hash


def test_without_domain_prefixes_the_second_preimage_would_pass(monkeypatch):
    """Negative control: with unprefixed hashing the same forgery goes through."""
    import hashlib

    from policy_service.ledger import merkle

    def bare(*parts):
        return hashlib.sha256(b"".join(parts)).digest()

    monkeypatch.setattr(merkle, "node_hash", bare)
    first, second = bare(b"a"), bare(b"b")
    root = bare(bare(first, second), bare(b"c"))
    assert verify_inclusion(bare(first + second), 0, Head(2, root), (bare(b"c"),))


@given(st.integers(0, 300))
def test_a_frontier_survives_storage_and_rebuilding(size):
    frontier = Frontier().extend(HASHES[:size])
    assert Frontier.from_bytes(size, frontier.to_bytes()) == frontier
    assert Frontier.read(size, READ) == frontier
    assert len(complete_subtrees(size)) == size.bit_count()


def test_growing_yields_every_complete_subtree_exactly_once():
    stored = {}
    frontier = Frontier()
    for each in HASHES[:257]:
        frontier, nodes = frontier.grow(each)
        for node in nodes:
            assert stored.setdefault((node.level, node.index), node.hash) is node.hash
    expected = {(level, index) for level in range(9) for index in range(257 >> level)}
    assert stored.keys() == expected
    assert all(stored[level, index] == READ(level, index) for level, index in stored)


def test_proofs_ask_only_for_complete_subtrees():
    for size in (1, 2, 255, 256, 257):

        def read(level, index, size=size):
            assert (index + 1) << level <= size
            return READ(level, index)

        for index in (0, size // 2, size - 1):
            inclusion_proof(read, index, size)
            consistency_proof(read, index + 1, size)


def test_appending_leaves_the_old_frontier_as_it_was():
    old = Frontier().extend(HASHES[:5])
    old.append(HASHES[5])
    assert old.root == ROOTS[5]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3)])
def test_no_proof_is_made_for_an_index_outside_the_tree(index, size):
    with pytest.raises(TreeRefused, match="outside"):
        inclusion_proof(READ, index, size)
    assert not verify_inclusion(HASHES[0], index, head(size), ())


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_no_consistency_leads_from_an_empty_or_larger_tree(old, new):
    with pytest.raises(TreeRefused, match="consistency"):
        consistency_proof(READ, old, new)
    assert not verify_consistency(Head(old, ROOTS[max(old, 0)]), head(new), ())


def test_equal_sizes_need_equal_roots_and_an_empty_proof():
    assert verify_consistency(head(7), head(7), ())
    assert not verify_consistency(head(7), Head(7, ROOTS[8]), ())
    assert not verify_consistency(head(7), head(7), (ROOTS[7],))


def test_hashes_of_another_length_are_refused_everywhere():
    assert not verify_inclusion(HASHES[0][:31], 0, head(1), ())
    assert not verify_consistency(Head(1, b""), head(2), (HASHES[1],))
    with pytest.raises(TreeRefused, match="32 bytes"):
        Frontier(1, (b"short",))
    with pytest.raises(TreeRefused, match="cannot have"):
        Frontier.from_bytes(3, HASHES[0])
