"""Append to the log, in the caller's transaction: no entry, no answer (promise 2).

The entry's leaf is public pseudonyms and salted commitments; each opening is sealed under the key
of the person it tells about. SQLite places the leaf in the tree at once, under its single write
lock; PostgreSQL leaves a pending row for the sealer, so that no commit waits for another.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from policy_service.audit import sealer
from policy_service.audit.guard import guard_of
from policy_service.audit.writers import write_next
from policy_service.database.keyring import Keyring
from policy_service.database.tables.audit import EntryRow, EntrySubjectRow, OpeningRow, PendingRow
from policy_service.ledger.canonical import Json
from policy_service.ledger.commitments import SALT_BYTES, Opening, commit
from policy_service.ledger.leaf import Leaf, format_at


@dataclass(frozen=True, slots=True)
class Owned:
    """A group's value, and the person under whose key its opening is sealed (None: nobody)."""

    value: Json
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is to be remembered. `groups` are committed to; their names stay out of the leaf."""

    id: str
    action: str
    at: datetime
    actor_ref: str
    groups: Mapping[str, Owned]
    subject_refs: frozenset[str] = field(default=frozenset())
    outcome: str | None = None
    packs: frozenset[str] = field(default=frozenset())
    semantics: int | None = None
    model: str | None = None


def append(session: Session, keyring: Keyring, entry: NewEntry) -> Leaf:
    """Write one entry; durable when the caller's transaction commits. Returns its leaf."""
    return append_all(session, keyring, [entry])[0]


def append_all(session: Session, keyring: Keyring, entries: Sequence[NewEntry]) -> list[Leaf]:
    """Write several entries, in this order, by few statements: what an import needs."""
    guard_of(session).require_writable(session, keyring.practice_id)
    made = [_commit(keyring.practice_id, entry) for entry in entries]
    _insert_entries(session, keyring, [(entry, leaf) for entry, leaf, _ in made])
    openings = (
        row
        for entry, _, openings in made
        for row in _opening_rows(session, keyring, entry, openings)
    )
    session.execute(insert(OpeningRow), list(openings))
    leaves = [leaf for _, leaf, _ in made]
    if session.get_bind().dialect.name == "sqlite":
        sealer.place(session, keyring.practice_id, [(leaf.id, leaf.hash) for leaf in leaves])
    else:
        pending = [
            {"practice_id": leaf.practice, "entry_id": leaf.id, "at": entry.at}
            for entry, leaf, _ in made
        ]
        session.execute(insert(PendingRow), pending)
    return leaves


def _commit(practice_id: str, entry: NewEntry) -> tuple[NewEntry, Leaf, tuple[Opening, ...]]:
    salts = [secrets.token_bytes(SALT_BYTES) for _ in entry.groups]
    groups = {name: owned.value for name, owned in entry.groups.items()}
    commitment = commit(groups, salts)
    return entry, _leaf(practice_id, entry, commitment.digests), commitment.openings


def _leaf(practice_id: str, entry: NewEntry, digests: tuple[str, ...]) -> Leaf:
    return Leaf(
        id=entry.id,
        action=entry.action,
        at=format_at(entry.at),
        practice=practice_id,
        actor_ref=entry.actor_ref,
        subject_refs=tuple(sorted(entry.subject_refs)),
        outcome=entry.outcome,
        packs=tuple(sorted(entry.packs)),
        semantics=entry.semantics,
        model=entry.model,
        sd=digests,
    )


def _insert_entries(
    session: Session, keyring: Keyring, made: Sequence[tuple[NewEntry, Leaf]]
) -> None:
    marks = write_next(session, keyring, [leaf.hash for _, leaf in made])
    rows = [_entry_row(entry, leaf) | mark for (entry, leaf), mark in zip(made, marks, strict=True)]
    session.execute(insert(EntryRow), rows)
    subjects = [
        {"practice_id": leaf.practice, "subject_ref": ref, "entry_id": leaf.id}
        for _, leaf in made
        for ref in leaf.subject_refs
    ]
    if subjects:
        session.execute(insert(EntrySubjectRow), subjects)


def _entry_row(entry: NewEntry, leaf: Leaf) -> dict[str, object]:
    return {
        "practice_id": leaf.practice,
        "id": leaf.id,
        "at": entry.at,
        "action": leaf.action,
        "actor_ref": entry.actor_ref,
        "outcome": leaf.outcome,
        "leaf": leaf.to_bytes(),
        "leaf_hash": leaf.hash,
    }


def _opening_rows(
    session: Session, keyring: Keyring, entry: NewEntry, openings: tuple[Opening, ...]
) -> Iterator[dict[str, object]]:
    for opening in openings:
        owner = entry.groups[opening.group].person_id
        where = ("audit_opening", entry.id, opening.group)
        yield {
            "practice_id": keyring.practice_id,
            "entry_id": entry.id,
            "name": opening.group,
            "owner_person_id": owner,
            "sealed": keyring.seal(session, owner, opening.to_bytes(), where),
        }
