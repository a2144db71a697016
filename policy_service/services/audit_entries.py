"""Read the log as people do: filters, a keyset cursor, one entry opened. Reading is an entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow, OpeningRow
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import parse_strict
from policy_service.ledger.commitments import Opening
from policy_service.services.audit_filters import READERS, EntryFilter, conditions, resolved
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.vault.errors import KeyNotHeld

PAGE = 100
_CURSOR = re.compile(r"[0-9]{1,15}", re.ASCII)
PRIVATE = "preview."
"""Entries whose openings only the clinician may read."""


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


def list_entries(context: Context, wanted: EntryFilter, after: str = "") -> EntryPage:
    """Entries, newest first, for officers and auditors: those that wait for a place, then by place.

    At most a page of waiting entries is shown; they have a place within seconds. `after` is the
    cursor of the page before: a place in the tree, above which nothing more is listed.
    """
    require_role(context, *READERS)
    asked = resolved(context, wanted)
    waiting = [] if after else context.session.execute(_waiting(context, asked)).all()
    placed = context.session.execute(_placed(context, asked, after)).all()
    lines = tuple(_line(entry, index) for entry, index in [*waiting, *placed[:PAGE]])
    cursor = str(lines[-1].index) if len(placed) > PAGE else ""
    _log(context, {"filters": asked.to_json(), "shown": len(lines)}, asked.subject)
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


def _joined() -> Select[EntryRow, int | None]:
    return select(EntryRow, LeafRow.leaf_index).outerjoin(LeafRow, IS_LEAF_OF)


def _matching(context: Context, asked: EntryFilter) -> Select[EntryRow, int | None]:
    return _joined().where(
        EntryRow.practice_id == context.practice_id, *conditions(context.practice_id, asked)
    )


def _waiting(context: Context, asked: EntryFilter) -> Select[EntryRow, int | None]:
    query = _matching(context, asked).where(LeafRow.leaf_index.is_(None))
    return query.order_by(EntryRow.at.desc(), EntryRow.id).limit(PAGE)


def _placed(context: Context, asked: EntryFilter, after: str) -> Select[EntryRow, int | None]:
    query = _matching(context, asked).where(LeafRow.leaf_index.is_not(None))
    if after:
        query = query.where(LeafRow.leaf_index < _read_cursor(after))
    return query.order_by(LeafRow.leaf_index.desc()).limit(PAGE + 1)


def _read_cursor(text: str) -> int:
    if not _CURSOR.fullmatch(text):
        said = "This is not a cursor that a page before gave."
        raise InvalidRequest(errors=[FieldError("/query/after", said)])
    return int(text)


def _line(entry: EntryRow, index: int | None) -> EntryLine:
    return EntryLine(entry.id, index, entry.at, entry.action, entry.actor_ref, entry.outcome)


def _opened(context: Context, entry: EntryRow, row: OpeningRow) -> OpenedGroup:
    if entry.action.startswith(PRIVATE):
        return OpenedGroup(row.name, None, "private to the clinician")
    where = ("audit_opening", entry.id, row.name)
    try:
        raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
    except KeyNotHeld:
        return OpenedGroup(row.name, None, "erased")
    return OpenedGroup(row.name, Opening.from_bytes(raw).value, "")


def _log(context: Context, said: dict[str, Any], subject: str | None = None) -> None:
    subjects = frozenset({subject} if subject else ())
    context.log("audit.read", {"query": Owned(said)}, subjects=subjects)
