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
from policy_service.audit.writers import write_next
from policy_service.database import driver
from policy_service.database.guard import ForeignPractice, practice_of
from policy_service.database.keyring import Keyring
from policy_service.ledger.canonical import Json
from policy_service.ledger.commitments import SALT_BYTES, Opening, commit
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.merkle import leaf_hash

_ENTRY = driver.spellings(
    "INSERT INTO audit_entry (practice_id, id, at, action, actor_ref, outcome, leaf, leaf_hash, "
    "writer_id, writer_seq, row_mac) VALUES ({practice}, {id}, {at}, {action}, {actor_ref}, "
    "{outcome}, {leaf}, {leaf_hash}, {writer_id}, {writer_seq}, {row_mac})"
)
_SUBJECT = driver.spellings(
    "INSERT INTO audit_entry_subject (practice_id, subject_ref, entry_id) "
    "VALUES ({practice}, {subject_ref}, {entry_id})"
)
_OPENING = driver.spellings(
    "INSERT INTO audit_opening (practice_id, entry_id, name, owner_person_id, sealed) "
    "VALUES ({practice}, {entry_id}, {name}, {owner_person_id}, {sealed})"
)
_PENDING = driver.spellings(
    "INSERT INTO audit_pending (practice_id, entry_id, at) VALUES ({practice}, {entry_id}, {at})"
)


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
    if keyring.practice_id != practice_of(session):
        raise ForeignPractice("an entry is sealed and written in one practice")
    guard_of(session).require_writable(session, keyring.practice_id)
    made = [_commit(keyring.practice_id, entry) for entry in entries]
    _insert_entries(session, keyring, made)
    openings = (row for one in made for row in _opening_rows(session, keyring, one))
    driver.write(session, _OPENING, list(openings))
    if session.get_bind().dialect.name == "sqlite":
        sealer.place(session, keyring.practice_id, [(one.leaf.id, one.hash) for one in made])
    else:
        pending = [{"entry_id": one.leaf.id, "at": one.entry.at} for one in made]
        driver.write(session, _PENDING, pending)
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
    salts = [secrets.token_bytes(SALT_BYTES) for _ in entry.groups]
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


def _insert_entries(session: Session, keyring: Keyring, made: Sequence[_Made]) -> None:
    marks = write_next(session, keyring, [one.hash for one in made])
    rows = [_entry_row(session, one) | mark for one, mark in zip(made, marks, strict=True)]
    driver.write(session, _ENTRY, rows)
    subjects = [
        {"subject_ref": ref, "entry_id": one.leaf.id}
        for one in made
        for ref in one.leaf.subject_refs
    ]
    driver.write(session, _SUBJECT, subjects)


def _entry_row(session: Session, one: _Made) -> dict[str, object]:
    return {
        "id": one.leaf.id,
        "at": driver.moment(session, one.entry.at),
        "action": one.leaf.action,
        "actor_ref": one.entry.actor_ref,
        "outcome": one.leaf.outcome,
        "leaf": one.raw,
        "leaf_hash": one.hash,
    }


def _opening_rows(session: Session, keyring: Keyring, one: _Made) -> Iterator[dict[str, object]]:
    for opening in one.openings:
        owner = one.entry.groups[opening.group].person_id
        where = ("audit_opening", one.entry.id, opening.group)
        yield {
            "entry_id": one.entry.id,
            "name": opening.group,
            "owner_person_id": owner,
            "sealed": keyring.seal(session, owner, opening.to_bytes(), where),
        }
