"""The two programs as a stranger runs them: alone in a folder, with Python and `cryptography`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_service.audit.evidence import rederive, verify
from policy_service.services.bundle_choice import Range
from tests.audit.evidence.bundles import Kit, members

ALLOWED = {*sys.stdlib_module_names, "cryptography"}
_GUARD = """
import importlib.abc, runpy, sys

class OnlyStandard(importlib.abc.MetaPathFinder):
    "Anything but the standard library and what cryptography needs is not there."
    def find_spec(self, name, path, target=None):
        top = name.partition(".")[0]
        if top not in {*sys.stdlib_module_names, "cryptography", "_cffi_backend", "cffi"}:
            raise ModuleNotFoundError(f"{name} is not on this machine")

sys.meta_path.insert(0, OnlyStandard())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def empty(kit: Kit, tmp_path: Path) -> Path:
    """A folder with a bundle and the two programs out of it, and nothing else."""
    bundle = kit.bundle(Range())
    (tmp_path / "bundle.zip").write_bytes(bundle)
    for name in ("verify.py", "rederive.py"):
        (tmp_path / name).write_bytes(members(bundle)[name])
    return tmp_path


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", _GUARD, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_a_bundle_verifies_with_python_and_cryptography_alone(kit: Kit, empty: Path) -> None:
    done = _run(empty, "verify.py", "bundle.zip", "--key", kit.key)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("OK\n")


def test_its_decisions_follow_with_python_alone(empty: Path) -> None:
    done = _run(empty, "rederive.py", "bundle.zip")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "3 entries follow" in done.stdout


def test_the_guard_would_catch_an_import_of_ours(empty: Path) -> None:
    """Negative control."""
    (empty / "verify.py").write_text("import policy_service\n")
    assert "is not on this machine" in _run(empty, "verify.py").stderr


@pytest.mark.parametrize("program", [verify, rederive], ids=lambda module: module.__name__[-8:])
def test_a_program_imports_nothing_of_ours(program: object) -> None:
    source = Path(str(getattr(program, "__file__", ""))).read_text(encoding="utf-8")
    assert set(_imported(ast.parse(source))) <= ALLOWED


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
