"""`.tlog-proof` files prove one entry offline, and only that entry."""

import pytest

from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.encoding import base64std
from policy_service.ledger.errors import LedgerError, NoteRefused, ProofRefused
from policy_service.ledger.merkle import inclusion_proof, leaf_hash, root_of, subtree_reader
from policy_service.ledger.note import Verifier
from policy_service.ledger.proof_file import InclusionProof, verify_proof
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, OTHER_KEY
from tests.ledger.trees import some_leaves

LEAVES = some_leaves(257)
HASHES = [leaf_hash(leaf) for leaf in LEAVES]


def proof_of(index, size=257, extra=None):
    checkpoint = Checkpoint(ORIGIN, size, root_of(HASHES[:size]))
    note = sign_checkpoint(checkpoint, LOG_KEY).to_text()
    path = inclusion_proof(subtree_reader(HASHES[:size]), index, size)
    return InclusionProof(index, path, note, extra)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257])
def test_every_boundary_entry_proves_from_its_file(size):
    for index in {0, size // 2, size - 1}:
        checkpoint = verify_proof(proof_of(index, size).to_text(), LEAVES[index], LOG_VERIFIER)
        assert checkpoint.size == size


def test_the_file_has_the_lines_of_the_specification():
    proof = proof_of(1, 2, extra=b"hello")
    assert proof.to_text() == (
        "c2sp.org/tlog-proof@v1\n"
        "extra aGVsbG8=\n"
        "index 1\n"
        f"{base64std(HASHES[0])}\n"
        "\n"
        f"{proof.checkpoint}"
    )
    assert InclusionProof.parse(proof.to_text()) == proof


def test_a_log_of_one_entry_has_a_proof_without_hashes():
    text = proof_of(0, 1).to_text()
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\nlog.example")
    assert InclusionProof.parse(text).path == ()


def test_another_leaf_is_not_proven():
    with pytest.raises(ProofRefused, match="does not lead"):
        verify_proof(proof_of(7).to_text(), LEAVES[8], LOG_VERIFIER)


def test_another_index_is_not_proven():
    with pytest.raises(ProofRefused, match="does not lead"):
        verify_proof(proof_of(7).to_text().replace("index 7", "index 6"), LEAVES[7], LOG_VERIFIER)


def test_a_proof_under_an_unpinned_key_is_refused():
    with pytest.raises(NoteRefused, match="not signed by"):
        verify_proof(proof_of(7).to_text(), LEAVES[7], Verifier.of(OTHER_KEY))


def test_any_changed_character_of_the_proof_is_noticed():
    text = proof_of(200).to_text()
    verify_proof(text, LEAVES[200], LOG_VERIFIER)
    for at, char in enumerate(text):
        changed = text[:at] + ("A" if char != "A" else "B") + text[at + 1 :]
        with pytest.raises(LedgerError):
            verify_proof(changed, LEAVES[200], LOG_VERIFIER)


GOOD = proof_of(3, 4).to_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD.replace("@v1", "@v2"),
        GOOD.replace("index 3\n", ""),
        GOOD.replace("index 3", "index 03"),
        GOOD.replace("index 3", "index -3"),
        GOOD.replace("index 3\n", "index 3\nAAAA\n"),
        GOOD.replace("index 3\n", "index 3\n***\n"),
        GOOD.replace("index 3\n", "extra ***\nindex 3\n"),
        GOOD.replace("index 3\n", "index 3\n" + f"{base64std(bytes(32))}\n" * 62),
        GOOD.replace("\n\n", "\n"),
        GOOD.replace("\n", "\r\n"),
    ],
)
def test_malformed_files_are_refused(text):
    with pytest.raises(LedgerError):
        verify_proof(text, LEAVES[3], LOG_VERIFIER)


def test_the_extra_line_proves_nothing_and_changes_nothing():
    text = GOOD.replace("index 3", "extra YW55dGhpbmc=\nindex 3")
    assert verify_proof(text, LEAVES[3], LOG_VERIFIER).size == 4
