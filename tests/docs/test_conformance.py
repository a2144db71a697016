"""docs/conformance.md: every demand has its behaviour and a test that exists.

The tests named are collected by pytest itself, in a process of their own; that they pass is shown
by the same run that runs this file, since they stand in the same tree.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
LEAST = 75
"""Rows the page must have at the least: 73 demands of CDS Hooks 2.0 and those of SMART."""
SECTIONS = {"CH": 73, "SB": 30}
"""Rows at the least by prefix: CDS Hooks and SMART Backend Services."""
NODE = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
ID = re.compile(r"(CH|SB)-\d{2,3}")


@dataclass(frozen=True)
class Row:
    """One demand."""

    id: str
    requirement: str
    source: str
    behaviour: str
    test: str


def rows_of(text: str) -> list[Row]:
    """Every row of the tables whose first column is `id`, however it is spelled otherwise."""
    rows: list[Row] = []
    header: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            header = []
            continue
        cells = [
            cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")
        ]
        if not header:
            header = cells
        elif header[0] == "id" and not set("".join(cells)) <= set("-: "):
            rows.append(_row(cells))
    return rows


def _row(cells: Sequence[str]) -> Row:
    whole = [*cells, "", "", "", "", ""][:5]
    return Row(whole[0], whole[1], whole[2], whole[3], " ".join(cells[4:]))


def faults(rows: Sequence[Row], existing: frozenset[str]) -> list[str]:
    """What is wrong with the table; each fault names its row."""
    ids = [row.id for row in rows]
    found = [f"{row.id}: a cell is empty" for row in rows if not all(astuple(row))]
    found += [f"{row.id}: not an id" for row in rows if not ID.fullmatch(row.id)]
    found += [f"{name}: twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    if len(rows) < LEAST:
        found.append(f"{len(rows)} rows, at least {LEAST} are needed")
    for prefix, least in SECTIONS.items():
        count = sum(name.startswith(prefix) for name in ids)
        if count < least:
            found.append(f"{count} rows of {prefix}, at least {least} are needed")
    return found + [fault for row in rows for fault in _test_faults(row, existing)]


def _test_faults(row: Row, existing: frozenset[str]) -> list[str]:
    named = NODE.findall(row.test)
    if not named:
        return [f"{row.id}: names no test"]
    return [f"{row.id}: {node} does not exist" for node in named if node not in existing]


def collect(files: Sequence[str]) -> frozenset[str]:
    """The tests that pytest finds in these files, without their parameters."""
    there = [file for file in files if (ROOT / file).is_file()]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, *there], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = (line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line)
    return frozenset(found)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """The page's rows."""
    return rows_of(PAGE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def existing(rows: list[Row]) -> frozenset[str]:
    """The tests in all files that the page names."""
    nodes = {node for row in rows for node in NODE.findall(row.test)}
    return collect(sorted({node.partition("::")[0] for node in nodes}))


def test_every_demand_has_a_behaviour_and_a_test_that_exists(
    rows: list[Row], existing: frozenset[str]
) -> None:
    assert faults(rows, existing) == []


def test_a_test_that_is_gone_is_noticed(rows: list[Row], existing: frozenset[str]) -> None:
    """Control: each named test in turn is taken away, and its rows are named."""
    for row in rows:
        for node in NODE.findall(row.test):
            assert f"{row.id}: {node} does not exist" in faults(rows, existing - {node})


@pytest.mark.parametrize("column", ["requirement", "source", "behaviour", "test"])
def test_an_empty_cell_is_noticed(rows: list[Row], existing: frozenset[str], column: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    wanted = getattr(rows[3], column)
    line = next(line for line in text.splitlines() if line.startswith(f"| {rows[3].id} "))
    spoiled = rows_of(text.replace(line, line.replace(f"| {wanted} |", "| |")))
    assert f"{rows[3].id}: a cell is empty" in faults(spoiled, existing)


def test_a_row_without_a_test_column_is_noticed(existing: frozenset[str]) -> None:
    [row] = rows_of(
        "| id | requirement |\n|---|---|\n| CH-01 | a demand | a section | what we do |"
    )
    assert "CH-01: names no test" in faults([row], existing)


def test_missing_rows_are_noticed(rows: list[Row], existing: frozenset[str]) -> None:
    few = rows[: LEAST - 1]
    assert f"{LEAST - 1} rows, at least {LEAST} are needed" in faults(few, existing)
    smart = [row for row in rows if row.id.startswith("SB")]
    assert f"{0} rows of CH, at least 73 are needed" in faults(smart, existing)


def test_a_row_written_twice_is_noticed(rows: list[Row], existing: frozenset[str]) -> None:
    assert f"{rows[0].id}: twice" in faults([*rows, rows[0]], existing)


def test_the_collection_is_a_real_one() -> None:
    """Control: of this file it finds this test, and nothing that is merely written in a text."""
    found = collect([f"tests/docs/{Path(__file__).name}"])
    assert f"tests/docs/{Path(__file__).name}::test_the_collection_is_a_real_one" in found
    assert not any(node.endswith("::test_that_nobody_wrote") for node in found)
