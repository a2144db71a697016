"""Whether the columns that entries are found by still say what the leaves say.

The tree commits to leaves. Lists, filters and exports go by the columns beside them, and by the
index of whom an entry names: whoever alters one of those hides an entry from a reader without
touching the tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, EntrySubjectRow, LeafRow
from policy_service.ledger.leaf import format_at
from policy_service.ledger.verify import Entry

_QUERY = (
    select(
        LeafRow.leaf_index,
        EntryRow.leaf,
        EntryRow.leaf_hash,
        EntryRow.id,
        EntryRow.action,
        EntryRow.at,
        EntryRow.actor_ref,
        EntryRow.outcome,
    )
    .join(EntryRow, IS_LEAF_OF)
    .order_by(LeafRow.leaf_index)
    .execution_options(yield_per=1000)
)
_IS_PLACED = (LeafRow.practice_id == EntrySubjectRow.practice_id) & (
    LeafRow.entry_id == EntrySubjectRow.entry_id
)
# + 0: led by the leaves' order, SQLite would walk the whole index of names for every leaf.
_NAMED = (
    select(LeafRow.leaf_index, EntrySubjectRow.subject_ref)
    .join(LeafRow, _IS_PLACED)
    .order_by(LeafRow.leaf_index + 0)
    .execution_options(yield_per=1000)
)
_NOBODY: tuple[int | None, list[str]] = (None, [])


@dataclass(slots=True)
class Filed:
    """The entries of a practice in tree order; remembers the first whose columns tell otherwise."""

    session: Session
    practice_id: str
    misfiled: tuple[int, str] | None = None
    """(index, what is wrong) of that one."""

    def entries(self) -> Iterator[Entry]:
        """Entries with their stored leaf hashes, streamed. The columns are looked at on the way."""
        query = _QUERY.where(LeafRow.practice_id == self.practice_id)
        named = self._named()
        index, refs = next(named, _NOBODY)
        with self.session.execute(query) as rows:
            for row in rows:
                while index is not None and index < row.leaf_index:  # of an entry that is gone
                    index, refs = next(named, _NOBODY)
                if self.misfiled is None:
                    self._look(row, refs if index == row.leaf_index else [])
                yield Entry(row.leaf_index, row.leaf, row.leaf_hash)

    def _named(self) -> Iterator[tuple[int | None, list[str]]]:
        """Index by index, whom the entry there is found by."""
        query = _NAMED.where(LeafRow.practice_id == self.practice_id)
        with self.session.execute(query) as rows:
            for index, pairs in groupby(rows, itemgetter(0)):
                yield index, sorted(ref for _, ref in pairs)

    def _look(self, row: Any, refs: list[str]) -> None:
        columns = (row.id, row.action, row.at, row.actor_ref, row.outcome, refs)
        told = told_otherwise(row.leaf, columns)
        if told is not None:
            self.misfiled = row.leaf_index, told


def told_otherwise(leaf: bytes, columns: Sequence[Any]) -> str | None:
    """The first field that a row's columns tell otherwise than its leaf, or None.

    `columns`: id, action, at, actor_ref, outcome, subject_refs in order. None too for a leaf that
    is none: others say so.
    """
    try:
        members = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(members, dict):
        return None
    entry_id, action, at, actor_ref, outcome, subject_refs = columns
    stored = {
        "id": entry_id,
        "action": action,
        "at": format_at(at),
        "actor_ref": actor_ref,
        "outcome": outcome,
        "subject_refs": subject_refs,
    }
    for field, value in stored.items():
        if members.get(field) != value:
            return (
                f"the field {field} is {value!r} in its row and {members.get(field)!r} in its leaf"
            )
    return None
