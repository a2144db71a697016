"""Count what is stored, so that a test can say that nothing was."""

from __future__ import annotations

from sqlalchemy import func, select

from policy_service.database.base import Base
from tests.cast import World


def row_counts(world: World) -> dict[str, int]:
    """Rows of every table, of all practices, past the session guard."""
    with world.desk.database.engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in sorted(Base.metadata.tables.items())
        }


def new_rows(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Tables that grew, and by how much."""
    return {name: after[name] - count for name, count in before.items() if after[name] != count}
