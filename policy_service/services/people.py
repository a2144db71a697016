"""Persons: sealed records under keys of their own, and the match keys they are found by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from policy_service.database.tables.people import MatchKeyRow, PersonRow
from policy_service.domain.people import PersonRecord
from policy_service.errors import NotFound
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.matching.hashed import HashedRecord, hash_record
from policy_service.matching.keys import KEYS_VERSION, match_texts
from policy_service.services.asked import file_asked_keys
from policy_service.services.context import Context
from policy_service.services.hashing import third_party_hash
from policy_service.services.touch import touch_new_people, touch_record

PLAIN, HASHED = "plain", "hashed"
UNNAMED = "someone in a clinician's contacts"
"""What a person is called of whom only hashes are kept."""

_PEOPLE = select(PersonRow).where(
    PersonRow.id.in_(bindparam("people", expanding=True)), PersonRow.erased_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Person:
    """An opened person. `pseudonym` is the subject reference of the audit log.

    Of a third party only `hashed` is kept; the record is then empty.
    """

    id: str
    pseudonym: str
    record: PersonRecord
    digest: bytes
    hashed: HashedRecord | None = None


def register(context: Context, record: PersonRecord, planned: Person | None = None) -> str:
    """Seal a new person under a new key and file the match keys; returns the person's id.

    `planned` gives the id and pseudonym that a read already handed out.
    """
    person_id = planned.id if planned else context.new_id()
    context.keyring.create_person_key(context.session, person_id)
    row = new_person_row(context, person_id, record, planned.pseudonym if planned else None)
    context.session.execute(insert(PersonRow), [row])
    _file_match_keys(context, person_id, record)
    touch_new_people(context, [person_id])
    return person_id


def new_person_row(
    context: Context, person_id: str, record: PersonRecord, pseudonym: str | None = None
) -> dict[str, Any]:
    """The row of a new person, sealed under a key that the keyring holds already."""
    return {
        "practice_id": context.practice_id,
        "id": person_id,
        "pseudonym": pseudonym or context.new_id(),
        "kept": PLAIN,
        "sealed": _seal(context, person_id, record),
        "record_digest": record_digest(record),
        "filed": KEYS_VERSION,
        "created_at": context.now,
    }


def register_hashed(context: Context, record: PersonRecord) -> str:
    """Keep a third party as keyed hashes only; returns the person's id.

    The match keys are those of everyone. People whom the record names are not kept.
    """
    person_id = context.new_id()
    context.keyring.create_person_key(context.session, person_id)
    context.session.execute(insert(PersonRow), [hashed_person_row(context, person_id, record)])
    _file_match_keys(context, person_id, replace(record, related=()))
    return person_id


def hashed_person_row(context: Context, person_id: str, record: PersonRecord) -> dict[str, Any]:
    """The row of a third party, sealed under a key that the keyring holds already."""
    return {
        "practice_id": context.practice_id,
        "id": person_id,
        "pseudonym": context.new_id(),
        "filed": KEYS_VERSION,
        "created_at": context.now,
        **hashed_columns(context, person_id, record),
    }


def hashed_columns(context: Context, person_id: str, record: PersonRecord) -> dict[str, Any]:
    """What is kept of a third party in place of the record."""
    body = hash_record(record, third_party_hash(context)).to_json()
    raw = canonical_bytes(body)
    place = ("person", person_id, "sealed")
    return {
        "kept": HASHED,
        "sealed": context.keyring.seal(context.session, person_id, raw, place),
        "record_digest": hashlib.sha256(raw).digest(),
    }


def replace_record(context: Context, person_id: str, record: PersonRecord) -> None:
    """Put a corrected or fuller record in place of the sealed one, and refile the match keys."""
    row = person_row(context, person_id)
    row.sealed = _seal(context, person_id, record)
    row.record_digest = record_digest(record)
    row.filed = KEYS_VERSION
    given_up = context.session.scalars(
        delete(MatchKeyRow)
        .where(MatchKeyRow.practice_id == context.practice_id, MatchKeyRow.person_id == person_id)
        .returning(MatchKeyRow.key)
        .execution_options(synchronize_session=False)
    ).all()
    kept = _file_match_keys(context, person_id, record)
    touch_record(context, person_id, set(given_up) - kept)


def person_row(context: Context, person_id: str) -> PersonRow:
    """The row of a person; NotFound for one of another practice or one that never existed."""
    row = context.session.get(PersonRow, (context.practice_id, person_id))
    if row is None or row.erased_at is not None:
        raise NotFound
    return row


def open_person(context: Context, person_id: str) -> Person:
    """Unseal one person."""
    return _open(context, person_row(context, person_id))


def open_people(context: Context, person_ids: list[str]) -> list[Person]:
    """Unseal several persons; erased ones are left out."""
    if not person_ids:
        return []
    context.keyring.load_person_keys(context.session, person_ids)
    rows = context.session.scalars(_PEOPLE, {"people": person_ids})
    return [_open(context, row) for row in rows]


def _open(context: Context, row: PersonRow) -> Person:
    raw = context.keyring.open(context.session, row.id, row.sealed, ("person", row.id, "sealed"))
    body: Any = parse_strict(raw)
    if row.kept == HASHED:
        hashed = HashedRecord.from_json(body)
        return Person(row.id, row.pseudonym, PersonRecord(), row.record_digest, hashed)
    return Person(row.id, row.pseudonym, PersonRecord.from_json(body), row.record_digest)


def full_name(person: Person) -> str:
    """The first name on record, as officers are shown it."""
    if person.hashed is not None:
        return UNNAMED
    first = person.record.names[0] if person.record.names else None
    return f"{first.given} {first.family}".strip() if first else "no name recorded"


def record_digest(record: PersonRecord) -> bytes:
    """SHA-256 of the record: an identity verdict holds for the records it was given on."""
    return hashlib.sha256(canonical_bytes(record.to_json())).digest()


def _seal(context: Context, person_id: str, record: PersonRecord) -> bytes:
    raw = canonical_bytes(record.to_json())
    return context.keyring.seal(context.session, person_id, raw, ("person", person_id, "sealed"))


def _file_match_keys(context: Context, person_id: str, record: PersonRecord) -> set[int]:
    """File what the person is found by, and what a check of the person asks for."""
    rows = match_key_rows(context, person_id, record)
    if rows:
        context.session.execute(insert(MatchKeyRow), rows)
    file_asked_keys(context, person_id, record)
    return {row["key"] for row in rows}


def match_key_rows(context: Context, person_id: str, record: PersonRecord) -> list[dict[str, Any]]:
    """The rows by which a record is found."""
    keys = {context.keyring.match_key(text.text) for text in match_texts(record)}
    return [
        {"practice_id": context.practice_id, "key": key, "person_id": person_id}
        for key in sorted(keys)
    ]
