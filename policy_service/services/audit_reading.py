"""Read the log: pages by leaf index, single entries, proofs. Reading is itself an entry.

What is read is the public leaf: pseudonyms and commitments. Openings are never read here; they
leave the service only in an evidence bundle, which asks for more than the right to read the log.
Checkpoints and proofs are hashes and tell of nobody, so reading them is not an entry: a monitor
that polls the head must not be what moves it.
"""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.audit import reading
from policy_service.audit.cosignatures import cosigned_note, newest_cosigned
from policy_service.audit.signing import latest_checkpoint
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, InvalidRequest, NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint
from policy_service.ledger.encoding import base64std
from policy_service.ledger.merkle import consistency_proof
from policy_service.ledger.note import Verifier
from policy_service.services.audit_filters import EntryFilter, resolved
from policy_service.services.audit_streams import (
    LoggedEntry,
    entries_in,
    note,
    place_pending,
    whole_log,
)
from policy_service.services.cursors import Place, read_cursor, write_cursor
from policy_service.services.desk import Desk
from policy_service.vault.keys import Purpose, PurposeKey

LARGEST_PAGE = 200


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
    place_pending(desk, principal)
    secret = _cursor_secret(desk, principal)
    question = canonical_bytes(wanted.to_json())
    with desk.reading(principal) as context:
        place = read_cursor(secret, cursor, question) if cursor else whole_log(context)
        found = list(entries_in(context, resolved(context, wanted), place, limit + 1))
    note(desk, principal, "audit.read", wanted, {"after": place.after, "limit": limit})
    more = len(found) > limit
    shown = tuple(found[:limit])
    follow = write_cursor(secret, Place(shown[-1].index, place.size), question) if more else None
    return Page(shown, place.size, follow)


def read_entry(desk: Desk, principal: Principal, entry_id: str) -> LoggedEntry:
    """One entry; NotFound for another practice's and for none alike."""
    place_pending(desk, principal)
    with desk.reading(principal) as context:
        index = reading.leaf_index(context.session, context.practice_id, entry_id)
        [entry] = entries_in(context, EntryFilter(), Place(index - 1, index + 1), 1)
    note(desk, principal, "audit.read", EntryFilter(), {"entry": entry_id})
    return entry


def checkpoint(desk: Desk, principal: Principal) -> str:
    """The signed checkpoint of all that is committed now."""
    place_pending(desk, principal)
    practice = desk.practice(principal.practice_id)
    signer = desk.log_key(practice.log_origin)
    return latest_checkpoint(desk.database, practice.id, signer, desk.clock())


def cosigned_checkpoint(desk: Desk, principal: Principal) -> str:
    """The newest checkpoint that a witness has cosigned, with those lines. NotFound if none."""
    with desk.reading(principal) as context:
        size = newest_cosigned(context.session, context.practice_id)
        found = cosigned_note(context.session, context.practice_id, size) if size else None
    if found is None:
        raise NotFound
    return found


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


def _cursor_secret(desk: Desk, principal: Principal) -> PurposeKey:
    return desk.practice(principal.practice_id).keys.purpose(Purpose.CURSOR)
