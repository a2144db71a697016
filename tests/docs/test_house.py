"""Pages, Makefile and sources agree with each other and keep the house's measures."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if path.name != "LICENSE.md"
)
SOURCES = sorted([*(ROOT / "policy_service").rglob("*.py"), *(ROOT / "migrations").glob("*.py")])
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_make_commands_named_in_pages_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+)(?:%)?:", makefile, re.MULTILINE))
    for page in PAGES:
        for named in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8")):
            assert named in targets or named.startswith("bench-"), f"{page.name}: make {named}"


def test_make_help_lists_every_public_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("setup", "run", "test", "test-all", "check", "openapi", "bench-%", "help"):
        assert f"make {target} " in shown.stdout


LONGEST = {"verify.py": 300, "rederive.py": 600}
"""Programs that outsiders run and read: each is one file, because it may import nothing of ours."""


def test_no_file_is_over_400_lines_and_no_function_over_60() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        most = LONGEST.get(path.name, 400) if path.parent.name == "evidence" else 400
        assert text.count("\n") <= most, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, FUNCTION) and node.end_lineno:
                assert node.end_lineno - node.lineno < 60, f"{path}: {node.name}"
                named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                own = [each for each in named if each.arg not in ("self", "cls")]
                assert len(own) <= 5, f"{path}: {node.name}"


def test_every_module_says_what_it_is_for() -> None:
    for path in SOURCES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
