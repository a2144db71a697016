"""Tiles as C2SP tlog-tiles describes them, and proofs read back from nothing but tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.ledger.errors import TileRefused
from policy_service.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    subtree_reader,
)
from policy_service.ledger.tiles import (
    ENTRIES,
    MAX_LEAF_BYTES,
    Tile,
    decode_bundle,
    encode_bundle,
    encode_tile,
    tile_reader,
    tiles_of,
)
from tests.ledger.trees import some_leaves

BOUNDARY_SIZES = [1, 2, 255, 256, 257, 511, 512, 513]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 999), "tile/1/999"),
        (Tile(2, 1000), "tile/2/x001/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(63, 5, 1), "tile/63/005.p/1"),
        (Tile(ENTRIES, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
    ],
)
def test_paths_are_written_and_read_as_the_format_says(tile, path):
    assert tile.path == path
    assert Tile.parse(path) == tile


@given(
    st.builds(
        Tile, st.integers(0, 63) | st.just(ENTRIES), st.integers(0, 2**55 - 1), st.integers(1, 256)
    )
)
def test_every_tile_reads_back_from_its_path(tile):
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/1",
        "tile/00/001",
        "tile/64/001",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/-1/001",
        "tile/0/001\n",
        "/tile/0/001",
        "tile/data/001",
        "tile/0/٠٠١",
        "tile/0/" + "x001/" * 7 + "001",
        "",
    ],
)
def test_other_spellings_of_a_path_are_refused(path):
    with pytest.raises(TileRefused):
        Tile.parse(path)


def test_a_tree_of_70000_has_the_tiles_of_the_specification():
    tiles = list(tiles_of(70_000))
    rows = {
        level: [tile for tile in tiles if tile.level == level] for level in (ENTRIES, 0, 1, 2, 3)
    }
    full = {level: sum(tile.is_full for tile in row) for level, row in rows.items()}
    partial = {
        level: [tile.width for tile in row if not tile.is_full] for level, row in rows.items()
    }
    assert full == {ENTRIES: 273, 0: 273, 1: 1, 2: 0, 3: 0}
    assert partial == {ENTRIES: [112], 0: [112], 1: [17], 2: [1], 3: []}


def test_a_tree_of_256_has_a_full_tile_and_a_partial_one_of_width_one_above():
    paths = [tile.path for tile in tiles_of(256)]
    assert paths == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize("size", BOUNDARY_SIZES)
def test_tiles_alone_answer_every_proof(size):
    hashes = [leaf_hash(leaf) for leaf in some_leaves(size)]
    memory = subtree_reader(hashes)
    files = {tile: encode_tile(tile, memory) for tile in tiles_of(size) if tile.level != ENTRIES}
    read = tile_reader(size, files.__getitem__)
    assert Frontier.read(size, read) == Frontier().extend(hashes)
    for index in {0, 1, 254, 255, 256, size // 2, size - 1} & set(range(size)):
        assert inclusion_proof(read, index, size) == inclusion_proof(memory, index, size)
        expected = consistency_proof(memory, index + 1, size)
        assert consistency_proof(read, index + 1, size) == expected


def test_a_level_one_hash_is_the_root_of_a_full_level_zero_tile():
    hashes = [leaf_hash(leaf) for leaf in some_leaves(512)]
    content = encode_tile(Tile(1, 0, 2), subtree_reader(hashes))
    roots = [Frontier().extend(hashes[:256]).root, Frontier().extend(hashes[256:]).root]
    assert content == b"".join(roots)
    assert Frontier().extend(hashes).root == node_hash(*roots)


def test_the_reader_refuses_incomplete_subtrees_and_tiles_of_a_wrong_length():
    read = tile_reader(3, lambda tile: bytes(32 * tile.width))
    assert read(0, 2) == bytes(32)
    with pytest.raises(TileRefused, match="no complete subtree"):
        read(1, 1)
    with pytest.raises(TileRefused, match="has no tile"):
        read(8, 0)
    with pytest.raises(TileRefused, match="expected 96"):
        tile_reader(3, lambda tile: bytes(64))(0, 0)


def test_a_bundle_is_not_a_hash_tile():
    with pytest.raises(TileRefused, match="encode_bundle"):
        encode_tile(Tile(ENTRIES, 0, 1), subtree_reader([bytes(32)]))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_give_back_their_leaves(leaves):
    tile = Tile(ENTRIES, 0, len(leaves))
    assert decode_bundle(tile, encode_bundle(leaves)) == tuple(leaves)


def test_a_bundle_prefixes_each_leaf_with_a_big_endian_length():
    assert encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"


def test_a_leaf_of_32_kib_fits_and_one_byte_more_does_not():
    largest = bytes(MAX_LEAF_BYTES)
    assert decode_bundle(Tile(ENTRIES, 0, 1), encode_bundle([largest])) == (largest,)
    with pytest.raises(TileRefused, match="the cap is 32768"):
        encode_bundle([largest + b"\x00"])


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_holds_one_to_256_leaves(count):
    with pytest.raises(TileRefused, match="1 to 256"):
        encode_bundle([b""] * count)


@pytest.mark.parametrize("content", [b"\x00\x02a", b"\x00", b"\x00\x01a\x00\x01b", b""])
def test_a_bundle_cut_short_or_overfull_is_refused(content):
    with pytest.raises(TileRefused, match="exactly 1 whole"):
        decode_bundle(Tile(ENTRIES, 0, 1), content)
