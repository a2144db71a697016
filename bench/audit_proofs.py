"""Proofs from SQL over a long log, and what a reader pays to check them.

    make bench-audit-proofs                  1,000,000 entries
    AUDIT_PROOFS_SIZE=100000 make bench-…    fewer

CPU time of single proofs in random order, after one pass that warms the file's cache.
The peer is the same proof read node by node, as a generic Merkle store reads it.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.figures import report
from bench.long_log import lengthen, start
from policy_service.audit import reading
from policy_service.database import Database, migrate
from policy_service.ledger.merkle import (
    Frontier,
    SubtreeReader,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

PRACTICE = "0f0e0d0c-0000-4000-8000-000000000001"
ASKED = 300
Proof = Callable[[SubtreeReader], tuple[bytes, ...]]


def main() -> None:
    """Build the log, then measure."""
    size = int(os.environ.get("AUDIT_PROOFS_SIZE", "1000000"))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'log.sqlite3'}"
        migrate.upgrade(url)
        database = Database(url)
        start(database, PRACTICE)
        began = time.process_time()
        frontier = lengthen(database, PRACTICE, Frontier(), size)
        report("synthetic entries a CPU second", size / (time.process_time() - began), "1/s")
        measure(database, frontier)
        database.dispose()


def measure(database: Database, frontier: Frontier, asked: int = ASKED) -> None:
    """Every proof made is also checked, under the root of the frontier that built the log."""
    size = frontier.size
    picked = random.Random(5)
    indexes = [picked.randrange(size) for _ in range(asked)]
    sizes = [picked.randrange(1, size) for _ in range(asked)]
    inclusion = [_inclusion(index, size) for index in indexes]
    one_query, longest = _timed(database, inclusion, reading.prove)
    node_by_node, _ = _timed(database, inclusion, _node_by_node)
    report(f"inclusion proof at {size}, p99", one_query, "ms of CPU", "node by node", node_by_node)
    report(f"inclusion path at {size}, longest", longest * 32, "bytes")
    consistency = [_consistency(old, size) for old in sizes]
    one_query, longest = _timed(database, consistency, reading.prove)
    report(f"consistency proof to {size}, p99", one_query, "ms of CPU")
    report(f"consistency path to {size}, longest", longest * 32, "bytes")
    _check(database, frontier, indexes, sizes)


def _inclusion(index: int, size: int) -> Proof:
    return lambda read: inclusion_proof(read, index, size)


def _consistency(old: int, size: int) -> Proof:
    return lambda read: consistency_proof(read, old, size)


def _node_by_node(session: reading.Session, practice_id: str, make: Proof) -> tuple[bytes, ...]:
    return make(reading.subtree_reader(session, practice_id))


def _timed(
    database: Database, proofs: list[Proof], read: Callable[..., tuple[bytes, ...]]
) -> tuple[float, int]:
    """99th percentile of CPU milliseconds, transaction included; length of the longest path."""
    taken, longest = [], 0
    for warm in (True, False):
        for make in proofs:
            began = time.process_time()
            with database.read(PRACTICE) as session:
                longest = max(longest, len(read(session, PRACTICE, make)))
            if not warm:
                taken.append((time.process_time() - began) * 1000)
    return statistics.quantiles(taken, n=100)[98], longest


def _check(database: Database, frontier: Frontier, indexes: list[int], sizes: list[int]) -> None:
    with database.read(PRACTICE) as session:
        leaves = {entry.index: entry.leaf for entry in reading.entries(session, PRACTICE)}
        for index in indexes:
            path = reading.prove(session, PRACTICE, _inclusion(index, frontier.size))
            assert verify_inclusion(leaf_hash(leaves[index]), index, frontier.head, path)
        for old in sizes:
            head = reading.prove(session, PRACTICE, partial(Frontier.read, old)).head
            path = reading.prove(session, PRACTICE, _consistency(old, frontier.size))
            assert verify_consistency(head, frontier.head, path)


if __name__ == "__main__":
    main()
