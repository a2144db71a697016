"""The tampering matrix, as far as a file of entries and its checkpoints can tell."""

import uuid
from dataclasses import replace

import pytest

from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.merkle import leaf_hash, root_of
from policy_service.ledger.verify import Entry, Fault, verify_entries
from tests.ledger.keys import ORIGIN
from tests.ledger.trees import some_leaves
from tests.ledger.worked_example import CREATED, LEAF

SIZE = 40


def leaf_at(index):
    return replace(LEAF, id=str(uuid.UUID(int=index + 1)), semantics=index + 1).to_bytes()


LEAVES = [CREATED.to_bytes(), *(leaf_at(index) for index in range(1, SIZE))]


def entries_of(leaves, stored=False):
    return [
        Entry(index, leaf, leaf_hash(leaf) if stored else None) for index, leaf in enumerate(leaves)
    ]


def checkpoint_of(leaves, size=None):
    kept = leaves[:size]
    return Checkpoint(ORIGIN, len(kept), root_of(map(leaf_hash, kept)))


HEAD = checkpoint_of(LEAVES)


def test_an_honest_log_verifies_against_new_and_older_checkpoints():
    older = [checkpoint_of(LEAVES, size) for size in (1, 2, 17, SIZE)]
    result = verify_entries(iter(entries_of(LEAVES, stored=True)), HEAD, older)
    assert result.ok
    assert (result.entries, result.unsealed, result.first_bad) == (SIZE, 0, None)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257])
def test_every_boundary_size_verifies(size):
    leaves = [CREATED.to_bytes(), *(leaf_at(index) for index in range(1, size))]
    assert verify_entries(entries_of(leaves), checkpoint_of(leaves)).ok


def test_entries_beyond_the_checkpoint_are_counted_as_unsealed():
    result = verify_entries(entries_of(LEAVES), checkpoint_of(LEAVES, 30))
    assert result.ok
    assert (result.entries, result.unsealed) == (SIZE, 10)


def test_an_edited_leaf_is_named_when_nothing_was_recomputed():
    entries = entries_of(LEAVES, stored=True)
    edited = LEAVES[11].replace(b"deliberate", b"no_finding")
    entries[11] = replace(entries[11], leaf=edited)
    result = verify_entries(entries, HEAD)
    assert (result.fault, result.first_bad, result.before) == (Fault.ALTERED, 11, 12)


def test_an_edited_leaf_with_recomputed_hashes_breaks_the_root():
    leaves = [*LEAVES]
    leaves[11] = leaves[11].replace(b"deliberate", b"no_finding")
    entries = entries_of(leaves, stored=True)
    result = verify_entries(entries, HEAD)
    assert (result.fault, result.first_bad, result.before) == (Fault.ROOT, 0, SIZE)
    assert verify_entries(entries, checkpoint_of(leaves)).ok  # control: only the kept head tells


def test_older_checkpoints_narrow_down_where_the_edit_is():
    leaves = [*LEAVES]
    leaves[11] = leaves[11].replace(b"deliberate", b"no_finding")
    older = [checkpoint_of(LEAVES, size) for size in (20, 10, 5, 30)]
    result = verify_entries(entries_of(leaves), HEAD, older)
    assert (result.fault, result.first_bad, result.before) == (Fault.ROOT, 10, 20)


def test_a_deleted_middle_row_is_named():
    entries = [entry for entry in entries_of(LEAVES) if entry.index != 7]
    result = verify_entries(entries, HEAD)
    assert (result.fault, result.first_bad) == (Fault.GAP, 7)


def test_a_deleted_row_with_renumbered_successors_leaves_the_head_too_large():
    result = verify_entries(entries_of([*LEAVES[:7], *LEAVES[8:]]), HEAD)
    assert (result.fault, result.first_bad) == (Fault.MISSING, SIZE - 1)
    assert "covers 40 entries, but there are only 39" in result.reason


def test_a_dropped_tail_is_named():
    result = verify_entries(entries_of(LEAVES[:33]), HEAD)
    assert (result.fault, result.first_bad, result.before) == (Fault.MISSING, 33, SIZE)


