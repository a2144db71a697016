"""How fast the policy engine decides, sixty rules on one core, and whether it is ever silent.

    python -m bench.policy_speed

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}. Times are CPU times of this one
process, the best of several rounds, interleaved with those of the peers. The rules are sixty of the
shipped ones in force (`policy_records.PACKS`); peers are asked the same, and must answer the same.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable

from bench.policy_peers import peers, variables_of
from bench.policy_records import (
    OTHERS,
    RULES,
    blurred,
    random_record,
    records,
    sixty_rules,
    with_unknowns,
)
from policy_service.domain.decisions import decide
from policy_service.domain.facts import Facts
from policy_service.domain.outcomes import Outcome
from policy_service.ledger.canonical import canonical_bytes
from policy_service.policy.engine import evaluate, outcome_of
from policy_service.policy.files import parse_files, read_folder
from policy_service.policy.loader import read_pack
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.plan import plan_of
from policy_service.policy.registry import (
    check_packs,
    load_packs,
    load_shipped_packs,
    read_rows,
)
from policy_service.policy.rule_tests import run_rule_tests

SEED = 20261122
ROUNDS = 9
RECORDS = 2_000
SILENT_AMONG = 10_000

Work = Callable[[], None]


def report(
    figure: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None
) -> None:
    """One figure as a JSON line; `ratio` is value by peer_value."""
    ratio = None if not peer_value else round(value / peer_value, 3)
    line = {"figure": figure, "value": round(value, 1), "unit": unit, "peer": peer}
    line |= {"peer_value": None if peer_value is None else round(peer_value, 1), "ratio": ratio}
    print(json.dumps(line), flush=True)


def seconds(works: Mapping[str, Work], rounds: int = ROUNDS) -> dict[str, float]:
    """The best CPU time of each, over interleaved rounds."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            started = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - started)
    return best


def bare(packs: Sequence[Pack], found: Sequence[Facts]) -> Work:
    """Records → outcome, could_become and the ids of the rules that hold."""
    plan = plan_of(packs)

    def work() -> None:
        for facts in found:
            outcome_of(plan, facts)

    return work


def traced(packs: Sequence[Pack], found: Sequence[Facts]) -> Work:
    """Records → the whole decision body: check, evaluate, decide, to_json."""

    def work() -> None:
        for facts in found:
            decide(evaluate(packs, facts), ()).to_json()

    return work


def bench_known(packs: Sequence[Pack]) -> None:
    """Fully known records of both kinds, bare and with trace."""
    for kind in ("practice", "random"):
        found = list(records(SEED, RECORDS, kind))
        times = seconds({"bare": bare(packs, found), "with trace": traced(packs, found)})
        for name, took in times.items():
            report(f"decisions {name}, {kind} records", len(found) / took, "per CPU second")
        sizes = [len(canonical_bytes(decide(evaluate(packs, f), ()).to_json())) for f in found]
        report(f"decision body, {kind} records", sum(sizes) / len(sizes), "bytes on average")


def bench_peers(packs: Sequence[Pack]) -> None:
    """The same random records through other engines, which must find the same rules."""
    found = list(records(SEED, 400, "random"))
    plain = [variables_of(facts) for facts in found]
    plan = plan_of(packs)
    expected = [frozenset(outcome_of(plan, facts).holds) for facts in found]
    works: dict[str, Work] = {"ours": bare(packs, found)}
    for name, ask in peers(packs):
        if [ask(variables) for variables in plain] != expected:
            raise AssertionError(f"{name} finds other rules")
        works[name] = lambda ask=ask: [ask(variables) for variables in plain] and None
    times = seconds(works)
    ours = len(found) / times.pop("ours")
    for name, took in times.items():
        figure = "decisions bare, random records, same hits"
        report(figure, ours, "per CPU second", name, len(found) / took)


def bench_unknowns(packs: Sequence[Pack]) -> None:
    """With one, two and three base facts unknown."""
    for count in (1, 2, 3):
        rng = random.Random(SEED)
        found = [with_unknowns(rng, f, count) for f in records(SEED, RECORDS, "practice")]
        times = seconds({"bare": bare(packs, found), "with trace": traced(packs, found)}, 3)
        for name, took in times.items():
            figure = f"decisions {name}, practice records, {count} unknown"
            report(figure, len(found) / took, "per CPU second")


def bench_load() -> None:
    """Reading, checking and testing all shipped packs, for sixty of their rules.

    *Load* reads the files, checks them and compiles the rules. *Self-test* is what must hold
    besides before a pack is put in use: the tests of each rule, the rule table, the cases.
    """
    folder = resources.files("policy_service.policy").joinpath("packs")
    packs = load_packs(folder)
    rules = sum(len(pack.rules) for pack in packs)
    took = seconds(
        {"load": lambda: _read_all(folder), "self-test": lambda: _test_all(folder, packs)}
    )
    for name, seconds_taken in took.items():
        report(name, 1000 * seconds_taken * RULES / rules, f"ms per {RULES} rules")
    whole = 1000 * sum(took.values()) * RULES / rules
    report("load with self-test", whole, f"ms per {RULES} rules")
    tests = sum(len(rule.tests) for pack in packs for rule in pack.rules)
    report("rules loaded", rules, f"rules with {tests} tests")


def _read_all(folder: Traversable) -> None:
    for entry in folder.iterdir():
        if entry.is_dir():
            read_pack(parse_files(read_folder(entry)))


def _test_all(folder: Traversable, packs: PackSet) -> None:
    check_packs(packs, read_rows(folder))
    for pack in packs:
        for rule in pack.rules:
            run_rule_tests(pack, rule)


def is_silent(packs: Sequence[Pack], truth: Facts, known: Facts) -> bool:
    """The answer says that nothing can come of it, or is complete, while the truth is graver."""
    told, real = decide(evaluate(packs, known), ()), decide(evaluate(packs, truth), ())
    says_nothing = told.could_become is Outcome.NO_FINDING or told.complete
    return says_nothing and real.outcome > told.outcome


def bench_silence(packs: Sequence[Pack]) -> None:
    """How often an unknown is read as no conflict; all packs, one to five facts blurred."""
    rng = random.Random(SEED)
    silent = 0
    for _ in range(SILENT_AMONG):
        truth = random_record(rng, rng.choice((0, 0, 1)))
        names = rng.sample(OTHERS, rng.randint(1, 5))
        base = {name: blurred(rng, name, truth.base[name]) for name in names}
        silent += is_silent(packs, truth, replace(truth, base={**truth.base, **base}))
    report(f"silent no_finding in {SILENT_AMONG} random records with unknowns", silent, "records")


def main() -> None:
    """All figures."""
    shipped = load_shipped_packs()
    packs = sixty_rules(shipped)
    names = ", ".join(f"{pack.id} ({len(pack.rules)})" for pack in packs)
    report("rules decided by", sum(len(pack.rules) for pack in packs), f"rules in force: {names}")
    bench_known(packs)
    bench_peers(packs)
    bench_unknowns(packs)
    bench_load()
    bench_silence(tuple(shipped))


if __name__ == "__main__":
    main()
