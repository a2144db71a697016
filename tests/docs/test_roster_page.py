"""docs/roster.md lists the columns that are read, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_service.importers.roster import COLUMNS, RosterKind

PAGE = (Path(__file__).parents[2] / "docs" / "roster.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", RosterKind)
def test_the_page_lists_every_column_with_its_meaning(kind: RosterKind) -> None:
    section = PAGE.split(f"\n## {kind.value}.csv\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (yes|) ?\| (.+) \|$", section, re.MULTILINE)
    assert rows == [
        (column.name, "yes" if column.required else "", column.meaning) for column in COLUMNS[kind]
    ]