def test_a_dropped_tail_with_its_matching_old_head_is_told_only_by_a_kept_head():
    old = checkpoint_of(LEAVES, 33)
    assert verify_entries(entries_of(LEAVES[:33]), old).ok
    result = verify_entries(entries_of(LEAVES[:33]), old, [HEAD])
    assert (result.fault, result.first_bad) == (Fault.FORK, 33)


def test_two_swapped_rows_are_noticed():
    leaves = [*LEAVES]
    leaves[5], leaves[6] = leaves[6], leaves[5]
    assert verify_entries(entries_of(leaves), HEAD).fault is Fault.ROOT


def test_rows_out_of_order_are_noticed():
    entries = entries_of(LEAVES)
    entries[5], entries[6] = entries[6], entries[5]
    assert verify_entries(entries, HEAD).first_bad == 5


def test_a_replayed_row_is_named_by_its_repeated_id():
    leaves = [*LEAVES, LEAVES[4]]
    result = verify_entries(entries_of(leaves), checkpoint_of(leaves))
    assert (result.fault, result.first_bad) == (Fault.REPEATED, SIZE)


def test_a_backdated_insert_breaks_the_root():
    forged = leaf_at(999)
    leaves = [*LEAVES[:9], forged, *LEAVES[9:]]
    assert verify_entries(entries_of(leaves), HEAD).fault is Fault.ROOT


def test_two_heads_of_one_size_are_a_fork():
    other = Checkpoint(ORIGIN, SIZE, bytes(32))
    result = verify_entries(entries_of(LEAVES), HEAD, [other])
    assert result.fault is Fault.FORK
    assert "two checkpoints of size 40 differ" in result.reason


def test_a_checkpoint_of_another_log_is_refused():
    other = Checkpoint("log.example/practice/oak", 3, bytes(32))
    assert verify_entries(entries_of(LEAVES), HEAD, [other]).fault is Fault.FORK


@pytest.mark.parametrize(
    ("index", "leaf", "fault"),
    [
        (3, b"not json", Fault.MALFORMED),
        (3, LEAVES[3].replace(b'"v":1', b'"v":2'), Fault.MALFORMED),
        (3, LEAVES[3].replace(b'"fern"', b'"oak"'), Fault.FOREIGN),
        (3, replace(CREATED, id=str(uuid.UUID(int=5000))).to_bytes(), Fault.NOT_CREATED),
        (0, leaf_at(0), Fault.NOT_CREATED),
    ],
)
def test_a_leaf_that_cannot_stand_there_is_named_even_if_the_tree_is_right(index, leaf, fault):
    leaves = [*LEAVES]
    leaves[index] = leaf
    result = verify_entries(entries_of(leaves), checkpoint_of(leaves))
    assert (result.fault, result.first_bad, result.ok) == (fault, index, False)


def test_an_empty_file_does_not_satisfy_any_checkpoint():
    result = verify_entries([], HEAD)
    assert (result.fault, result.first_bad) == (Fault.MISSING, 0)


def test_the_tree_alone_can_be_checked_over_foreign_leaves():
    leaves = some_leaves(300)
    head = checkpoint_of(leaves)
    assert verify_entries(entries_of(leaves), head, read_leaves=False).ok
    assert not verify_entries(entries_of(leaves), head).ok
    leaves[299] = b"edited"
    assert not verify_entries(entries_of(leaves), head, read_leaves=False).ok


def test_reading_is_streaming_and_stops_at_the_first_fault():
    read = []

    def rows():
        for entry in entries_of([*LEAVES[:5], b"broken", *LEAVES[6:]]):
            read.append(entry.index)
            yield entry

    assert verify_entries(rows(), HEAD).first_bad == 5
    assert read == [0, 1, 2, 3, 4, 5]


def test_every_single_flipped_byte_of_every_leaf_is_noticed():
    leaves = LEAVES[:4]
    head = checkpoint_of(leaves)
    assert verify_entries(entries_of(leaves), head, read_leaves=False).ok
    for index, leaf in enumerate(leaves):
        for at in range(len(leaf)):
            broken = [*leaves]
            broken[index] = leaf[:at] + bytes([leaf[at] ^ 1]) + leaf[at + 1 :]
            assert not verify_entries(entries_of(broken), head, read_leaves=False).ok
