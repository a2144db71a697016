"""The index by which people are found: who holds a key, and what is compared of them.

Written for each database by hand and given to the driver as it stands: a recognition may take two
milliseconds, and building a statement takes a tenth of one. Each statement names the practice
of its session, as the guard would (`guard.practice_of` raises without one).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of, require_writing

_ID = 36
_HOLDERS = """
SELECT asked.value, (
  SELECT CASE WHEN count(*) > {most} THEN '' ELSE {joined} END FROM (
    SELECT person_id FROM match_key
    WHERE practice_id = {practice} AND match_key.key = asked.value LIMIT {most} + 1
  ) AS held
) FROM {asked}
"""
_COUNTS = """
SELECT asked.value, (
  SELECT count(*) FROM match_key
  WHERE practice_id = {practice} AND match_key.key = asked.value
) FROM {asked}
"""
_FEATURES = """
SELECT person.id, person_key.wrapped, person.normaliser, person.sealed_features
FROM {asked}
{join} person ON person.practice_id = {practice} AND person.id = asked.value
{join} person_key ON person_key.practice_id = {practice} AND person_key.person_id = asked.value
WHERE person.erased_at IS NULL
"""
_FILE = {
    "sqlite": "INSERT INTO match_key (practice_id, key, person_id) VALUES (?, ?, ?)",
    "postgresql": (
        "INSERT INTO match_key (practice_id, key, person_id) "
        "SELECT %(practice)s, filed.key, filed.person_id "
        "FROM unnest(%(keys)s::bigint[], %(people)s::text[]) AS filed(key, person_id)"
    ),
}
_COUNT_MORE = """
INSERT INTO person_count (practice_id, part, people) VALUES ({practice}, {part}, {people})
ON CONFLICT (practice_id, part) DO UPDATE SET people = person_count.people + excluded.people
"""
_POPULATION = "SELECT coalesce(sum(people), 0) FROM person_count WHERE practice_id = {practice}"
_SPELLINGS = {
    "sqlite": {
        "practice": ":practice",
        "part": ":part",
        "people": ":people",
        "most": ":most",
        "asked": "json_each(:asked) AS asked",
        "join": "CROSS JOIN",  # keeps the order: the few who are asked for come first
        "joined": "group_concat(person_id, '')",
    },
    "postgresql": {
        "practice": "%(practice)s",
        "join": "JOIN",
        "part": "%(part)s",
        "people": "%(people)s",
        "most": "%(most)s",
        "joined": "string_agg(person_id, '')",
    },
}


class Stored(NamedTuple):
    """What is opened of a candidate. `sealed` is None where no features were kept."""

    person_id: str
    wrapped: bytes | None
    normaliser: int | None
    sealed: bytes | None


def holders(session: Session, keys: Collection[int], most: int) -> dict[int, list[str] | None]:
    """Who holds each key that anybody holds; None for a key that more than `most` people hold."""
    found = _rows(session, _HOLDERS, "bigint", list(keys), most=most)
    return {key: _ids(joined) for key, joined in found if joined is not None}


def _ids(joined: str) -> list[str] | None:
    return [joined[at : at + _ID] for at in range(0, len(joined), _ID)] or None


def counts(session: Session, keys: Collection[int]) -> dict[int, int]:
    """How many people hold each key."""
    return dict(_rows(session, _COUNTS, "bigint", list(keys)) if keys else ())


def stored_features(session: Session, person_ids: Sequence[str]) -> list[Stored]:
    """The features of these people, as they are kept; erased people are left out."""
    if not person_ids:
        return []
    return [Stored(*row) for row in _rows(session, _FEATURES, "text", list(person_ids))]


def population(session: Session) -> int:
    """How many persons the practice holds, at least 1."""
    ((people,),) = _rows(session, _POPULATION, "", [])
    return max(int(people), 1)


def file_keys(session: Session, pairs: Collection[tuple[int, str]]) -> None:
    """File pairs of key and person id; in order of key, so that neighbours share a page."""
    require_writing(session)
    practice, connection = practice_of(session), session.connection()
    ordered = sorted(pairs)
    if not ordered:
        return
    statement = _FILE[connection.dialect.name]
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
    spelling = dict(_SPELLINGS[connection.dialect.name])
    statement = _COUNT_MORE.format(**spelling)
    for part, people in sorted(Counter(person_id[0] for person_id in person_ids).items()):
        values = {"practice": practice_of(session), "part": part, "people": people}
        connection.exec_driver_sql(statement, values)


def _rows(
    session: Session, statement: str, kind: str, asked: list[Any], **more: int
) -> Sequence[Any]:
    connection = session.connection()
    name = connection.dialect.name
    spelling = dict(_SPELLINGS[name])
    spelling.setdefault("asked", f"unnest(%(asked)s::{kind}[]) AS asked(value)")
    given = asked if name == "postgresql" else json.dumps(asked)
    values = {"practice": practice_of(session), "asked": given, **more}
    return connection.exec_driver_sql(statement.format(**spelling), values).fetchall()
