"""Read the log: pages by leaf index, single entries, proofs, export. Reading is itself an entry.

What is read is the public leaf: pseudonyms and commitments. Openings are never read here; they
leave the service only in an evidence bundle, which asks for more than the right to read the log.
Checkpoints and proofs are hashes and tell of nobody, so reading them is not an entry: a monitor
that polls the head must not be what moves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from policy_service.audit import reading, sealer
from policy_service.audit.cosignatures import cosigned_note, newest_cosigned
from policy_service.audit.log import Owned
from policy_service.database.tables.audit import EntryRow, EntrySubjectRow, LeafRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import canonical_bytes, parse_canonical
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.encoding import base64std
from policy_service.ledger.leaf import format_at
from policy_service.ledger.merkle import consistency_proof
from policy_service.ledger.note import Verifier
from policy_service.services.context import Context
from policy_service.services.cursors import Place, read_cursor, write_cursor
from policy_service.services.decisions import pseudonym_of
from policy_service.services.desk import Desk
from policy_service.vault.keys import Purpose, PurposeKey

LARGEST_PAGE = 200
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries. `subject` is a pseudonym, or the id of a client, clinician or person.

    `since` is included, `until` is not.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The filters that are set, as the entry about the reading has them."""
        return {
            name: format_at(value) if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value is not None
        }


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place. The canonical JSON (RFC 8785) of `leaf` hashes to `leaf_hash`."""

    index: int
    leaf: dict[str, Any]
    leaf_hash: bytes

    def to_json(self) -> dict[str, Any]:
        """As the doors give it."""
        return {"index": self.index, "leaf_hash": self.leaf_hash.hex(), "entry": self.leaf}


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in tree order. `size`: that of the log when this listing began."""

    entries: tuple[LoggedEntry, ...]
    size: int
    next: str | None


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the log of `new_size` only appended to the log of `old_size`."""

    old_size: int
    new_size: int
    path: tuple[str, ...]
    checkpoint: str


def browse(
    desk: Desk, principal: Principal, wanted: EntryFilter, cursor: str | None, limit: int
) -> Page:
    """One page, and the entry that it was read. The page never holds that entry itself."""
    _place_pending(desk, principal)
    secret = _cursor_secret(desk, principal)
    question = canonical_bytes(wanted.to_json())
    with desk.reading(principal) as context:
        place = read_cursor(secret, cursor, question) if cursor else _start(context)
        found = list(_entries(context, _resolved(context, wanted), place, limit + 1))
    _note(desk, principal, "audit.read", wanted, {"after": place.after, "limit": limit})
    more = len(found) > limit
    shown = tuple(found[:limit])
    follow = write_cursor(secret, Place(shown[-1].index, place.size), question) if more else None
    return Page(shown, place.size, follow)


def read_entry(desk: Desk, principal: Principal, entry_id: str) -> LoggedEntry:
    """One entry; NotFound for another practice's and for none alike."""
    _place_pending(desk, principal)
    with desk.reading(principal) as context:
        index = reading.leaf_index(context.session, context.practice_id, entry_id)
        [entry] = _entries(context, EntryFilter(), Place(index - 1, index + 1), 1)
    _note(desk, principal, "audit.read", EntryFilter(), {"entry": entry_id})
    return entry


def export(desk: Desk, principal: Principal, wanted: EntryFilter) -> Iterator[LoggedEntry]:
    """All that match, streamed in tree order; the export is an entry before the first is given."""
    _place_pending(desk, principal)
    with desk.reading(principal) as context:
        place = _start(context)
        resolved = _resolved(context, wanted)
    _note(desk, principal, "audit.exported", wanted, {"size": place.size})
    return _stream(desk, principal, resolved, place)


def _stream(
    desk: Desk, principal: Principal, wanted: EntryFilter, place: Place
) -> Iterator[LoggedEntry]:
    """Short transactions, one a chunk: the log only grows, and `size` bounds it."""
    while True:
        with desk.reading(principal) as context:
            chunk = list(_entries(context, wanted, place, _CHUNK))
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        place = Place(chunk[-1].index, place.size)


def checkpoint(desk: Desk, principal: Principal) -> str:
    """The signed checkpoint of all that is committed now."""
    _place_pending(desk, principal)
    practice = desk.practice(principal.practice_id)
    signer = desk.log_key(practice.log_origin)
    return reading.latest_checkpoint(desk.database, practice.id, signer, desk.clock())


def cosigned_checkpoint(desk: Desk, principal: Principal) -> str:
    """The newest checkpoint that a witness has cosigned, with those lines. NotFound if none."""
    with desk.reading(principal) as context:
        size = newest_cosigned(context.session, context.practice_id)
        note = cosigned_note(context.session, context.practice_id, size) if size else None
    if note is None:
        raise NotFound
    return note


