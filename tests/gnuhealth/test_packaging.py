"""The module stays apart: its own licence, HTTP only, and neither side imports the other."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "gnuhealth"
MODULE = CLIENT / "gnuhealth_boundary_policy"


def imported(folder: Path) -> Iterator[str]:
    """The first part of everything that the Python files of a folder import."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                yield str(node.module).partition(".")[0]


def test_neither_side_imports_the_other() -> None:
    service = set(imported(ROOT / "policy_service"))
    assert service.isdisjoint({"trytond", "proteus", "clients", MODULE.name})
    assert set(imported(MODULE)).isdisjoint({"policy_service", "tests", "flask", "sqlalchemy"})


def test_the_module_is_under_the_licence_of_what_it_extends() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "GPL-3.0-or-later"
    assert "GNU GENERAL PUBLIC LICENSE" in (CLIENT / "COPYING").read_text(encoding="utf-8")[:200]
    for path in MODULE.rglob("*.py"):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# SPDX-License-Identifier: GPL-3.0-or-later", path.name


def test_what_trytond_reads_is_what_is_packed() -> None:
    project = tomllib.loads((CLIENT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = configparser.ConfigParser()
    said.read_string((MODULE / "tryton.cfg").read_text(encoding="utf-8"))
    assert said["tryton"]["version"] == project["version"]
    assert project["entry-points"]["trytond.modules"] == {"boundary_policy": MODULE.name}
    for name in said["tryton"]["xml"].split():
        assert (MODULE / name).is_file()


def test_no_message_names_a_reason() -> None:
    """Who books must not learn a tie: the words are neutral."""
    written = (MODULE / "message.xml").read_text(encoding="utf-8")
    messages = re.findall(r'<field name="text">(.*?)</field>', written)
    words = {word for one in messages for word in one.casefold().split()}
    assert len(messages) == 6
    assert words.isdisjoint({"relative", "family", "friend", "tie", "conflict", "private"})
