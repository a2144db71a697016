"""`flask matching …` over files of people."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from policy_service.cli.matching import PAIR_COLUMNS, matching_commands

REGISTRY = """id,source,relation,given,family,birth_date,sex,phones,address,city,postcode
r1,former,,Anna,Berg,1984-05-17,female,512-867-2309,12 Juniper St,Austin,78701
r2,disclosed,SIS,Clara,Berg,1984-05-17,female,,12 Juniper St,Austin,78701
r3,social,,Hugo,Paredes,,,,,Dayton,
"""
INTAKE = """id,given,family,birth_date,sex,phones,address,city,postcode
i1,Anna,Berg,1984-05-17,female,512-867-2309,12 Juniper Street,Austin,78701
i2,Zebulon,Quackenbush,1955-01-30,male,,,,
"""


def score(folder: Path, registry: str = REGISTRY, intake: str = INTAKE) -> Result:
    (folder / "registry.csv").write_text(registry)
    (folder / "intake.csv").write_text(intake)
    files = [f"--{name}={folder / name}.csv" for name in ("registry", "intake")]
    return CliRunner().invoke(matching_commands, ["score", *files, f"--out={folder / 'pairs.csv'}"])


def pairs(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    with (folder / "pairs.csv").open(newline="") as lines:
        return {(row["intake_id"], row["registry_id"]): row for row in csv.DictReader(lines)}


def test_every_candidate_pair_is_a_row(tmp_path: Path) -> None:
    assert score(tmp_path).exit_code == 0
    found = pairs(tmp_path)
    assert set(found) == {("i1", "r1"), ("i1", "r2")}
    assert all(tuple(row) == PAIR_COLUMNS for row in found.values())
    same, twin = found["i1", "r1"], found["i1", "r2"]
    assert (same["hypothesis"], same["band"], same["label"]) == ("SELF", "certain", "ONESELF")
    assert (twin["hypothesis"], twin["label"]) == ("KIN", "TWIN")
    assert float(same["self_bits"]) > float(twin["self_bits"])


def test_the_reasons_go_on_through_what_the_clinician_disclosed(tmp_path: Path) -> None:
    score(tmp_path)
    assert "of the clinician's sister" in pairs(tmp_path)["i1", "r2"]["reasons"]


def test_rows_that_cannot_be_read_are_named_and_the_others_scored(tmp_path: Path) -> None:
    done = score(tmp_path, intake=INTAKE + "i3,too,few\n")
    assert done.exit_code == 0
    assert "line 4" in done.output
    assert ("i1", "r1") in pairs(tmp_path)


@pytest.mark.parametrize("registry", ["", "given\nAnna\n"])
def test_a_file_without_its_columns_is_refused(tmp_path: Path, registry: str) -> None:
    done = score(tmp_path, registry)
    assert done.exit_code == 1
    assert "registry.csv" in done.output
