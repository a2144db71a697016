"""One practice per SQLite file: the tenancy fence where there is no row-level security."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from policy_service.database.base import Base
from policy_service.errors import StateConflict


def refuse_second_practice(session: Session, practices: type[Base]) -> None:
    """Raise StateConflict if the session's database is SQLite and already holds a practice.

    Call it in the write transaction that adds the practice: BEGIN IMMEDIATE makes the count final.
    """
    if session.get_bind().dialect.name != "sqlite":
        return
    if session.scalar(select(func.count()).select_from(practices)):
        raise StateConflict(
            "An SQLite file holds one practice. Use another file, or PostgreSQL for several."
        )
