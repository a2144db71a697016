"""What recognition finds among invented households, by the code path of `flask matching score`.

    python -m bench.kin_figures --seeds 1 2 3 [--by-kind]

Development seeds are 1 to 9; what is reported comes from seeds 101 to 105, which nobody looked at
while the weights were set.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.figures import Scored, recall_at_precision, report
from bench.households import REGIMES, Truth, as_csv, generate, kinds
from policy_service.importers.people import read_people
from policy_service.matching.bands import Band
from policy_service.matching.hypotheses import Hypothesis
from policy_service.matching.model import default_model
from policy_service.matching.probing import PeopleInMemory
from policy_service.matching.recognition import Comparison

REPORTED_SEEDS = (101, 102, 103, 104, 105)
_NEVER_SELF = ("twin", "namesake")
_RIGHT = {
    "SELF": {"ONESELF"},
    "spouse": {"SPS", "HUSB", "WIFE", "SIGOTHR", "DOMPART"},
    "ex_spouse": {"FMRSPS"},
    "sibling": {"SIB", "BRO", "SIS"},
    "twin": {"TWIN", "TWINBRO", "TWINSIS"},
    "parent": {"PRN", "FTH", "MTH"},
    "child": {"CHILD", "SONC", "DAUC"},
    "namesake": {"CHILD", "SONC", "DAUC"},
    "room_mate": {"ROOM"},
}
Pair = tuple[str, str]


@dataclass(frozen=True)
class Run:
    """One seed: the truth by pair, and what was said of every candidate pair."""

    truth: dict[Pair, Truth]
    said: dict[Pair, Comparison]
    intakes: int


def run(seed: int, per_kind: int = 100, strangers: int = 1500, regime: str = "even") -> Run:
    """Generate, write as CSV, read again, recognise."""
    made = generate(seed, per_kind, strangers, REGIMES[regime])
    known = {line.ref: line.record for line in read_people(as_csv(made.registry)).people}
    index = PeopleInMemory(known, default_model())
    said = {
        (line.ref, found.ref): found.comparison
        for line in read_people(as_csv(made.intakes)).people
        for found in index.recognise(line.record).candidates
    }
    truth = {(pair.intake, pair.registry): pair for pair in made.truth}
    return Run(truth, said, len(made.intakes))


def is_flag(said: Comparison | None) -> bool:
    """SELF or KIN, at possible or surer."""
    return said is not None and said.hypothesis is not Hypothesis.NONE and said.band != Band.WEAK


def is_labelled(pair: Truth, said: Comparison) -> bool:
    """Whether the label is the kind, the sex aside."""
    return said.label in _RIGHT[pair.kind]


def figures(done: Run) -> dict[str, float]:
    """The figures of the issue, over all kinds."""
    own = {pair: done.said.get(pair) for pair in done.truth}
    flagged = {pair: said for pair, said in own.items() if said and is_flag(said)}
    false = sum(is_flag(said) for pair, said in done.said.items() if pair not in done.truth)
    right = sum(is_labelled(done.truth[pair], said) for pair, said in flagged.items())
    as_self = [
        pair
        for pair, said in own.items()
        if said and done.truth[pair].kind in _NEVER_SELF and said.hypothesis is Hypothesis.SELF
    ]
    return {
        **_identity(done),
        "any-relation candidate recall": share(said is not None for said in own.values()),
        "flag recall": len(flagged) / len(own),
        "false flags per intake": false / done.intakes,
        "label right, given a flag": right / max(len(flagged), 1),
        "twins and namesakes as SELF": len(as_self),
    }


def _identity(done: Run) -> dict[str, float]:
    scored = [
        Scored(said.identity_odds, pair in done.truth and done.truth[pair].kind == "SELF")
        for pair, said in done.said.items()
    ]
    selves = sum(pair.kind == "SELF" for pair in done.truth.values())
    return {
        f"identity recall at precision {precision}": recall_at_precision(scored, selves, precision)
        for precision in (0.95, 0.99)
    }


def by_kind(done: Run) -> dict[str, float]:
    """Candidate recall, flag recall and labels for every kind and source."""
    rows: dict[str, float] = {}
    for kind in kinds(done.truth.values()):
        for source in ("all", "former", "disclosed", "social"):
            pairs = [
                (pair, done.said.get(at))
                for at, pair in done.truth.items()
                if pair.kind == kind and source in ("all", pair.source)
            ]
            rows |= _of_kind(f"{kind}, {source}", pairs)
    return rows


def _of_kind(name: str, pairs: Sequence[tuple[Truth, Comparison | None]]) -> dict[str, float]:
    flagged = [(pair, said) for pair, said in pairs if said and is_flag(said)]
    return {
        f"{name}: candidates": share(said is not None for _, said in pairs),
        f"{name}: flags": share(is_flag(said) for _, said in pairs),
        f"{name}: labels": share(is_labelled(pair, said) for pair, said in flagged),
    }


def share(found: Iterable[bool]) -> float:
    """The share of true ones; 0 of none."""
    values = list(found)
    return sum(values) / len(values) if values else 0.0


def main() -> None:
    """The mean over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(REPORTED_SEEDS))
    parser.add_argument("--by-kind", action="store_true")
    parser.add_argument("--regimes", nargs="+", choices=list(REGIMES), default=list(REGIMES))
    asked = parser.parse_args()
    for regime in asked.regimes:
        bench_kin(regime, asked.seeds, asked.by_kind)


def bench_kin(regime: str, seeds: Sequence[int] = REPORTED_SEEDS, with_kinds: bool = False) -> None:
    """Print the means over `seeds`."""
    runs = [run(seed, regime=regime) for seed in seeds]
    for measure in (figures, by_kind) if with_kinds else (figures,):
        found = [measure(one) for one in runs]
        for name in found[0]:
            value = fmean(one[name] for one in found)
            report(f"kin, {regime}: {name}", value, "mean over seeds")


def bench_kin_regimes() -> None:
    """Every regime."""
    for regime in REGIMES:
        bench_kin(regime)


if __name__ == "__main__":
    main()
