"""One batch of contacts as it is stored: planned outside the write lock, written in one go.

A person is kept as hashes under a key of their own; a connection or a contact that stands already
is revised, never rewritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from policy_service.database.match_index import count_people
from policy_service.database.tables.accounts import ConnectionRow
from policy_service.database.tables.contacts import (
    IS_PERSON_OF,
    ContactBatchRow,
    ContactImportRow,
    ContactRow,
)
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.database.tables.ties import TieRow
from policy_service.ledger.canonical import parse_strict
from policy_service.matching.filing import FILING
from policy_service.services.context import Context
from policy_service.services.imports.contact_changes import Change, mark_missing, write_change
from policy_service.services.imports.contact_new import NewContact, new_contact
from policy_service.services.imports.contact_records import Line
from policy_service.services.imports.contact_states import sealed_at
from policy_service.services.imports.known_contacts import (
    CHANGED,
    KNOWN,
    NEW,
    Origin,
    contact_key,
    content_digest,
    of_origin,
)
from policy_service.services.parties import clinician_row
from policy_service.services.touch import touch_new_people

_TABLES = (PersonKeyRow, PersonRow, MatchKeyRow, ConnectionRow, TieRow, ContactRow)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch will write."""

    number: int
    new: Sequence[NewContact] = ()
    changed: Sequence[Change] = ()
    known: int = 0
    missing: Sequence[str] = ()

    def write(self, context: Context, row: ContactImportRow) -> dict[str, int]:
        """Write it and destroy the sealed batch; returns counts by what became of the contacts."""
        for table in _TABLES:
            rows = [one for contact in self.new for one in contact.rows.get(table, ())]
            if rows:
                context.session.execute(insert(table), rows)
        count_people(context.session, [contact.person_id for contact in self.new])
        stored = [contact.person_id for contact in self.new]
        stored += [write_change(context, row, change) for change in self.changed]
        gone = mark_missing(context, row, self.missing) if row.with_missing else []
        touch_new_people(context, [*stored, *gone])
        _destroy(context, row.id, self.number)
        counts = Counter({NEW: len(self.new), CHANGED: len(self.changed), KNOWN: self.known})
        return {**counts, "missing": len(gone)}


@dataclass(frozen=True, slots=True)
class _Stored:
    """A contact as it stands, under which filing its person is kept, and its connection."""

    contact: ContactRow
    filed: int
    connection: ConnectionRow | None


@dataclass(slots=True)
class _Plan:
    new: list[NewContact] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    known: int = 0


def plan_batch(context: Context, row: ContactImportRow) -> Batch:
    """Open the batch whose turn it is, and make keys, hashes and seals for it."""
    owner = clinician_row(context, row.clinician_id).person_id
    body = _open(context, row, owner)
    lines = [Line.from_json(one) for one in body.get("lines", ())]
    origin = Origin(row.clinician_id, row.source, row.account_id)
    stored = _stored(context, origin, [contact_key(context, line) for line in lines])
    plan = _Plan()
    for line in lines:
        contact = stored.get(contact_key(context, line))
        if contact is None:
            plan.new.append(new_contact(context, row, owner, line))
        elif change := _change(context, contact, line):
            plan.changed.append(change)
        else:
            plan.known += 1
    return Batch(row.done, plan.new, plan.changed, plan.known, body.get("missing", ()))


def _open(context: Context, row: ContactImportRow, owner: str) -> Mapping[str, Any]:
    key = (context.practice_id, row.id, row.done)
    sealed = context.session.get_one(ContactBatchRow, key).sealed
    where = sealed_at(row.id, row.done)
    body: Any = parse_strict(context.keyring.open(context.session, owner, sealed, where))
    return dict(body)


def _stored(context: Context, origin: Origin, keys: Sequence[int]) -> dict[int, _Stored]:
    rows = context.session.execute(
        select(ContactRow, PersonRow.filed, ConnectionRow)
        .join(PersonRow, IS_PERSON_OF)
        .outerjoin(
            ConnectionRow,
            (ConnectionRow.practice_id == ContactRow.practice_id)
            & (ConnectionRow.id == ContactRow.connection_id)
            & ConnectionRow.is_current.is_(True),
        )
        .where(*of_origin(origin), ContactRow.contact_key.in_(keys))
        .order_by(ContactRow.recorded_at, ContactRow.id)
    )
    return {row[0].contact_key: _Stored(*row) for row in rows}


def _change(context: Context, stored: _Stored, line: Line) -> Change | None:
    """What the export says anew. Where it shows a connection that the clinician took for ended,
    the export counts: unknown is never clear."""
    contact, connection = stored.contact, stored.connection
    says_more = stored.filed != FILING or contact.digest != content_digest(context, line)
    stands = connection is None or connection.is_withdrawn or _is_as_shown(connection, line)
    if contact.is_listed and stands and not says_more:
        return None
    return Change(contact.id, line, says_more)


def _is_as_shown(connection: ConnectionRow, line: Line) -> bool:
    state = line.contact.state
    return state is None or connection.state == state.value


def _destroy(context: Context, import_id: str, number: int) -> None:
    context.session.execute(
        delete(ContactBatchRow)
        .where(
            ContactBatchRow.practice_id == context.practice_id,
            ContactBatchRow.import_id == import_id,
            ContactBatchRow.number == number,
        )
        .execution_options(synchronize_session=False)
    )
