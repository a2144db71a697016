"""The entries of a bundle as lines: leaves, and the openings that may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from policy_service.audit.evidence.archive import entry_line
from policy_service.audit.evidence.contents import Withheld
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow, OpeningRow
from policy_service.ledger.leaf import Leaf
from policy_service.services.audit_entries import PRIVATE
from policy_service.services.chunks import chunks
from policy_service.services.context import Context
from policy_service.vault.errors import KeyNotHeld

_ENTRIES = (
    select(LeafRow.leaf_index, EntryRow.id, EntryRow.leaf)
    .join(EntryRow, IS_LEAF_OF)
    .where(
        LeafRow.practice_id == bindparam("practice"),
        LeafRow.leaf_index.in_(bindparam("wanted", expanding=True)),
    )
    .order_by(LeafRow.leaf_index)
)
_OPENINGS = (
    select(OpeningRow.entry_id, OpeningRow.name, OpeningRow.owner_person_id, OpeningRow.sealed)
    .where(
        OpeningRow.practice_id == bindparam("practice"),
        OpeningRow.entry_id.in_(bindparam("wanted", expanding=True)),
    )
    .order_by(OpeningRow.entry_id, OpeningRow.name)
)


class EntryLines:
    """Reads entries once; afterwards `packs`, `subjects` and `withheld` tell what was met."""

    def __init__(self, context: Context, groups: frozenset[str] | None) -> None:
        self._context = context
        self._groups = groups
        self._reasons = dict.fromkeys(("not_chosen", "erased", "private"), 0)
        self.packs: set[str] = set()
        self.subjects: set[str] = set()

    @property
    def withheld(self) -> Withheld:
        """How many groups were not opened, by reason."""
        return Withheld(**self._reasons)

    def of(self, places: Iterable[int]) -> Iterator[bytes]:
        """One line an entry, in tree order."""
        for chunk in chunks(places):
            rows = self._rows(_ENTRIES, chunk)
            openings = self._openings(rows)
            for row in rows:
                yield entry_line(row.leaf_index, row.leaf, openings[row.id])

    def _openings(self, rows: Sequence[Any]) -> dict[str, list[bytes]]:
        opened: defaultdict[str, list[bytes]] = defaultdict(list)
        private = set()
        for row in rows:
            leaf = Leaf.from_bytes(row.leaf)
            self.packs.update(leaf.packs)
            self.subjects.update(leaf.subject_refs)
            if leaf.action.startswith(PRIVATE):
                private.add(row.id)
        for row in self._rows(_OPENINGS, [row.id for row in rows]):
            reason = self._reason(row, row.entry_id in private)
            raw = None if reason else self._open(row)
            if raw is None:
                self._reasons[reason or "erased"] += 1
            else:
                opened[row.entry_id].append(raw)
        return opened

    def _reason(self, row: Any, is_private: bool) -> str:
        """Why an opening is not even tried; empty if it is."""
        if is_private:
            return "private"
        family = row.name.partition(":")[0]
        return "" if self._groups is None or family in self._groups else "not_chosen"

    def _open(self, row: Any) -> bytes | None:
        """The opening, or None where its key was destroyed."""
        where = ("audit_opening", row.entry_id, row.name)
        session = self._context.session
        try:
            return self._context.keyring.open(session, row.owner_person_id, row.sealed, where)
        except KeyNotHeld:
            return None

    def _rows(self, statement: Any, wanted: Sequence[int | str]) -> list[Any]:
        asked = {"practice": self._context.practice_id, "wanted": list(wanted)}
        return list(self._context.session.execute(statement, asked))
