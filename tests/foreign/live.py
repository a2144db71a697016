"""The service on loopback as an operator runs it, for clients that strangers wrote.

The standing cast of tests/cast.py is in it, at the time it is now: these clients read the clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.cast import World, empty_world, populate
from tests.e2e.served import Served
from tests.interop.conformance.tokens import SigningKey

KEK = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Live:
    """The cast's world, and the address a server answers at over the same database."""

    world: World
    served: Served
    folder: Path

    @property
    def url(self) -> str:
        """The public base URL."""
        return self.served.url

    def key_file(self, key: SigningKey) -> Path:
        """A private key as a client keeps it."""
        path = self.folder / f"{key.kid}.jwk"
        path.write_text(json.dumps(key.private_jwk), encoding="utf-8")
        return path


@contextmanager
def serving(template: Path, folder: Path, **environment: str) -> Iterator[Live]:
    """Start a server over a copy of the template with the cast in it; end it afterwards."""
    file = folder / "live.sqlite3"
    file.write_bytes(template.read_bytes())
    world = empty_world(f"sqlite:///{file}", folder)
    world.clock.now = datetime.now(UTC)
    populate(world)
    served = Served({})
    served.environment |= {
        "DATABASE_URL": world.settings.database_url,
        "POLICY_KEK": KEK,
        "POLICY_KEY_DIR": str(world.settings.key_dir),
        "POLICY_PUBLIC_BASE_URL": served.url,
        **environment,
    }
    world.settings = replace(world.settings, public_base_url=served.url)
    served.start()
    try:
        yield Live(world, served, folder)
    finally:
        served.kill()
        world.desk.database.dispose()
