"""Follow the log from the last index seen: what a SIEM polls.

The reader keeps one number, the index of the last entry it has dealt with, and asks for what comes
after it: whatever goes wrong on its side, nothing is lost (at least once). Entries get their index
in the order in which they enter the tree, and pages end at the head of one snapshot, so no entry
can later appear before one that was given.

Being followed is itself on record, but not once a poll, for then the log would grow by being read
and the reader would never see its end. An entry `audit.tailed` says *from which index, by which
filters and until when* this reader follows; each poll within those bounds is covered by it. A poll
outside them that gives anything writes a new one before the answer; a poll that gives nothing has
read nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import IS_OPENING_OF, EntryRow, OpeningRow
from policy_service.domain.principals import Principal
from policy_service.errors import StateConflict
from policy_service.ledger.commitments import Opening
from policy_service.ledger.leaf import format_at
from policy_service.services.audit_filters import EntryFilter, resolved
from policy_service.services.audit_streams import (
    LoggedEntry,
    entries_in,
    on_record,
    place_pending,
    whole_log,
)
from policy_service.services.context import Context
from policy_service.services.cursors import Place
from policy_service.services.desk import Desk

TAILED = "audit.tailed"
COVERED_FOR = timedelta(hours=1)
LARGEST_TAIL = 1000


@dataclass(frozen=True, slots=True)
class TailPage:
    """What follows, in tree order, and the index to go on after."""

    entries: tuple[LoggedEntry, ...]
    after: int


def tail(
    desk: Desk, principal: Principal, wanted: EntryFilter, after: int, limit: int = LARGEST_TAIL
) -> TailPage:
    """Up to `limit` entries after index `after` (-1: from the start).

    StateConflict if the log is shorter than what the reader has seen: it went backwards.
    """
    place_pending(desk, principal)
    with desk.reading(principal) as context:
        size = whole_log(context).size
        if after >= size:
            raise StateConflict(
                f"The log has {size} entries, and entry {after} was read before: it went backwards."
            )
        asked = resolved(context, wanted)
        found = tuple(entries_in(context, asked, Place(after, size), limit))
        is_covered = not found or _is_covered(context, asked, after)
    if not is_covered:
        _say_who_follows(desk, principal, asked, after)
    return TailPage(found, found[-1].index if len(found) == limit else size - 1)


def _say_who_follows(desk: Desk, principal: Principal, asked: EntryFilter, after: int) -> None:
    subjects = frozenset({asked.subject} if asked.subject else ())

    def record(context: Context) -> None:
        until = format_at(context.now + COVERED_FOR)
        said: dict[str, Any] = {"after": after, "until": until, "filters": asked.to_json()}
        context.log(TAILED, {"tail": Owned(said)}, subjects=subjects)

    on_record(desk, principal, TAILED, record)


def _is_covered(context: Context, asked: EntryFilter, after: int) -> bool:
    """Does an entry say already that this reader follows, by these filters, from there on?"""
    return any(
        said["filters"] == asked.to_json()
        and said["after"] <= after
        and context.now < datetime.fromisoformat(said["until"])
        for said in _said(context)
    )


def _said(context: Context) -> list[Any]:
    rows = context.session.execute(
        select(EntryRow.id, OpeningRow.sealed)
        .join(OpeningRow, IS_OPENING_OF)
        .where(
            EntryRow.practice_id == context.practice_id,
            EntryRow.action == TAILED,
            EntryRow.actor_ref == context.principal.actor_ref,
            EntryRow.at > context.now - COVERED_FOR,
            OpeningRow.name == "tail",
        )
    ).all()
    return [_opened(context, entry_id, sealed) for entry_id, sealed in rows]


def _opened(context: Context, entry_id: str, sealed: bytes) -> Any:
    where = ("audit_opening", entry_id, "tail")
    return Opening.from_bytes(context.keyring.open(context.session, None, sealed, where)).value
