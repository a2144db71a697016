"""Samples of a practice's own people. Ids are random, so any place to begin is an even draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from policy_service.database.tables.people import PLAIN, PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.matching.quality import remarks
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.people import Person, open_people
from policy_service.services.population import BEFORE_ALL
from policy_service.services.recognition import Identification, identify

QUALITY_SAMPLE = 2_000
_BATCH = 200
_PLAIN = (
    PersonRow.practice_id == bindparam("practice"),
    PersonRow.kept == PLAIN,
    PersonRow.erased_at.is_(None),
    PersonRow.merged_into.is_(None),
)
_CLIENTS = select(ClientRow.person_id).where(
    ClientRow.practice_id == bindparam("practice"),
    ClientRow.merged_into.is_(None),
    ClientRow.person_id > bindparam("after"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Clients to be asked about as if they came anew, with whom they are not compared."""

    clients: tuple[tuple[Person, frozenset[str]], ...]


def population_of(context: Context) -> int:
    """The people who are known: not erased, and not merged into another."""
    mine = select(func.count()).where(
        PersonRow.practice_id == context.practice_id,
        PersonRow.erased_at.is_(None),
        PersonRow.merged_into.is_(None),
    )
    return context.session.scalar(mine.select_from(PersonRow)) or 0


def sample_of(context: Context, most: int) -> Sample:
    """Up to `most` clients; the same ones on one day, so that a repeated report is the same."""
    draw = Random(context.today.toordinal())  # noqa: S311 - a sample, not a secret
    begin = str(UUID(int=draw.getrandbits(128)))
    ids = _some(context, begin, most)
    ids += [one for one in _some(context, BEFORE_ALL, most - len(ids)) if one not in set(ids)]
    people = open_people(context, ids)
    return Sample(
        tuple(
            (person, frozenset({person.id, *merged_with(context, [person.id])}))
            for person in sorted(people, key=lambda person: person.id)
        )
    )


def _some(context: Context, after: str, most: int) -> list[str]:
    asked = {"practice": context.practice_id, "after": after}
    statement = _CLIENTS.order_by(ClientRow.person_id).limit(max(most, 0))
    return list(context.session.scalars(statement, asked))


def identify_sample(context: Context, sample: Sample) -> list[Identification]:
    """What recognition says of each, by the path of a check."""
    return [identify(context, person.record, own) for person, own in sample.clients]


def quality_of(context: Context, draw: Random) -> dict[str, Any]:
    """What was stated and could not be used, by warning, over a sample of the people."""
    begin = str(UUID(int=draw.getrandbits(128)))
    warnings: Counter[str] = Counter()
    seen = 0
    for ids in _batches(context, begin):
        for person in open_people(context, ids):
            seen += 1
            warnings.update({remark.kind for remark in remarks(person.record)})
        context.keyring.forget_people()
    return {"people": seen, "warnings": dict(sorted(warnings.items()))}


def _batches(context: Context, begin: str) -> list[list[str]]:
    asked = {"practice": context.practice_id}
    ids = select(PersonRow.id).where(*_PLAIN).order_by(PersonRow.id).limit(QUALITY_SAMPLE)
    drawn = list(context.session.scalars(ids.where(PersonRow.id > begin), asked))
    if len(drawn) < QUALITY_SAMPLE:
        first = context.session.scalars(ids.where(PersonRow.id <= begin), asked)
        drawn += list(first)[: QUALITY_SAMPLE - len(drawn)]
    return [drawn[start : start + _BATCH] for start in range(0, len(drawn), _BATCH)]
