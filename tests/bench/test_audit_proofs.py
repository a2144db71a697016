"""The bench of proofs at a small size: the quick leaves are real ones, and every proof holds."""

from __future__ import annotations

import json

import pytest

from bench.audit_proofs import PRACTICE, measure
from bench.long_log import lengthen, quick_leaves, start, synthetic_leaf
from policy_service.audit.reading import entries, head
from policy_service.database import Database
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import Frontier
from policy_service.ledger.verify import verify_entries


def test_quick_leaves_are_the_leaves_of_the_log_byte_for_byte() -> None:
    quick = list(quick_leaves(PRACTICE, 0, 300))
    assert quick == [synthetic_leaf(PRACTICE, index).to_bytes() for index in range(300)]
    assert Leaf.from_bytes(quick[256]).action == "check.decided"


def test_a_synthetic_log_verifies_like_any_other(database: Database) -> None:
    start(database, PRACTICE)
    frontier = lengthen(database, PRACTICE, lengthen(database, PRACTICE, Frontier(), 3), 700)
    with database.read(PRACTICE) as session:
        assert head(session, PRACTICE) == frontier.head
        now = Checkpoint("log.example", frontier.size, frontier.root)
        assert verify_entries(entries(session, PRACTICE), now).ok


def test_the_bench_reports_its_figures(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    start(database, PRACTICE)
    measure(database, lengthen(database, PRACTICE, Frontier(), 1_000), asked=8)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["unit"] for line in said} == {"ms of CPU", "bytes"}
    longest = next(line["value"] for line in said if "inclusion path" in line["figure"])
    assert longest == 320
