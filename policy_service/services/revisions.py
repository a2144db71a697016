"""Corrections as new revisions: the old one loses `is_current` and nothing else."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import inspect, select, update

from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.revisions import Revised
from policy_service.errors import NotFound, StaleVersion, StateConflict
from policy_service.services.context import Context

R = TypeVar("R", bound=Revised)

_STAMPS = {"practice_id", "id", "revision", "is_current", "is_withdrawn", "reason"}
_STAMPED = _STAMPS | {"recorded_at", "recorded_by"}


def add_first(context: Context, table: type[R], **columns: Any) -> R:
    """The first revision of a new record."""
    record_id = columns.pop("id", None) or context.new_id()
    row = table(**first_stamps(context, record_id), **columns)
    context.session.add(row)
    context.session.flush()
    return row


def current(context: Context, table: type[R], record_id: str) -> R:
    """The newest revision, withdrawn or not. NotFound if there is none in this practice."""
    row = context.session.scalars(
        select(table).where(table.id == record_id, table.is_current.is_(True))
    ).first()
    if row is None:
        raise NotFound
    return row


def revise(context: Context, old: R, reason: str | None = None, **changes: Any) -> R:
    """Add a revision that differs in `changes`.

    StateConflict on a withdrawn record, StaleVersion when it was revised since it was read.
    """
    if old.is_withdrawn:
        raise StateConflict("The record was withdrawn; a new one must be made.")
    columns = {
        attribute.key: getattr(old, attribute.key)
        for attribute in inspect(type(old)).column_attrs
        if attribute.key not in _STAMPED
    }
    withdrawn = changes.pop("is_withdrawn", False)
    _retire(context, old)
    stamps = _stamps(context, old.id, old.revision + 1)
    stamps |= {"is_withdrawn": withdrawn, "reason": reason}
    row = type(old)(**stamps, **columns | changes)
    context.session.add(row)
    context.session.flush()
    return row


def withdraw(context: Context, old: R, reason: str) -> R:
    """The last revision of a record: it stays readable and counts no more."""
    return revise(context, old, reason, is_withdrawn=True)


def _retire(context: Context, old: Revised) -> None:
    """Only one can revise a revision: whoever comes second must read again."""
    table = type(old)
    retired = context.session.execute(
        update(table)
        .where(
            table.practice_id == context.practice_id,
            table.id == old.id,
            table.revision == old.revision,
            table.is_current.is_(True),
        )
        .values(is_current=False)
        .returning(table.revision)
        .execution_options(synchronize_session=False)
    ).first()
    if retired is None:
        raise StaleVersion
    context.session.expire(old)


def first_stamps(context: Context, record_id: str) -> dict[str, Any]:
    """The columns that make a row the first revision of a new record."""
    return _stamps(context, record_id, 1)


def _stamps(context: Context, record_id: str, revision: int) -> dict[str, Any]:
    return {
        "practice_id": context.practice_id,
        "id": record_id,
        "revision": revision,
        "is_current": True,
        "is_withdrawn": False,
        "recorded_at": context.now,
        "recorded_by": context.principal.actor_ref,
    }


def bump(context: Context, table: type[ClinicianRow | ClientRow], row_ids: set[str]) -> None:
    """Raise the versions of those touched: a check that read the old facts prepares again."""
    if row_ids:
        context.session.execute(
            update(table)
            .where(table.practice_id == context.practice_id, table.id.in_(sorted(row_ids)))
            .values(version=table.version + 1)
            .execution_options(synchronize_session=False)
        )
