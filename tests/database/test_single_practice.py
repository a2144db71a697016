"""An SQLite file holds one practice; PostgreSQL holds many."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from policy_service.database import Database
from policy_service.database.single_practice import refuse_second_practice
from policy_service.errors import StateConflict
from tests.database.conftest import OURS, THEIRS, Practice


def _found(database: Database, practice_id: str) -> None:
    with database.directory(write=True) as session:
        refuse_second_practice(session, Practice)
        session.add(Practice(id=practice_id))


def _count(database: Database) -> int:
    with database.directory() as session:
        return session.scalar(select(func.count()).select_from(Practice)) or 0


def test_a_second_practice_is_refused_on_sqlite_alone(small: Database) -> None:
    _found(small, OURS)
    if small.dialect == "sqlite":
        with pytest.raises(StateConflict, match="one practice"):
            _found(small, THEIRS)
        assert _count(small) == 1
    else:
        _found(small, THEIRS)
        assert _count(small) == 2
