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

from sqlalchemy.orm import Session

from policy_service.audit import sealer
from policy_service.audit.guard import guard_of
from policy_service.audit.writers import Mark, write_next
from policy_service.database import driver
from policy_service.database.driver import Direct
from policy_service.database.guard import ForeignPractice
from policy_service.database.keyring import Keyring
from policy_service.ledger.canonical import Json
from policy_service.ledger.commitments import SALT_BYTES, Opening, commit
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.merkle import leaf_hash

_ENTRY = driver.Table(
    "audit_entry",
    {
        "id": "varchar",
        "at": "timestamptz",
        "action": "varchar",
        "actor_ref": "varchar",
        "outcome": "varchar",
        "leaf": "bytea",
        "leaf_hash": "bytea",
        "writer_id": "varchar",
        "writer_seq": "bigint",
        "row_mac": "bytea",
    },
)
_SUBJECT = driver.Table("audit_entry_subject", {"subject_ref": "varchar", "entry_id": "varchar"})
_OPENING = driver.Table(
    "audit_opening",
    {"entry_id": "varchar", "name": "varchar", "owner_person_id": "varchar", "sealed": "bytea"},
)
_PENDING = driver.Table("audit_pending", {"entry_id": "varchar", "at": "timestamptz"})


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
    if not entries:
        return []
    direct = driver.writing(session)
    if keyring.practice_id != direct.practice:
        raise ForeignPractice("an entry is sealed and written in one practice")
    guard_of(session).require_writable(session, keyring.practice_id)
    made = [_commit(keyring.practice_id, entry) for entry in entries]
    marks = write_next(session, keyring, [one.hash for one in made])
    rows = {
        _ENTRY: [_entry(direct, one, mark) for one, mark in zip(made, marks, strict=True)],
        _SUBJECT: [(ref, one.leaf.id) for one in made for ref in one.leaf.subject_refs],
        _OPENING: [row for one in made for row in _openings(session, keyring, one)],
    }
    if direct.name == "sqlite":
        direct.insert(rows)
        sealer.place(direct, [(one.leaf.id, one.hash) for one in made])
    else:
        direct.insert(rows | {_PENDING: [(one.leaf.id, one.entry.at) for one in made]})
    return [one.leaf for one in made]


@dataclass(frozen=True, slots=True)
class _Made:
    """An entry ready to be written: its leaf, as bytes and hashed, and its openings."""

    entry: NewEntry
    leaf: Leaf
    raw: bytes
    hash: bytes
    openings: tuple[Opening, ...]


def _commit(practice_id: str, entry: NewEntry) -> _Made:
    drawn = secrets.token_bytes(SALT_BYTES * len(entry.groups))
    salts = [drawn[at : at + SALT_BYTES] for at in range(0, len(drawn), SALT_BYTES)]
    groups = {name: owned.value for name, owned in entry.groups.items()}
    commitment = commit(groups, salts)
    leaf = _leaf(practice_id, entry, commitment.digests)
    raw = leaf.to_bytes()
    return _Made(entry, leaf, raw, leaf_hash(raw), commitment.openings)


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


def _entry(direct: Direct, one: _Made, mark: Mark) -> driver.Row:
    leaf = one.leaf
    described = (leaf.id, direct.moment(one.entry.at), leaf.action, leaf.actor_ref, leaf.outcome)
    return (*described, one.raw, one.hash, *mark)


def _openings(session: Session, keyring: Keyring, one: _Made) -> Iterator[driver.Row]:
    for opening in one.openings:
        owner = one.entry.groups[opening.group].person_id
        where = ("audit_opening", one.entry.id, opening.group)
        sealed = keyring.seal(session, owner, opening.to_bytes(), where)
        yield one.entry.id, opening.group, owner, sealed
