"""docs/integrating.md is executed against a live service: each block in order, as the page says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.domain.principals import Scope
from tests.cast import empty_world
from tests.docs.walkthrough import Block, Walk, blocks_of, fences
from tests.e2e.served import ROOT, Served

PAGE = ROOT / "docs" / "integrating.md"
TEXT = PAGE.read_text(encoding="utf-8")
DOORS = (
    "REST", "CDS Hooks", "FHIR", "SMART", "webhooks", "GNU Health", "Python", "rosters",
    "front desk", "reconciliation",
)  # fmt: skip


@pytest.fixture
def walk(sqlite_template: Path, tmp_path: Path) -> Iterator[Walk]:
    """A live service over an empty practice, and somebody with a key who may do everything."""
    path = shutil.copy(sqlite_template, tmp_path / "walk.sqlite3")
    world = empty_world(f"sqlite:///{path}", tmp_path)
    world.clock.now = datetime.now(UTC)  # the server's clock is the real one: keys must be valid
    key = issue_key(world.desk, NewEhrClient(world.practice_id, "Our EHR", frozenset(Scope)))
    world.desk.database.dispose()
    environment = {
        "DATABASE_URL": f"sqlite:///{path}",
        "POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "POLICY_KEY_DIR": str(world.settings.key_dir),
        "PYTHONPATH": str(ROOT),
    }
    served = Served(environment)
    environment["POLICY_PUBLIC_BASE_URL"] = served.url
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "wsgi.py").symlink_to(ROOT / "wsgi.py")
    served.start()
    yield Walk(served.url, key, folder, environment)
    served.kill()


@pytest.mark.slow
def test_the_page_works_as_written(walk: Walk) -> None:
    blocks = list(blocks_of(TEXT))
    assert len(blocks) == fences(TEXT), "a block that nothing is said under is not found"
    for block in blocks:
        walk.follow(block)
    assert {"clinician", "check", "client", "card", "issue"} <= walk.kept.keys()


def test_a_page_that_is_wrong_is_noticed(walk: Walk) -> None:
    """Control: a wrong status, a wrong word, a command that fails."""
    first = next(block for block in blocks_of(TEXT) if block.kind == "http")
    broken = [
        replace(first, under="Answers 200."),
        Block(1, "python", "print(URL)\n", "Prints `https://elsewhere`."),
        Block(1, "sh", "false | true\n", ""),
    ]
    for block in broken:
        with pytest.raises(AssertionError):
            walk.follow(block)
    walk.follow(Block(1, "sh", "pwd\n", f"Prints `{walk.folder.name}`."))


def test_every_door_is_in_the_table() -> None:
    table = TEXT.split("## Which door")[1].split("\n## ")[0]
    for door in DOORS:
        assert door in table


def test_every_scope_is_explained() -> None:
    for scope in Scope:
        assert f"`{scope.value}`" in TEXT
