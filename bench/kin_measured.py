"""Does measuring a registry help? Kin figures by the shipped model and by the registry's own.

    python -m bench.kin_measured --seeds 101 102 [--pairs 400000]

Strangers are measured in the registry alone, as `flask matching measure` does it; truth is not
looked at. Prints one JSON line a figure with the shipped model's value as the peer.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from bench.households import REGIMES, Population, as_csv, generate
from bench.kin_figures import Run, figures
from policy_service.domain.people import PersonRecord
from policy_service.importers.people import read_people
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.hypotheses import Scales
from policy_service.matching.measured_model import measured_model
from policy_service.matching.model import MatchModel, default_model
from policy_service.matching.normalise import normalise
from policy_service.matching.probing import PeopleInMemory
from policy_service.matching.strangers import count_strangers, random_pairs

REGIME = "even"


@dataclass(frozen=True)
class Sides:
    """The figures of one seed by the two models."""

    shipped: dict[str, float]
    measured: dict[str, float]


def measured_on(registry: dict[str, PersonRecord], pairs: int) -> MatchModel:
    """The model as the people of this registry would have it."""
    features = [normalise(record) for record in registry.values()]
    scales = Scales(default_model(), Frequencies(len(features)))
    drawn = random_pairs(len(features), pairs, Random(1))
    counts = count_strangers(features, drawn, frozenset(), scales)
    return measured_model(default_model(), 1, counts)


def recognised(made: Population, registry: dict[str, PersonRecord], model: MatchModel) -> Run:
    """What is said of every candidate pair under a model."""
    index = PeopleInMemory(registry, model)
    said = {
        (line.ref, found.ref): found.comparison
        for line in read_people(as_csv(made.intakes)).people
        for found in index.recognise(line.record).candidates
    }
    truth = {(pair.intake, pair.registry): pair for pair in made.truth}
    return Run(truth, said, len(made.intakes))


def both(seed: int, pairs: int) -> Sides:
    """One seed, twice."""
    made = generate(seed, 100, 1500, REGIMES[REGIME])
    registry = {line.ref: line.record for line in read_people(as_csv(made.registry)).people}
    own = measured_on(registry, pairs)
    return Sides(
        figures(recognised(made, registry, default_model())),
        figures(recognised(made, registry, own)),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the means over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102])
    parser.add_argument("--pairs", type=int, default=400_000)
    given = parser.parse_args(arguments)
    sides = [both(seed, given.pairs) for seed in given.seeds]
    for name in sides[0].shipped:
        ours = fmean(side.measured[name] for side in sides)
        theirs = fmean(side.shipped[name] for side in sides)
        line = {"figure": name, "value": round(ours, 4), "unit": "share"}
        peer = {"peer": "shipped model", "peer_value": round(theirs, 4)}
        print(json.dumps({**line, **peer, "ratio": round(ours / theirs, 3) if theirs else None}))


if __name__ == "__main__":
    main()
