"""FEBRL 4 through the pure matcher, with an index in memory.

    python -m bench.matching_offline --febrl DIRECTORY_WITH_dataset4a.csv

Prints JSON lines. No social security number is read. Nothing is fitted on truth labels.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.figures import report
from policy_service.domain.people import Address, PersonName, PersonRecord
from policy_service.matching import Band, Hypothesis, Recognised, default_model
from policy_service.matching.probing import PeopleInMemory

FLAGGED = (Band.CERTAIN, Band.PROBABLE)


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


def is_flag(found: Recognised[str]) -> bool:
    """Whether the candidate opens a case by itself: probable or surer, as self or as kin."""
    return found.comparison.band in FLAGGED or is_identity(found)


def is_identity(found: Recognised[str]) -> bool:
    """Whether the answer says that the candidate is, or may well be, the same person."""
    return found.comparison.identity in FLAGGED


def bench_febrl(directory: Path) -> None:
    """Former clients of file A come back as the intakes of file B."""
    known, intakes = (read_febrl(directory / f"dataset4{part}.csv") for part in "ab")
    registry = PeopleInMemory(known, default_model())
    counts: Counter[str] = Counter()
    times = []
    for ref, intake in intakes.items():
        started = time.process_time()
        found = registry.recognise(intake).candidates
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


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--febrl", type=Path, required=True, help="directory of dataset4a.csv")
    bench_febrl(parser.parse_args().febrl)


if __name__ == "__main__":
    main()
