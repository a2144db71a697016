"""The real service under its real server, once for all tests of the Python client."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from boundary_policy_client import Journal, Patience, PolicyClient

from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.domain.principals import Scope
from tests.cast import empty_world, populate
from tests.clients.faults import BadLine, bad_line
from tests.e2e.served import Served

KEK = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Live:
    """The service with the standing cast in it, and a key of an EHR that may ask in full."""

    served: Served
    key: str
    ids: dict[str, str]


@pytest.fixture(scope="session")
def live(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Started once; a test that kills it starts it again."""
    folder = tmp_path_factory.mktemp("live")
    path = shutil.copy(sqlite_template, folder / "live.sqlite3")
    world = empty_world(f"sqlite:///{path}", folder)
    world.clock.now = datetime.now(UTC)  # the server's clock is the real one: keys must be valid
    populate(world)
    scopes = frozenset({Scope.DECISION_FULL})
    key = issue_key(world.desk, NewEhrClient(world.practice_id, "our EHR", scopes))
    world.desk.database.dispose()
    settings = {
        "DATABASE_URL": f"sqlite:///{path}",
        "POLICY_KEK": KEK,
        "POLICY_KEY_DIR": str(world.settings.key_dir),
    }
    served = Served(settings)
    served.start()
    yield Live(served, key, world.ids)
    served.kill()


@pytest.fixture
def line(live: Live) -> Iterator[BadLine]:
    """A line to the service that can be told to fail."""
    with bad_line(live.served.port) as opened:
        yield opened


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """An empty journal."""
    return Journal(tmp_path / "journal.sqlite3")


@pytest.fixture
def client(live: Live, line: BadLine, journal: Journal) -> PolicyClient:
    """A client of the service over that line; it pauses for no time at all between tries."""
    patience = Patience(seconds=20.0, sleep=lambda _: None)
    return PolicyClient(line.url, live.key, journal=journal, patience=patience)
