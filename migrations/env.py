"""How Alembic runs: one transaction, one migrator at a time, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Literal

from alembic import context
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from policy_service.database import engines
from policy_service.database import tables as _tables  # noqa: F401  (maps every table)
from policy_service.database.base import Base
from policy_service.database.migrate import OPTIONS
from policy_service.settings import database_url_from

# Any constant; the same for every version of this code.
ADVISORY_LOCK = 7_201_531


def url() -> str:
    """Given by policy_service.database.migrate, else from the environment."""
    given = context.config.attributes.get("url")
    return str(given) if given else database_url_from(os.environ)


def frozen_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column types as plain SQLAlchemy: a migration must not change with the code."""
    frozen = getattr(item, "frozen", None)
    return frozen if kind == "type" and isinstance(frozen, str) else False


def numbered(
    _context: MigrationContext,
    _revision: str | Iterable[str | None] | Iterable[str],
    directives: list[MigrationScript],
) -> None:
    """Name a new migration by the next number: 0001, 0002, …"""
    head = ScriptDirectory.from_config(context.config).get_current_head()
    directives[0].rev_id = f"{int(head or 0) + 1:04d}"


def configure(**where: Any) -> None:
    """The same options online and offline."""
    context.configure(
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=frozen_type,
        process_revision_directives=numbered,
        transactional_ddl=True,
        **where,
    )


def run_offline() -> None:
    """Print the SQL instead of running it (`alembic upgrade head --sql`)."""
    configure(url=url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Lock, migrate, check, commit."""
    engine = engines.create(url(), OPTIONS).execution_options(**{engines.IMMEDIATE: True})
    with engine.connect() as connection:
        configure(connection=connection)
        with context.begin_transaction():
            wait_for_turn(connection)
            context.run_migrations()
            check_foreign_keys(connection)
    engine.dispose()


def wait_for_turn(connection: Connection) -> None:
    """SQLite: BEGIN IMMEDIATE has done it. PostgreSQL: a lock held until the commit."""
    if connection.dialect.name == "postgresql":
        # Another migrator may be at work for long; only table locks are given up early.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = {OPTIONS.lock_timeout_ms}"))


def check_foreign_keys(connection: Connection) -> None:
    """SQLite did not enforce them meanwhile (migrate.OPTIONS): do so before the commit."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise RuntimeError(f"the migration would leave broken foreign keys: {broken[:5]}")


if context.is_offline_mode():
    run_offline()
else:
    run_online()
