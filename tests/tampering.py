"""An attacker with all rights on the database: statements past the triggers that keep rows.

`tamper(database, "UPDATE …", …)` runs each statement and leaves the triggers as they were.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from policy_service.database import Database


def tamper(database: Database, *statements: str, **values: Any) -> int:
    """Run statements in one transaction as if no trigger were there; rows the last one changed."""
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            return _run(connection, statements, values)
        triggers = connection.execute(
            text("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        ).all()
        for name, _ in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        changed = _run(connection, statements, values)
        for _, definition in triggers:
            connection.execute(text(definition))
        return changed


def _run(connection: Connection, statements: tuple[str, ...], values: dict[str, Any]) -> int:
    changed = 0
    for statement in statements:
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        changed = connection.execute(text(statement), used).rowcount
    return changed
