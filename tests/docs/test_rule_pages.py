"""docs/rules is what the packs say, byte for byte; `make rules` writes it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from policy_service.policy.pack import Pack
from policy_service.policy.pages.markdown import all_pages
from policy_service.policy.registry import (
    load_shipped_packs,
    shipped_rows,
    shipped_texts,
)

FOLDER = Path(__file__).parents[2] / "docs" / "rules"
PACKS = load_shipped_packs()


def _wanted(packs: tuple[Pack, ...] = PACKS.packs) -> dict[str, str]:
    return all_pages(packs, shipped_rows(), shipped_texts())


def drifted(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Pages that are missing, unwanted, or otherwise than wanted."""
    there = {
        page.relative_to(folder).as_posix(): page.read_bytes()
        for page in folder.rglob("*")
        if page.is_file()
    }
    named = sorted(there.keys() | wanted.keys())
    return [path for path in named if there.get(path) != wanted.get(path, "").encode()]


def test_the_pages_are_what_the_packs_say() -> None:
    assert drifted(FOLDER, _wanted()) == [], "run `make rules`"


def test_a_changed_rule_a_lost_page_and_a_stray_page_are_noticed() -> None:
    """The control: each kind of drift is found."""
    pack = PACKS.by_id("crcc-2023")
    reworded = replace(pack.rules[0], title="Something else")
    changed = replace(pack, rules=(reworded, *pack.rules[1:]))
    packs = tuple(changed if each is pack else each for each in PACKS)
    found = drifted(FOLDER, _wanted(packs))
    assert found == ["crcc-2023/README.md", f"crcc-2023/{reworded.id}.md"]
    wanted = _wanted()
    lost = wanted.pop("README.md")
    assert drifted(FOLDER, wanted) == ["README.md"]
    assert drifted(FOLDER, {**wanted, "README.md": lost, "new.md": "x"}) == ["new.md"]
