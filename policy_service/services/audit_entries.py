"""Read the log as people do: filters, a keyset cursor, one entry opened. Reading is an entry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import (
    EntryRow,
    EntrySubjectRow,
    LeafRow,
    OpeningRow,
    PendingRow,
)
from policy_service.database.types import iso
from policy_service.domain.principals import Role
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import parse_strict
from policy_service.ledger.commitments import Opening
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.vault.errors import KeyNotHeld

PAGE = 100
READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR)
_CURSOR = re.compile(r"([0-9T:.-]{26}Z)\|([0-9a-f-]{36})", re.ASCII)
_PRIVATE = "preview."
"""Entries whose openings only the clinician may read."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """What to list. Days are inclusive, UTC. `after` is the cursor of the page before."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    outcome: str = ""
    first_day: date | None = None
    last_day: date | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the list. `index` None: committed, and waiting for its place in the tree."""

    id: str
    index: int | None
    at: datetime
    action: str
    actor: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """The newest first; `next` is the cursor of the next page, empty on the last."""

    lines: tuple[EntryLine, ...]
    next: str


@dataclass(frozen=True, slots=True)
class OpenedGroup:
    """One group of an entry: `value` is None where it may not or can no longer be opened."""

    name: str
    value: Any
    withheld: str


@dataclass(frozen=True, slots=True)
class EntryFile:
    """One entry: its leaf as the tree commits to it, and its openings."""

    line: EntryLine
    leaf: Any
    leaf_hash: str
    groups: tuple[OpenedGroup, ...]


def list_entries(context: Context, wanted: EntryFilter) -> EntryPage:
    """Entries, newest first, for officers and auditors."""
    require_role(context, *READERS)
    found = context.session.execute(_query(context, wanted)).all()
    lines = tuple(_line(entry, index) for entry, index in found[:PAGE])
    cursor = f"{iso(lines[-1].at)}|{lines[-1].id}" if len(found) > PAGE else ""
    _log(context, {"action": wanted.action, "actor": wanted.actor, "shown": len(lines)})
    return EntryPage(lines, cursor)


def open_entry(context: Context, entry_id: str) -> EntryFile:
    """One entry with whatever of it can be opened. NotFound if there is none."""
    require_role(context, *READERS)
    found = context.session.execute(_joined().where(EntryRow.id == entry_id)).first()
    if found is None:
        raise NotFound
    entry, index = found
    _log(context, {"entry": entry_id})
    openings = context.session.scalars(
        select(OpeningRow).where(OpeningRow.entry_id == entry_id).order_by(OpeningRow.name)
    )
    return EntryFile(
        line=_line(entry, index),
        leaf=parse_strict(entry.leaf),
        leaf_hash=entry.leaf_hash.hex(),
        groups=tuple(_opened(context, entry, row) for row in openings),
    )


def actions(context: Context) -> list[str]:
    """The actions that occur, for a filter."""
    mine = EntryRow.practice_id == context.practice_id
    return sorted(context.session.scalars(select(EntryRow.action).where(mine).distinct()))


def waiting(context: Context) -> int:
    """Entries that committed and have no place in the tree yet."""
    mine = PendingRow.practice_id == context.practice_id
    return context.session.scalar(select(func.count()).select_from(PendingRow).where(mine)) or 0


def _joined() -> Select[EntryRow, int | None]:
    leaf = (LeafRow.practice_id == EntryRow.practice_id) & (LeafRow.entry_id == EntryRow.id)
    return select(EntryRow, LeafRow.leaf_index).outerjoin(LeafRow, leaf)


def _query(context: Context, wanted: EntryFilter) -> Select[EntryRow, int | None]:
    query = _joined().where(
        EntryRow.practice_id == context.practice_id, *_conditions(context, wanted)
    )
    return query.order_by(EntryRow.at.desc(), EntryRow.id.desc()).limit(PAGE + 1)


def _conditions(context: Context, wanted: EntryFilter) -> Iterable[ColumnElement[bool]]:
    for column, value in (
        (EntryRow.action, wanted.action),
        (EntryRow.actor_ref, wanted.actor),
        (EntryRow.outcome, wanted.outcome),
    ):
        if value:
            yield column == value
    if wanted.subject:
        yield exists().where(
            EntrySubjectRow.practice_id == context.practice_id,
            EntrySubjectRow.subject_ref == wanted.subject,
            EntrySubjectRow.entry_id == EntryRow.id,
        )
    if wanted.first_day:
        yield EntryRow.at >= _midnight(wanted.first_day)
    if wanted.last_day:
        yield EntryRow.at < _midnight(wanted.last_day + timedelta(days=1))
    if wanted.after:
        at, entry_id = _read_cursor(wanted.after)
        yield or_(EntryRow.at < at, and_(EntryRow.at == at, EntryRow.id < entry_id))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _read_cursor(text: str) -> tuple[datetime, str]:
    form = _CURSOR.fullmatch(text)
    try:
        if form is None:
            raise ValueError
        return datetime.fromisoformat(form[1]), form[2]
    except ValueError:
        said = "This is not a cursor that a page before gave."
        raise InvalidRequest(errors=[FieldError("/query/after", said)]) from None


def _line(entry: EntryRow, index: int | None) -> EntryLine:
    return EntryLine(entry.id, index, entry.at, entry.action, entry.actor_ref, entry.outcome)


def _opened(context: Context, entry: EntryRow, row: OpeningRow) -> OpenedGroup:
    if entry.action.startswith(_PRIVATE):
        return OpenedGroup(row.name, None, "private to the clinician")
    where = ("audit_opening", entry.id, row.name)
    try:
        raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
    except KeyNotHeld:
        return OpenedGroup(row.name, None, "erased")
    return OpenedGroup(row.name, Opening.from_bytes(raw).value, "")


def _log(context: Context, said: dict[str, Any]) -> None:
    context.log("audit.read", {"query": Owned(said)})
