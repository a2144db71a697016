"""Persons: sealed records under keys of their own, and the match keys they are found by."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import delete, insert

from policy_service.database import match_index
from policy_service.database.match_index import Stored
from policy_service.database.tables.people import (
    HASHED,
    PLAIN,
    MatchKeyRow,
    PersonKeyRow,
    PersonRow,
)
from policy_service.domain.people import PersonRecord
from policy_service.errors import Erased, NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.matching.bounds import Prospects
from policy_service.matching.filing import FILING
from policy_service.matching.hashed import HashedRecord, hash_record
from policy_service.matching.keys import features_texts, match_texts
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.sketches import read_sketch, sketch_of
from policy_service.matching.stored import NORMALISER, read_stored, stored_form
from policy_service.services.asked import asked_keys, file_asked_keys
from policy_service.services.context import Context
from policy_service.services.hashing import third_party_hash
from policy_service.services.touch import touch_new_people, touch_record
from policy_service.vault.errors import KeyNotHeld
from policy_service.vault.sealing import ChainOpener

UNNAMED = "someone in a clinician's contacts"
"""What a person is called of whom only hashes are kept."""


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
    pseudonym = planned.pseudonym if planned else None
    insert_people(context, [new_person(context, person_id, record, pseudonym)])
    touch_new_people(context, [person_id])
    return person_id


@dataclass(frozen=True, slots=True)
class NewPerson:
    """The rows of a person who is to be registered; everything is sealed already."""

    person: dict[str, Any]
    person_key: dict[str, Any]
    match_keys: Set[int]
    asked_keys: Set[int]


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
    return NewPerson(row, person_key, filing.match_keys, asked_keys(context, record))


def insert_people(context: Context, people: Sequence[NewPerson]) -> None:
    """Write new persons, a few statements for all of them."""
    if not people:
        return
    insert_rows(context, people)
    ids = [one.person["id"] for one in people]
    for table, keys in (
        ("match_key", [one.match_keys for one in people]),
        ("asked_key", [one.asked_keys for one in people]),
    ):
        pairs = [(key, own) for own, held in zip(ids, keys, strict=True) for key in held]
        match_index.file_keys(context.session, table, pairs)


def insert_rows(context: Context, people: Sequence[NewPerson]) -> None:
    """Write new persons whom nothing finds yet: the caller must file their keys."""
    session = context.session
    session.execute(insert(PersonKeyRow), [one.person_key for one in people])
    session.execute(insert(PersonRow), [one.person for one in people])
    match_index.count_people(session, [one.person["id"] for one in people])


def register_hashed(context: Context, record: PersonRecord) -> str:
    """Keep a third party as keyed hashes only; returns the person's id.

    The match keys are those of everyone. People whom the record names are not kept.
    """
    person_id = context.new_id()
    context.keyring.create_person_key(context.session, person_id)
    context.session.execute(insert(PersonRow), [hashed_person_row(context, person_id, record)])
    match_index.count_people(context.session, [person_id])
    _file_match_keys(context, person_id, replace(record, related=()))
    touch_new_people(context, [person_id])
    return person_id


def hashed_person_row(context: Context, person_id: str, record: PersonRecord) -> dict[str, Any]:
    """The row of a third party, sealed under a key that the keyring holds already."""
    return {
        "practice_id": context.practice_id,
        "id": person_id,
        "pseudonym": context.new_id(),
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
        "filed": FILING,
        "sealed": context.keyring.seal(context.session, person_id, raw, place),
        "record_digest": hashlib.sha256(raw).digest(),
    }


def replace_record(context: Context, person_id: str, record: PersonRecord) -> None:
    """Put a corrected or fuller record in place of the sealed one, and refile the match keys."""
    row = person_row(context, person_id)
    filing = _filing(context, row.id, record)
    for name, value in filing.columns.items():
        setattr(row, name, value)
    file_asked_keys(context, person_id, record)
    replace_match_keys(context, person_id, filing.match_keys)


def replace_match_keys(context: Context, person_id: str, match_keys: Set[int]) -> None:
    """From now on the person is found by these; whoever met the person by the others is touched."""
    given_up = context.session.scalars(
        delete(MatchKeyRow)
        .where(MatchKeyRow.practice_id == context.practice_id, MatchKeyRow.person_id == person_id)
        .returning(MatchKeyRow.key)
        .execution_options(synchronize_session=False)
    ).all()
    match_index.file_keys(context.session, "match_key", [(key, person_id) for key in match_keys])
    touch_record(context, person_id, set(given_up) - match_keys)


@dataclass(frozen=True, slots=True)
class Filing:
    """What follows from a record: the columns of its row, and the keys it is found by."""

    columns: dict[str, Any]
    match_keys: Set[int]


def _filing(context: Context, person_id: str, record: PersonRecord) -> Filing:
    """A record sealed anew, and how it is filed."""
    raw = record_bytes(record)
    kept = {
        "kept": PLAIN,
        "sealed": _seal(context, person_id, raw, "sealed"),
        "record_digest": hashlib.sha256(raw).digest(),
    }
    filing = filing_of(context, person_id, record)
    return Filing(kept | filing.columns, filing.match_keys)


def filing_of(context: Context, person_id: str, record: PersonRecord) -> Filing:
    """How a record is filed by this release: its features, and its keys."""
    features = normalise(record)
    compared = orjson.dumps(stored_form(features))
    columns = {
        "sealed_features": _seal(context, person_id, compared, "sealed_features"),
        "sketch": context.keyring.seal_sketch(person_id, sketch_of(features)),
        "normaliser": NORMALISER,
        "filed": FILING,
    }
    match_key = context.keyring.match_key
    return Filing(columns, {match_key(one.text) for one in features_texts(features)})


def person_row(context: Context, person_id: str) -> PersonRow:
    """The row of a person; NotFound for one of another practice or one that never existed.

    Erased, a NotFound of its own, for one who was: that nothing is known is no clear answer.
    """
    row = context.session.get(PersonRow, (context.practice_id, person_id))
    if row is None:
        raise NotFound
    if row.erased_at is not None:
        raise Erased
    return row


def open_person(context: Context, person_id: str) -> Person:
    """Unseal one person."""
    return _open(context, person_row(context, person_id))


def open_people(context: Context, person_ids: Collection[str]) -> list[Person]:
    """Unseal several persons; erased ones are left out. KeyNotHeld where a key is destroyed."""
    if not person_ids:
        return []
    chain = context.keyring.chain_opener("person", "sealed")
    found = []
    for one in match_index.stored_records(context.session, person_ids):
        raw = _opened(chain, one)
        found.append(_person(one.person_id, one.pseudonym, one.digest, (raw, one.kept)))
    return found


def open_compared(
    context: Context, person_ids: Collection[str]
) -> dict[str, Features | HashedRecord]:
    """What is compared of several people; erased ones are left out.

    Features of another normaliser are made anew, from the record.
    """
    plain = context.keyring.chain_opener("person", "sealed_features")
    hashed = context.keyring.chain_opener("person", "sealed")
    found: dict[str, Features | HashedRecord] = {}
    stale = []
    for one in match_index.stored_features(context.session, person_ids) if person_ids else ():
        if one.kept == HASHED:
            found[one.person_id] = HashedRecord.from_json(orjson.loads(_opened(hashed, one)))
        elif one.sealed is None or one.normaliser != NORMALISER:
            stale.append(one.person_id)
        else:
            found[one.person_id] = read_stored(orjson.loads(_opened(plain, one)))
    return found | {one.id: normalise(one.record) for one in open_people(context, stale)}


def promising(context: Context, person_ids: Collection[str], prospects: Prospects) -> list[str]:
    """Those of whom something may be said: the others' sketches rule it out."""
    if not person_ids:
        return []
    opener, may_matter = context.keyring.sketch_opener(), prospects.may_matter
    found = []
    for person_id, sealed in match_index.sketches(context.session, person_ids, NORMALISER):
        sketch = read_sketch(opener.open(sealed, person_id)) if sealed else None
        if sketch is None or may_matter(sketch):
            found.append(person_id)
    return found


