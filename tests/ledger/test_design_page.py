"""docs/design/audit-log.md shows the golden bytes, so the page cannot drift from the code."""

from pathlib import Path

import pytest

from policy_service.ledger.verify import Fault
from tests.ledger.keys import RECEIPT_VERIFIER
from tests.ledger.worked_example import CREATED, GOLDEN, GROUPS, LEAF

PAGE = (Path(__file__).parents[2] / "docs/design/audit-log.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["leaf-v1.json", "leaf-v1-created.json", "openings-v1.jsonl", "receipt-v1.json"]
)
def test_the_page_shows_each_golden_file_verbatim(name):
    golden = (GOLDEN / name).read_text(encoding="utf-8").rstrip("\n")
    assert f"```json\n{golden}\n```" in PAGE


def test_the_page_names_the_hashes_the_length_and_the_key():
    assert f"`{LEAF.hash.hex()}`" in PAGE
    assert f"`{CREATED.hash.hex()}`" in PAGE
    assert f"{len(LEAF.to_bytes())} bytes, one line" in PAGE
    assert f"`{RECEIPT_VERIFIER.vkey}`" in PAGE


def test_the_page_names_every_fault_and_every_group_of_the_example():
    assert all(f"`{fault}`" in PAGE for fault in Fault)
    assert all(f"`{group}`" in PAGE for group in GROUPS)
