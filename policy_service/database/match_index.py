"""The index by which people are found: who holds a key, and what is kept of them.

Written for each database by hand and given to the driver as it stands: a recognition may take two
milliseconds, and building a statement takes a tenth of one (`database.driver`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from policy_service.database.driver import Row, fetch
from policy_service.database.guard import practice_of, require_writing

_ID = 36
_FOUND = """
SELECT asked.value, (
  SELECT CASE WHEN count(*) > {most_many} THEN '' ELSE {joined} END FROM (
    SELECT person_id FROM match_key
    WHERE practice_id = {practice} AND match_key.key = asked.value LIMIT {most_many} + 1
  ) AS held
) FROM {asked_many}
UNION ALL
SELECT asked.value, (
  SELECT CASE WHEN count(*) > {most_few} THEN '' ELSE {joined} END FROM (
    SELECT person_id FROM match_key
    WHERE practice_id = {practice} AND match_key.key = asked.value LIMIT {most_few} + 1
  ) AS held
) FROM {asked_few}
UNION ALL
SELECT NULL, CAST(coalesce(sum(people), 0) AS text) FROM person_count
WHERE practice_id = {practice}
"""
_COUNTS = """
SELECT asked.value, (
  SELECT count(*) FROM match_key
  WHERE practice_id = {practice} AND match_key.key = asked.value
) FROM {asked_many}
"""
_STORED = """
SELECT person.id, person_key.wrapped, {columns}
FROM {{asked_people}}
{{join}} person ON person.practice_id = {{practice}} AND person.id = asked.value
{{join}} person_key ON person_key.practice_id = {{practice}} AND person_key.person_id = asked.value
WHERE person.erased_at IS NULL
"""
_COMPARED = "CASE WHEN person.kept = 'hashed' THEN person.sealed ELSE person.sealed_features END"
_FEATURES = _STORED.format(columns=f"{_COMPARED}, person.kept, person.normaliser")
_RECORDS = _STORED.format(
    columns="person.sealed, person.kept, person.pseudonym, person.record_digest"
)
_SKETCHES = """
SELECT person.id, CASE WHEN person.normaliser = {normaliser} THEN person.sketch END
FROM {asked_people}
{join} person ON person.practice_id = {practice} AND person.id = asked.value
WHERE person.erased_at IS NULL
"""
_TABLES = ("match_key", "asked_key")
_FILE = {
    "sqlite": "INSERT INTO {} (practice_id, key, person_id) VALUES (?, ?, ?)",
    "postgresql": (
        "INSERT INTO {} (practice_id, key, person_id) "
        "SELECT %(practice)s, filed.key, filed.person_id "
        "FROM unnest(%(keys)s::bigint[], %(people)s::text[]) AS filed(key, person_id)"
    ),
}
_POPULATION = """
SELECT coalesce(sum(people), 0) FROM person_count WHERE practice_id = {practice}
"""
_COUNT_MORE = """
INSERT INTO person_count (practice_id, part, people) VALUES ({practice}, {part}, {more})
ON CONFLICT (practice_id, part) DO UPDATE SET people = person_count.people + excluded.people
"""
_BORNE = """
SELECT frequency.key, frequency.count FROM {asked_many}
{join} frequency ON frequency.practice_id = {practice}
  AND frequency.measurement = {measurement} AND frequency.key = asked.value
