"""Locks and their page: every library has its row, every version is the locked one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design" / "dependencies.md").read_text(encoding="utf-8").lower()
LOCKS = ["requirements", "requirements-dev", "requirements-bench"]


def _wanted(lock: str) -> list[str]:
    lines = (ROOT / f"{lock}.in").read_text(encoding="utf-8").splitlines()
    return [re.split(r"[\[<>=]", line)[0].lower() for line in lines if re.match(r"[A-Za-z]", line)]


def _locked(lock: str) -> dict[str, str]:
    text = (ROOT / f"{lock}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ \\;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_library_wanted_is_locked_and_documented(lock: str) -> None:
    for name in _wanted(lock):
        assert name in _locked(lock)
        family = name.replace("pytest-", "-") if name.startswith("pytest-") else name
        assert re.search(rf"^\| (?:[\w, -]+, )?{re.escape(family)}[ ,]", PAGE, re.MULTILINE), name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_page_names_the_locked_version(lock: str) -> None:
    rows = dict(re.findall(r"^\| ([a-z0-9-]+)[^|]* \| ([0-9.]+) \|", PAGE, re.MULTILINE))
    for name in _wanted(lock):
        if name in rows:
            assert _locked(lock)[name].startswith(rows[name]), name


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_version_has_hashes_and_no_lock_names_a_host(lock: str) -> None:
    text = (ROOT / f"{lock}.txt").read_text(encoding="utf-8")
    assert text.count("--hash=sha256:") >= len(_locked(lock)) > 0
    assert "://" not in text
    assert "index" not in text


def test_the_locks_agree_on_what_the_service_runs_on() -> None:
    runtime = _locked("requirements")
    for lock in LOCKS[1:]:
        assert runtime.items() <= _locked(lock).items()