def _opened(chain: ChainOpener, stored: Stored) -> bytes:
    if stored.wrapped is None or stored.sealed is None:
        raise KeyNotHeld(f"the key of person {stored.person_id} is destroyed")
    return chain.open(stored.wrapped, stored.sealed, stored.person_id)


def _open(context: Context, row: PersonRow) -> Person:
    raw = context.keyring.open(context.session, row.id, row.sealed, ("person", row.id, "sealed"))
    return _person(row.id, row.pseudonym, row.record_digest, (raw, row.kept))


def _person(person_id: str, pseudonym: str, digest: bytes, opened: tuple[bytes, str]) -> Person:
    """What we sealed ourselves, and what opened, needs no strict reading."""
    raw, kept = opened
    body = orjson.loads(raw)
    if kept == HASHED:
        return Person(person_id, pseudonym, PersonRecord(), digest, HashedRecord.from_json(body))
    return Person(person_id, pseudonym, PersonRecord.from_json(body), digest)


def full_name(person: Person) -> str:
    """The first name on record, as officers are shown it."""
    if person.hashed is not None:
        return UNNAMED
    first = person.record.names[0] if person.record.names else None
    return f"{first.given} {first.family}".strip() if first else "no name recorded"


def record_digest(record: PersonRecord) -> bytes:
    """SHA-256 of the record: an identity verdict holds for the records it was given on."""
    return hashlib.sha256(record_bytes(record)).digest()


def record_bytes(record: PersonRecord) -> bytes:
    """The canonical JSON of a record; its texts are clean, so a quick writer gives the same."""
    return orjson.dumps(record.to_json(), option=orjson.OPT_SORT_KEYS)


def _seal(context: Context, person_id: str, raw: bytes, column: str) -> bytes:
    return context.keyring.seal(context.session, person_id, raw, ("person", person_id, column))


def _file_match_keys(context: Context, person_id: str, record: PersonRecord) -> None:
    """File what the person is found by, and what a check of the person asks for."""
    pairs = [(key, person_id) for key in match_keys_of(context, record)]
    match_index.file_keys(context.session, "match_key", pairs)
    file_asked_keys(context, person_id, record)


def match_key_rows(context: Context, person_id: str, record: PersonRecord) -> list[dict[str, Any]]:
    """The rows by which a record is found."""
    return [
        {"practice_id": context.practice_id, "key": key, "person_id": person_id}
        for key in sorted(match_keys_of(context, record))
    ]


def match_keys_of(context: Context, record: PersonRecord) -> set[int]:
    """The keys by which a record is found."""
    return {context.keyring.match_key(text.text) for text in match_texts(record)}
