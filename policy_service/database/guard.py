"""What keeps a session inside its practice.

The listeners hang on SQLAlchemy's Session class itself, so a session made by hand is guarded too,
and without a practice it fails closed. This is the first fence, against mistakes in our own code:
ORM statements, flushes and bulk inserts. It does not see hand-written SQL or the WHERE of a Core
statement. There the fence is one practice per SQLite file and, on PostgreSQL, row-level security,
which `app.practice_id`, set here, is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Table, event, text
from sqlalchemy.orm import (
    Mapper,
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
    with_loader_criteria,
)
from sqlalchemy.sql import Executable, visitors
from sqlalchemy.sql.elements import ClauseElement

from policy_service.database.base import PracticeOwned

PRACTICE = "practice_id"
READ_ONLY = "read_only"
_owned: WeakSet[Table] = WeakSet()
_SET_PRACTICE = text("SELECT set_config('app.practice_id', :practice_id, true)")


class PracticeUnbound(RuntimeError):
    """A practice's table was touched by a session that belongs to no practice."""


class ForeignPractice(RuntimeError):
    """A row of another practice was about to be written."""


class ReadOnly(RuntimeError):
    """A reading session was about to write."""


def practice_of(session: Session) -> str:
    """The id of the practice this session is bound to; raises PracticeUnbound without one."""
    practice_id = session.info.get(PRACTICE)
    if practice_id is None:
        raise PracticeUnbound(
            "open it by database.read(practice_id) or database.write(practice_id)"
        )
    return str(practice_id)


def require_writing(session: Session) -> None:
    """Raise ReadOnly in a reading session: for statements that go straight to the driver."""
    if session.info.get(READ_ONLY):
        raise ReadOnly("this session reads; open database.write(practice_id) to write")


@event.listens_for(Session, "do_orm_execute")
def _keep_inside(state: ORMExecuteState) -> None:
    """Filter ORM statements, refuse unbound ones, refuse writing while reading."""
    if _writes(state):
        require_writing(state.session)
    if state.session.info.get(PRACTICE) is None:
        _refuse_unbound(state.statement)
    elif state.is_insert:
        _refuse_foreign_insert(state, practice_of(state.session))
    elif state.is_orm_statement and not (state.is_column_load or state.is_relationship_load):
        state.statement = _within(state.statement, practice_of(state.session))


def _writes(state: ORMExecuteState) -> bool:
    return state.is_insert or state.is_update or state.is_delete


def _within(statement: Any, practice_id: str) -> Any:
    if not isinstance(statement, Executable) or not hasattr(statement, "options"):
        return statement
    return statement.options(_only_of(practice_id))


@lru_cache(maxsize=1024)
def _only_of(practice_id: str) -> Any:
    """The filter of one practice; building it costs more than the statements it is put on."""
    return with_loader_criteria(
        PracticeOwned, lambda owned: owned.practice_id == practice_id, include_aliases=True
    )


def _refuse_unbound(statement: Any) -> None:
    if not isinstance(statement, ClauseElement):
        return
    for part in visitors.iterate(statement):
        if isinstance(part, Table) and is_owned(part):
            raise PracticeUnbound(f"{part.name} belongs to a practice; this session to none")


def is_owned(table: Table) -> bool:
    """Whether this is the table of a PracticeOwned class."""
    return table in _owned


@event.listens_for(PracticeOwned, "instrument_class", propagate=True)
def _note_owned(mapper: Mapper[Any], _class: type[PracticeOwned]) -> None:
    """Note the table when its class is mapped, so that Core statements are recognised too."""
    if isinstance(mapper.local_table, Table):
        _owned.add(mapper.local_table)


def _refuse_foreign_insert(state: ORMExecuteState, practice_id: str) -> None:
    table = getattr(state.statement, "table", None)
    if not isinstance(table, Table) or not is_owned(table):
        return
    for row in _inserted(state):
        if row.get(PRACTICE) != practice_id:
            raise ForeignPractice(f"{table.name}: a row of another practice, or of none")


def _inserted(state: ORMExecuteState) -> Iterable[Mapping[str, Any]]:
    """The rows given beside the statement, or those written into it by values()."""
    given = state.parameters
    if not given:
        return [state.statement.compile().params]  # type: ignore[attr-defined]
    return [given] if isinstance(given, Mapping) else given


@event.listens_for(Session, "before_flush")
def _refuse_foreign_rows(session: Session, _flush: UOWTransaction, _some: object) -> None:
    changed = [*session.new, *session.dirty, *session.deleted]
    if changed and session.info.get(READ_ONLY):
        raise ReadOnly(f"{type(changed[0]).__name__} changed in a session that reads")
    for row in changed:
        if isinstance(row, PracticeOwned) and row.practice_id != practice_of(session):
            raise ForeignPractice(f"{type(row).__name__} of another practice, or of none")


@event.listens_for(Session, "after_begin")
def _tell_postgresql(session: Session, _part: SessionTransaction, connection: Connection) -> None:
    """Bind the transaction, and it alone, for row-level security: SET LOCAL, by a parameter."""
    if connection.dialect.name == "postgresql" and session.info.get(PRACTICE) is not None:
        connection.execute(_SET_PRACTICE, {"practice_id": practice_of(session)})
