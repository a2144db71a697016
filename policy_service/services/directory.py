"""The practices of this installation."""

from __future__ import annotations

from sqlalchemy import select

from policy_service.database.tables.directory import PracticeRow
from policy_service.services.desk import Desk


def practices(desk: Desk) -> list[PracticeRow]:
    """All practices, by slug."""
    with desk.database.directory() as session:
        return list(session.scalars(select(PracticeRow).order_by(PracticeRow.slug)))
