"""How well we recognise people, beside others who match people, in one process.

    make bench-matching        python -m bench.matching [--only linkage hashed kin cost paths speed]

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}. F1 is at each matcher's best
threshold; a true pair that never becomes a candidate counts as missed. Our pairs are ranked by
their identity bits: what the fields say for one person, before the rules for twins and namesakes.
"""

from __future__ import annotations

import argparse
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

from bench.figures import Scored, best_f1, recall_at_precision, report
from bench.hashed_figures import bench_hashed
from bench.kin_figures import bench_kin_regimes
from bench.linkage import LinkageSet, Pair, fake_1000, febrl3, febrl4, people
from bench.matching_speed import bench_speed
from bench.peers import Scores, rapidfuzz_pairs, recordlinkage_pairs
from bench.splink_peer import splink_pairs
from bench.tie_paths import bench_paths
from policy_service.matching.model import default_model
from policy_service.matching.probing import PeopleInMemory
from policy_service.matching.recognition import Comparison

_PEERS: dict[str, Callable[[LinkageSet], Scores]] = {
    "splink": splink_pairs,
    "recordlinkage": recordlinkage_pairs,
    "rapidfuzz": rapidfuzz_pairs,
}
_IMPORT = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def bench_linkage() -> None:
    """FEBRL 4, FEBRL 3 and fake_1000, with every peer."""
    for data in (febrl4(), febrl3(), fake_1000()):
        ours = our_pairs(data)
        by_identity = {pair: float(found.identity_bits) for pair, found in ours.items()}
        for name, peer in _PEERS.items():
            _report_pair(data, by_identity, name, peer(data))
        found = len(data.true_pairs & ours.keys()) / len(data.true_pairs)
        report(f"{data.name} candidate recall", found, "share")


def _report_pair(data: LinkageSet, ours: Scores, name: str, theirs: Scores) -> None:
    wanted = len(data.true_pairs)
    mine, others = scored(data, ours), scored(data, theirs)
    report(f"{data.name} F1", best_f1(mine, wanted), "F1", name, best_f1(others, wanted))
    for precision in (0.95, 0.99):
        values = (recall_at_precision(pairs, wanted, precision) for pairs in (mine, others))
        value, peer_value = values
        report(f"{data.name} recall at precision {precision}", value, "share", name, peer_value)


def our_pairs(data: LinkageSet) -> dict[Pair, Comparison]:
    """Every candidate pair, one query after the other, by the code path of a check."""
    index = PeopleInMemory(people(data.left), default_model())
    queries = index.people if data.right is None else people(data.right)
    pairs: dict[Pair, Comparison] = {}
    for ref, query in queries.items():
        for found in index.recognise(query).candidates:
            pair = (found.ref, ref) if data.right is not None else _unordered(found.ref, ref)
            if found.ref != ref:
                pairs[pair] = found.comparison
    return pairs


def _unordered(one: str, other: str) -> Pair:
    return min(one, other), max(one, other)


def scored(data: LinkageSet, scores: Scores) -> list[Scored]:
    """Scores with the truth beside them."""
    return [Scored(score, pair in data.true_pairs) for pair, score in scores.items()]


def bench_hashes() -> None:
    """What storing third parties as hashes costs."""
    data = febrl4()
    intakes = people(data.right or {})
    known = {ref.replace("org", "dup-0"): one for ref, one in people(data.left).items()}
    bench_hashed(known, intakes)


def bench_cost() -> None:
    """CPU time of an import in a fresh process, and of one query in memory."""
    ours = min(_import_ms("policy_service.matching"))
    for peer in ("splink", "recordlinkage"):
        report("import of the matching module", ours, "CPU ms", peer, min(_import_ms(peer)))
    data = febrl4()
    index = PeopleInMemory(people(data.left), default_model())
    times = sorted(_cpu_times(index, data))
    for part in (50, 95, 99):
        value = 1000 * times[len(times) * part // 100]
        report(f"one query among 5,000 people p{part}", value, "CPU ms")


def _import_ms(module: str) -> Iterator[float]:
    """Several times, with compiled modules kept from the first time on."""
    with TemporaryDirectory() as kept:
        settings = {**os.environ, "PYTHONPYCACHEPREFIX": kept}
        settings.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(4):
            command = [sys.executable, "-c", _IMPORT.format(module)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
            yield 1000 * float(done.stdout)


def _cpu_times(index: PeopleInMemory, data: LinkageSet) -> Iterator[float]:
    for query in people(data.right or {}).values():
        started = time.process_time()
        index.recognise(query)
        yield time.process_time() - started


_PARTS: dict[str, Callable[[], None]] = {
    "linkage": bench_linkage,
    "hashed": bench_hashes,
    "kin": bench_kin_regimes,
    "cost": bench_cost,
    "paths": bench_paths,
    "speed": bench_speed,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(_PARTS), default=list(_PARTS))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # the peers warn of their own use of pandas
    logging.disable(logging.WARNING)
    for part in asked.only:
        _PARTS[part]()


if __name__ == "__main__":
    main()
