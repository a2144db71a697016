"""The triggers that keep the log's rows from being changed, and whether all of them are there.

They stop our own mistakes and a careless operator. Whoever may alter the schema can drop them: that
is seen here, and what he changes then is seen by the tree.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

INSERT_ONLY = (
    "audit_entry",
    "audit_entry_subject",
    "audit_leaf",
    "audit_node",
    "audit_checkpoint",
    "release_record",
    "release_subject",
    "reviewed_range",
)
_CHANGES = {"sqlite": ("update", "delete"), "postgresql": ("update", "delete", "truncate")}
_PRESENT = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'trigger'",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') "
        "AND tgrelid IN "
        "(SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)"
    ),
}


def expected_triggers(dialect: str) -> set[str]:
    """The names of all triggers that protect the log on this database."""
    return {f"{table}_no_{change}" for table in INSERT_ONLY for change in _CHANGES[dialect]}


def missing_triggers(session: Session) -> list[str]:
    """The protecting triggers that are gone or switched off."""
    dialect = session.get_bind().dialect.name
    present = set(session.scalars(text(_PRESENT[dialect])))
    return sorted(expected_triggers(dialect) - present)
