"""Migrations from code, for the command line, `make run` and the tests.

Alembic is configured in pyproject.toml alone; `alembic upgrade head` on the command line does the
same with DATABASE_URL.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from policy_service.database import engines
from policy_service.database.engines import EngineOptions

ROOT = Path(__file__).resolve().parents[2]
# Warehouse's figures for migrations: wait little for a lock, so as not to queue the whole service
# behind a waiting ALTER TABLE; long statements are meant to be split.
OPTIONS = EngineOptions(
    pooled=False,
    lock_timeout_ms=4_000,
    statement_timeout_ms=60_000,
    write_deadline_seconds=60.0,
    # SQLite changes a table by copying it and dropping the old one, which enforced foreign keys
    # would forbid; env.py runs foreign_key_check before it commits.
    foreign_keys=False,
)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; does nothing where it is there already."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database down to `revision`; `base` drops everything."""
    command.downgrade(configuration(url), revision)


def current(url: str) -> str | None:
    """The revision the database is at, or None where nothing was ever migrated."""
    engine = engines.create(url, OPTIONS)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision of this code, or None without any."""
    return scripts().get_current_head()


def scripts() -> ScriptDirectory:
    """The migrations that this code carries."""
    return ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))


def configuration(url: str) -> Config:
    """Alembic's configuration with the URL beside it, where no `%` in a password can hurt."""
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = url
    return config
