"""A world that a module's tests share where none of them minds what another recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests.cast import World, world_like


@pytest.fixture(scope="module")
def shared_world(sqlite_cast: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy of the cast on SQLite, for refusals and for what is public."""
    folder = tmp_path_factory.mktemp("shared")
    cast = str(make_url(sqlite_cast.settings.database_url).database)
    copy = shutil.copy(cast, folder / "cast.sqlite3")
    made = world_like(sqlite_cast, f"sqlite:///{copy}", folder)
    yield made
    made.desk.database.dispose()
