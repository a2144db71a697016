"""One world for all tests of the programs in a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.audit.evidence.bundles import Kit
from tests.cast import empty_world, populate


@pytest.fixture(scope="module")
def kit(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """Three checks in the log: a clean one, one with gaps, one with a tie."""
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "world.sqlite3").write_bytes(sqlite_template.read_bytes())
    made = populate(empty_world(f"sqlite:///{folder / 'world.sqlite3'}", folder))
    for clinician, client in (("ben", "nora"), ("alma", "nora"), ("alma", "tomas")):
        made.check(clinician, client)
    yield Kit(made, folder)
    made.desk.database.dispose()