"""
_VALUES = ("practice", "most_many", "most_few", "part", "more", "measurement", "normaliser")
_SPELLINGS = {
    "sqlite": {
        **{name: f":{name}" for name in _VALUES},
        **{f"asked_{name}": f"json_each(:{name}) AS asked" for name in ("many", "few", "people")},
        "join": "CROSS JOIN",  # keeps the order: the few who are asked for come first
        "joined": "group_concat(person_id, '')",
    },
    "postgresql": {
        **{name: f"%({name})s" for name in _VALUES},
        **{
            f"asked_{name}": f"unnest(%({name})s::{kind}[]) AS asked(value)"
            for name, kind in (("many", "bigint"), ("few", "bigint"), ("people", "text"))
        },
        "join": "JOIN",
        "joined": "string_agg(person_id, '')",
    },
}


class Limits(NamedTuple):
    """More holders than this, and a key finds nobody: for most keys, and for those that are few
    because only a rare value is worth asking for."""

    many: int
    few: int


class Found(NamedTuple):
    """The holders of each key that anybody holds, None where too many do; the size of the
    practice, at least 1."""

    holders: dict[int, list[str] | None]
    people: int


class StoredFeatures(NamedTuple):
    """What is opened of every candidate: features, or the hashes kept of a third party.

    `sealed` is None where no features were kept.
    """

    person_id: str
    wrapped: bytes | None
    sealed: bytes | None
    kept: str
    normaliser: int | None


class StoredRecord(NamedTuple):
    """What is opened of a person who is shown."""

    person_id: str
    wrapped: bytes | None
    sealed: bytes
    kept: str
    pseudonym: str
    digest: bytes


Stored = StoredFeatures | StoredRecord


def find(session: Session, many: Sequence[int], few: Sequence[int], limits: Limits) -> Found:
    """Who holds each key; `few` are the keys that only find people while few hold them."""
    values = {"many": many, "few": few, "most_many": limits.many, "most_few": limits.few}
    *rows, (_, people) = _rows(session, _FOUND, values)
    holders = {key: _ids(joined) for key, joined in rows if joined is not None}
    return Found(holders, max(int(people), 1))


def _ids(joined: str) -> list[str] | None:
    return [joined[at : at + _ID] for at in range(0, len(joined), _ID)] or None


def population(session: Session) -> int:
    """How many persons the practice holds, erased ones included."""
    ((people,),) = _rows(session, _POPULATION, {})
    return int(people)


def counts(session: Session, keys: Collection[int]) -> dict[int, int]:
    """How many people hold each key."""
    return dict(_rows(session, _COUNTS, {"many": list(keys)})) if keys else {}


def value_counts(session: Session, measurement: int, keys: Collection[int]) -> dict[int, int]:
    """How many people bore each value when it was counted; those that nobody bore are left out."""
    asked = {"many": list(keys), "measurement": measurement}
    return dict(_rows(session, _BORNE, asked)) if keys else {}


def sketches(
    session: Session, person_ids: Collection[str], normaliser: int
) -> list[tuple[str, bytes | None]]:
    """The sealed sketches of these people, None where none was made of what `normaliser` makes;
    erased people are left out."""
    asked = {"people": list(person_ids), "normaliser": normaliser}
    return [(person_id, sealed) for person_id, sealed in _rows(session, _SKETCHES, asked)]


def stored_features(session: Session, person_ids: Iterable[str]) -> list[StoredFeatures]:
    """The features of these people, as they are kept; erased people are left out."""
    found = _rows(session, _FEATURES, {"people": list(person_ids)})
    return [StoredFeatures(*row) for row in found]


def stored_records(session: Session, person_ids: Iterable[str]) -> list[StoredRecord]:
    """The records of these people, as they are kept; erased people are left out."""
    found = _rows(session, _RECORDS, {"people": list(person_ids)})
    return [StoredRecord(*row) for row in found]


def file_keys(session: Session, table: str, pairs: Collection[tuple[int, str]]) -> None:
    """File pairs of key and person id as `match_key` or `asked_key`; in order of key, so that
    neighbours share a page."""
    if table not in _TABLES:
        raise ValueError(f"table: {' or '.join(_TABLES)}, not {table!r}")
    require_writing(session)
    practice, connection = practice_of(session), session.connection()
    ordered = sorted(pairs)
    if not ordered:
        return
    statement = _FILE[connection.dialect.name].format(table)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(statement, [(practice, *pair) for pair in ordered])
        return
    keys, people = zip(*ordered, strict=True)
    values = {"practice": practice, "keys": list(keys), "people": list(people)}
    connection.exec_driver_sql(statement, values)


def count_people(session: Session, person_ids: Sequence[str]) -> None:
    """Count these new persons; in the order of the parts, so that two who count never deadlock."""
    require_writing(session)
    connection = session.connection()
    statement = _spelt(_COUNT_MORE)[connection.dialect.name]
    for part, people in sorted(Counter(person_id[0] for person_id in person_ids).items()):
        values = {"practice": practice_of(session), "part": part, "more": people}
        connection.exec_driver_sql(statement, values)


@cache
def _spelt(statement: str) -> dict[str, str]:
    return {dialect: statement.format(**names) for dialect, names in _SPELLINGS.items()}


def _rows(session: Session, statement: str, values: Mapping[str, Any]) -> list[Row]:
    return fetch(session, _spelt(statement), values)
