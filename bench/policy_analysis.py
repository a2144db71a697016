"""What proofs about the packs cost, and how well the packs test themselves.

`python -m bench.policy_analysis` prints JSON lines {figure, value, unit, peer, peer_value, ratio};
`ratio` is the peer's time over ours. Times are the best of three rounds. The peer is Z3 asked the
same question of the same rules, where it is installed.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from bench.policy_records import PACKS, RULES, sixty_rules
from policy_service.policy.analysis import compare, mutation_score, prove_no_loosening
from policy_service.policy.analysis.full_conditions import read_rules
from policy_service.policy.analysis.gaps import gaps
from policy_service.policy.analysis.loading import pack_folders, shipped_folder
from policy_service.policy.analysis.mutants import mutants
from policy_service.policy.analysis.mutation import full_rule
from policy_service.policy.analysis.standing import Standing
from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs

ROUNDS = 3
SEED = 7

Figure = dict[str, Any]


def figures() -> Iterator[Figure]:
    """Every figure, one after the other."""
    yield _figure("load_with_rule_tests", _load_seconds() * 1000, f"ms per {RULES} rules")
    old = _as_one_pack(sixty_rules(load_shipped_packs()))
    new = _slipped(old)
    yield from _proofs(old, new)
    compared = compare(old, new)
    yield _figure("diff", _best(lambda: compare(old, new)), f"s per {RULES} rules")
    yield _figure("diff_space", compared.known.combinations, "combinations of known facts")
    yield from _mutation()


def _figure(
    name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None
) -> Figure:
    ratio = None if peer_value is None or not value else round(peer_value / value, 2)
    return {
        "figure": f"policy_analysis.{name}",
        "value": value if isinstance(value, int) else round(value, 4),
        "unit": unit,
        "peer": peer,
        "peer_value": None if peer_value is None else round(peer_value, 4),
        "ratio": ratio,
    }


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of ROUNDS."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _load_seconds() -> float:
    """Reading, checking and self-testing the packs of the bench, per sixty rules."""
    wanted = {pack.id: len(pack.rules) for pack in load_shipped_packs() if pack.id in PACKS}
    folders = [
        folder for folder in pack_folders(shipped_folder()) if load_pack(folder).id in wanted
    ]
    seconds = _best(lambda: [load_pack(folder) for folder in folders])
    return seconds * RULES / sum(wanted.values())


def _as_one_pack(packs: tuple[Pack, ...]) -> Pack:
    """Several packs as if one body had written them, so that all rules are proved against all."""
    return replace(packs[0], rules=tuple(rule for pack in packs for rule in pack.rules), cases=())


def _slipped(pack: Pack) -> Pack:
    """The pack with one slip in one rule."""
    rng = random.Random(SEED)
    rule = rng.choice(pack.rules)
    changed = rng.choice(list(mutants(rule))).applied_to(rule)
    rules = [changed if other is rule else other for other in pack.rules]
    return replace(pack, rules=tuple(full_rule(other, rules).rule for other in rules))


def _proofs(old: Pack, new: Pack) -> Iterator[Figure]:
    unit = f"s per {RULES} rules"
    work: dict[str, Callable[[], object]] = {
        "dead_shadowed_overlapping": lambda: list(Standing.of(old).items()),
        "gaps": lambda: list(gaps(read_rules(old.rules))),
        "no_loosening": lambda: prove_no_loosening(old, new),
    }
    seconds = {name: _best(one) for name, one in work.items()}
    by_z3 = _z3_seconds(old, new)
    for name, value in seconds.items():
        peer = by_z3.get(name)
        yield _figure(name, value, unit, "Z3" if peer else None, peer)
    yield _figure("all_proofs", sum(seconds.values()), unit)


def _z3_seconds(old: Pack, new: Pack) -> dict[str, float]:
    """The same questions to Z3; nothing where it, or its translation, is not at hand."""
    if find_spec("z3") is None or find_spec("tests") is None:
        return {}
    z3_packs = import_module("tests.policy.oracles.z3_packs")

    def no_loosening() -> None:
        for unknowns in (False, True):
            universe = z3_packs.Universe(unknowns)
            before = z3_packs.level(universe, old.rules)
            after = z3_packs.level(universe, new.rules)
            z3_packs.is_possible(universe, after < before)

    return {"no_loosening": _best(no_loosening)}


def _mutation() -> Iterator[Figure]:
    packs = tuple(load_shipped_packs())
    began = time.perf_counter()
    reports = [mutation_score(pack, packs) for pack in packs]
    seconds = time.perf_counter() - began
    for report in reports:
        unit = "basis points of mutants killed"
        yield _figure(f"mutation_score.{report.pack}", report.score_basis_points, unit)
    count = sum(rule.mutants for report in reports for rule in report.rules)
    yield _figure("mutants", count, "mutants of all shipped packs")
    yield _figure("mutation_time", seconds, "s for all shipped packs")


def main() -> None:
    """Print the figures as JSON lines."""
    for figure in figures():
        print(json.dumps(figure), flush=True)


if __name__ == "__main__":
    main()
