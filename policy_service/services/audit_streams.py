"""Entries in tree order, page by page or streamed, and the entry that somebody read them.

The place of an entry is its leaf index: contiguous, given in the order in which entries got into
the tree, never given twice. A reader that goes on after the last index it has seen misses nothing
and repeats nothing, however many write meanwhile; entries without a place yet are not given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select

from policy_service.audit import reading, sealer
from policy_service.audit.log import Owned
from policy_service.database.tables.audit import IS_LEAF_OF, EntryRow, LeafRow
from policy_service.domain.principals import Principal
from policy_service.errors import LogContradicted
from policy_service.ledger.canonical import parse_canonical
from policy_service.services.audit_filters import EntryFilter, conditions, resolved
from policy_service.services.context import Context
from policy_service.services.cursors import Place
from policy_service.services.desk import Desk

_CHUNK = 1000
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place. The canonical JSON (RFC 8785) of `leaf` hashes to `leaf_hash`."""

    index: int
    leaf: dict[str, Any]
    leaf_hash: bytes

    def to_json(self) -> dict[str, Any]:
        """As the doors give it."""
        return {"index": self.index, "leaf_hash": self.leaf_hash.hex(), "entry": self.leaf}


def place_pending(desk: Desk, principal: Principal) -> None:
    """On PostgreSQL entries wait for the sealer; whoever reads the log need not wait with them."""
    if desk.database.dialect == "postgresql":
        with suppress(LogContradicted):  # then nothing gets a place, and what has one is read
            sealer.seal_pending(desk.database, principal.practice_id)


def whole_log(context: Context) -> Place:
    """From the start to the size of now."""
    return Place(-1, reading.head(context.session, context.practice_id).size)


def entries_in(
    context: Context, wanted: EntryFilter, place: Place, limit: int
) -> Iterator[LoggedEntry]:
    """At most `limit` entries after `place.after` and below `place.size`, in tree order."""
    rows = context.session.execute(
        select(LeafRow.leaf_index, EntryRow.leaf, EntryRow.leaf_hash)
        .join(EntryRow, IS_LEAF_OF)
        .where(
            LeafRow.practice_id == context.practice_id,
            LeafRow.leaf_index > place.after,
            LeafRow.leaf_index < place.size,
            *conditions(context.practice_id, wanted),
        )
        .order_by(LeafRow.leaf_index)
        .limit(limit)
    )
    for index, leaf, leaf_hash in rows:
        members = parse_canonical(leaf)
        assert isinstance(members, dict)  # noqa: S101 - written by ledger.leaf
        yield LoggedEntry(index, members, leaf_hash)


def stream(
    desk: Desk, principal: Principal, wanted: EntryFilter, place: Place
) -> Iterator[LoggedEntry]:
    """All that match, a chunk at a time in short transactions: the log only grows, `size` bounds.

    `wanted` is resolved. No more than one chunk is ever held.
    """
    while True:
        with desk.reading(principal) as context:
            chunk = list(entries_in(context, wanted, place, _CHUNK))
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        place = Place(chunk[-1].index, place.size)


def note(
    desk: Desk, principal: Principal, action: str, wanted: EntryFilter, more: dict[str, Any]
) -> None:
    """The entry that somebody read: after the reading, before the answer."""

    def record(context: Context) -> None:
        asked = resolved(context, wanted)
        subjects = frozenset({asked.subject} if asked.subject else ())
        context.log(action, {"filters": Owned({**asked.to_json(), **more})}, subjects=subjects)

    on_record(desk, principal, action, record)


def on_record(
    desk: Desk, principal: Principal, action: str, record: Callable[[Context], object]
) -> None:
    """Write that something was read. A log that refuses to grow can still be read.

    That is when it must be: to be saved and examined. The reading then stands in the service's own
    log instead. Every other failure to record means that nothing is given (promise 2).
    """
    try:
        with desk.writing(principal) as context:
            record(context)
    except LogContradicted:
        _log.warning("log read while it refuses to grow", action=action, by=principal.actor_ref)
