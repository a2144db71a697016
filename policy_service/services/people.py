"""Persons: sealed records under keys of their own, and the match keys they are found by."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import delete, insert

from policy_service.database import match_index
from policy_service.database.match_index import StoredRecord
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.domain.people import PersonRecord
from policy_service.errors import NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.matching.keys import features_texts
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.stored import NORMALISER, read_stored, stored_form
from policy_service.services.context import Context
from policy_service.vault.errors import KeyNotHeld
from policy_service.vault.sealing import ChainOpener


@dataclass(frozen=True, slots=True)
class Person:
    """An opened person. `pseudonym` is the subject reference of the audit log."""

    id: str
    pseudonym: str
    record: PersonRecord
    digest: bytes


def register(context: Context, record: PersonRecord, planned: Person | None = None) -> str:
    """Seal a new person under a new key and file the match keys; returns the person's id.

    `planned` gives the id and pseudonym that a read already handed out.
    """
    person_id = planned.id if planned else context.new_id()
    pseudonym = planned.pseudonym if planned else None
    insert_people(context, [new_person(context, person_id, record, pseudonym)])
    return person_id


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The rows of a person who is to be registered; everything is sealed already."""

    person: dict[str, Any]
    person_key: dict[str, Any]
    match_keys: frozenset[int]


def new_person(
    context: Context, person_id: str, record: PersonRecord, pseudonym: str | None = None
) -> NewPerson:
    """Make a key, seal the record and what is compared of it, hash the match texts."""
    person_key = context.keyring.new_person_key(person_id)
    filing = _filing(context, person_id, record)
    row = {
        "practice_id": context.practice_id,
        "id": person_id,
        "pseudonym": pseudonym or context.new_id(),
        **filing.columns,
        "created_at": context.now,
    }
    return NewPerson(row, person_key, filing.match_keys)


def insert_people(context: Context, people: Sequence[NewPerson]) -> None:
    """Write new persons, a few statements for all of them."""
    if not people:
        return
    session = context.session
    session.execute(insert(PersonKeyRow), [one.person_key for one in people])
    session.execute(insert(PersonRow), [one.person for one in people])
    match_index.file_keys(
        session, [(key, one.person["id"]) for one in people for key in one.match_keys]
    )
    match_index.count_people(session, [one.person["id"] for one in people])


def replace_record(context: Context, person_id: str, record: PersonRecord) -> None:
    """Put a corrected or fuller record in place of the sealed one, and refile the match keys."""
    _file(context, person_row(context, person_id), record)


def refile(context: Context, person_id: str) -> None:
    """Make features and match keys anew from the record: after a new normaliser or new keys."""
    row = person_row(context, person_id)
    _file(context, row, _open(context, row).record)


@dataclass(frozen=True, slots=True)
class _Filing:
    """What follows from a record: the columns of its row, and the keys it is found by."""

    columns: dict[str, Any]
    match_keys: frozenset[int]


def _filing(context: Context, person_id: str, record: PersonRecord) -> _Filing:
    raw, features = canonical_bytes(record.to_json()), normalise(record)
    compared = canonical_bytes(stored_form(features))
    columns = {
        "sealed": _seal(context, person_id, raw, "sealed"),
        "sealed_features": _seal(context, person_id, compared, "sealed_features"),
        "normaliser": NORMALISER,
        "record_digest": hashlib.sha256(raw).digest(),
    }
    match_key = context.keyring.match_key
    return _Filing(columns, frozenset(match_key(one.text) for one in features_texts(features)))


def _file(context: Context, row: PersonRow, record: PersonRecord) -> None:
    filing = _filing(context, row.id, record)
    for name, value in filing.columns.items():
        setattr(row, name, value)
    context.session.execute(
        delete(MatchKeyRow)
        .where(MatchKeyRow.practice_id == context.practice_id, MatchKeyRow.person_id == row.id)
        .execution_options(synchronize_session=False)
    )
    match_index.file_keys(context.session, [(key, row.id) for key in filing.match_keys])


def person_row(context: Context, person_id: str) -> PersonRow:
    """The row of a person; NotFound for one of another practice or one that never existed."""
    row = context.session.get(PersonRow, (context.practice_id, person_id))
    if row is None or row.erased_at is not None:
        raise NotFound
    return row


def open_person(context: Context, person_id: str) -> Person:
    """Unseal one person."""
    return _open(context, person_row(context, person_id))


def open_people(context: Context, person_ids: Collection[str]) -> list[Person]:
    """Unseal several persons; erased ones are left out. KeyNotHeld where a key is destroyed."""
    if not person_ids:
        return []
    chain = context.keyring.chain_opener("person", "sealed")
    return [
        Person(one.person_id, one.pseudonym, _read(_opened(chain, one)), one.digest)
        for one in match_index.stored_records(context.session, person_ids)
    ]


def _opened(chain: ChainOpener, stored: StoredRecord) -> bytes:
    if stored.wrapped is None:
        raise KeyNotHeld(f"the key of person {stored.person_id} is destroyed")
    return chain.open(stored.wrapped, stored.sealed, stored.person_id)


def _open(context: Context, row: PersonRow) -> Person:
    raw = context.keyring.open(context.session, row.id, row.sealed, ("person", row.id, "sealed"))
    return Person(row.id, row.pseudonym, _read(raw), row.record_digest)


def _read(raw: bytes) -> PersonRecord:
    """What we sealed ourselves, and what opened, needs no strict reading."""
    return PersonRecord.from_json(orjson.loads(raw))


def full_name(person: Person) -> str:
    """The first name on record, as officers are shown it."""
    first = person.record.names[0] if person.record.names else None
    return f"{first.given} {first.family}".strip() if first else "no name recorded"


def record_digest(record: PersonRecord) -> bytes:
    """SHA-256 of the record: an identity verdict holds for the records it was given on."""
    return hashlib.sha256(canonical_bytes(record.to_json())).digest()


def _seal(context: Context, person_id: str, raw: bytes, column: str) -> bytes:
    return context.keyring.seal(context.session, person_id, raw, ("person", person_id, column))


def open_features(context: Context, person_ids: Collection[str]) -> dict[str, Features]:
    """What is compared of several people; erased ones are left out.

    Features of another normaliser are made anew, from the record.
    """
    if not person_ids:
        return {}
    chain = context.keyring.chain_opener("person", "sealed_features")
    found: dict[str, Features] = {}
    stale = []
    for person_id, wrapped, normaliser, sealed in match_index.stored_features(
        context.session, person_ids
    ):
        if sealed is None or wrapped is None or normaliser != NORMALISER:
            stale.append(person_id)
        else:
            found[person_id] = read_stored(orjson.loads(chain.open(wrapped, sealed, person_id)))
    found |= {one.id: normalise(one.record) for one in open_people(context, stale)}
    return found
