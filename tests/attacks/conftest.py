"""Fixtures of the attack matrix, and its count: `24 of 24`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.outside import Outsider
from tests.audit.evidence.bundles import Kit
from tests.cast import World

ROWS = 24
_ROW = re.compile(r"test_attack_(\d\d)_")
_passed: dict[int, bool] = {}
"""Rows of the matrix that ran: whether all of their tests passed."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep, for each row, whether everything that ran of it passed."""
    found = _ROW.search(report.nodeid)
    if found is None or report.skipped:
        return
    if report.when == "call" or report.failed:
        row = int(found[1])
        _passed[row] = _passed.get(row, True) and report.passed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many rows of the matrix hold, and which do not."""
    if not _passed:
        return
    held = sum(_passed.values())
    terminalreporter.write_line(f"attack matrix: {held} of {ROWS}")
    for row in range(1, ROWS + 1):
        if not _passed.get(row):
            said = "FAILED" if row in _passed else "did not run"
            terminalreporter.write_line(f"attack {row:02}: {said}", red=True)


@pytest.fixture
def outsider(world: World, tmp_path: Path) -> Iterator[Outsider]:
    """A witness of the world's log."""
    made = Outsider(world, tmp_path / "witness")
    yield made
    made.book.close()


@pytest.fixture
def kit(sqlite_world: World, tmp_path: Path) -> Kit:
    """A world whose log can be put into bundles."""
    return Kit(sqlite_world, tmp_path)