def entry_proof(desk: Desk, principal: Principal, entry_id: str) -> str:
    """The `.tlog-proof` of an entry under the newest checkpoint."""
    note, signed = _signed(desk, principal)
    with desk.reading(principal) as context:
        return reading.proof(context.session, context.practice_id, entry_id, note, signed.size)


def consistency(
    desk: Desk, principal: Principal, old_size: int, new_size: int | None
) -> Consistency:
    """The proof between two sizes, with the newest checkpoint. InvalidRequest out of range."""
    note, signed = _signed(desk, principal)
    last = signed.size if new_size is None else new_size
    _require_within("/query/to", last, signed.size)
    _require_within("/query/from", old_size, last)
    with desk.reading(principal) as context:
        path = reading.prove(
            context.session,
            context.practice_id,
            lambda read: consistency_proof(read, old_size, last),
        )
    return Consistency(old_size, last, tuple(base64std(part) for part in path), note)


def _require_within(pointer: str, size: int, largest: int) -> None:
    if not 1 <= size <= largest:
        raise InvalidRequest(errors=[FieldError(pointer, f"A size from 1 to {largest}.")])


def _signed(desk: Desk, principal: Principal) -> tuple[str, Checkpoint]:
    note = checkpoint(desk, principal)
    origin = desk.practice(principal.practice_id).log_origin
    return note, open_checkpoint(note, Verifier.of(desk.log_key(origin)))


def _place_pending(desk: Desk, principal: Principal) -> None:
    """On PostgreSQL entries wait for the sealer; whoever reads the log need not wait with them."""
    if desk.database.dialect == "postgresql":
        sealer.seal_pending(desk.database, principal.practice_id)


def _cursor_secret(desk: Desk, principal: Principal) -> PurposeKey:
    return desk.practice(principal.practice_id).keys.purpose(Purpose.CURSOR)


def _start(context: Context) -> Place:
    return Place(-1, reading.head(context.session, context.practice_id).size)


def _note(
    desk: Desk, principal: Principal, action: str, wanted: EntryFilter, more: dict[str, Any]
) -> None:
    """The entry that somebody read: after the reading, before the answer."""
    with desk.writing(principal) as context:
        resolved = _resolved(context, wanted)
        subjects = frozenset({resolved.subject} if resolved.subject else ())
        filters = {**resolved.to_json(), **more}
        context.log(action, {"filters": Owned(filters)}, subjects=subjects)


def _resolved(context: Context, wanted: EntryFilter) -> EntryFilter:
    """With the pseudonym in place of the id of a client, clinician or person."""
    if wanted.subject is None:
        return wanted
    subject = _pseudonym(context, wanted.subject)
    return EntryFilter(**{**asdict(wanted), "subject": subject})


def _pseudonym(context: Context, ref: str) -> str:
    key = (context.practice_id, ref)
    row = context.session.get(ClientRow, key) or context.session.get(ClinicianRow, key)
    if row is not None:
        return pseudonym_of(context, row.person_id)
    person = context.session.get(PersonRow, key)
    return ref if person is None else person.pseudonym


def _entries(
    context: Context, wanted: EntryFilter, place: Place, limit: int
) -> Iterator[LoggedEntry]:
    rows = context.session.execute(
        select(LeafRow.leaf_index, EntryRow.leaf, EntryRow.leaf_hash)
        .join(
            EntryRow,
            (EntryRow.practice_id == LeafRow.practice_id) & (EntryRow.id == LeafRow.entry_id),
        )
        .where(
            LeafRow.practice_id == context.practice_id,
            LeafRow.leaf_index > place.after,
            LeafRow.leaf_index < place.size,
            *_conditions(context.practice_id, wanted),
        )
        .order_by(LeafRow.leaf_index)
        .limit(limit)
    )
    for index, leaf, leaf_hash in rows:
        members = parse_canonical(leaf)
        assert isinstance(members, dict)  # noqa: S101 - written by ledger.leaf
        yield LoggedEntry(index, members, leaf_hash)


def _conditions(practice_id: str, wanted: EntryFilter) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (EntryRow.actor_ref, wanted.actor),
        (EntryRow.action, wanted.action),
        (EntryRow.outcome, wanted.outcome),
    ):
        if value is not None:
            yield column == value
    if wanted.since is not None:
        yield EntryRow.at >= wanted.since
    if wanted.until is not None:
        yield EntryRow.at < wanted.until
    if wanted.subject is not None:
        yield EntryRow.id.in_(
            select(EntrySubjectRow.entry_id).where(
                EntrySubjectRow.practice_id == practice_id,
                EntrySubjectRow.subject_ref == wanted.subject,
            )
        )
