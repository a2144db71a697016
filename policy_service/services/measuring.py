"""Measure a practice's own people: how strangers agree, and how common each value is.

People are read in batches, each under its own snapshot, and counts are written in short steps, so
that the service goes on; memory holds one batch, a bounded table of counts and a sample of people.
Nothing that was counted can be read back: values are stored under keyed hashes, and what strangers
showed is numbers. From the commit of the entry on the practice decides by what was measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import func, select

from policy_service.audit.log import Owned
from policy_service.database import match_index
from policy_service.database.tables.matching import MatchMeasurementRow
from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.principals import Principal
from policy_service.ledger.canonical import canonical_bytes
from policy_service.matching.frequencies import Frequencies, features_values
from policy_service.matching.hypotheses import Scales
from policy_service.matching.measured_model import is_enough, measured_model
from policy_service.matching.normalise import Features
from policy_service.matching.strangers import (
    StrangerCounts,
    count_strangers,
    judge_strangers,
    random_pairs,
)
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.frequency_counts import FrequencyTable
from policy_service.services.match_models import hold_head, put_in_use
from policy_service.services.population import batches_of_people

MEASURED = "matching.measured"
SAMPLE = 4_000
"""People whose pairs are weighed; more of them would only take memory."""
PAIRS = 400_000
JUDGED = 100_000
"""Pairs that are judged once more, by what was measured."""
_VALUES_AT_ONCE = 1_000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it: `values` frequencies were kept, `digest` is that of the measured table.

    `replaces_u` False: too few people or pairs, so the model keeps its own chances.
    """

    number: int
    people: int
    values: int
    counts: StrangerCounts
    replaces_u: bool
    digest: str
    model: str


@dataclass(slots=True)
class _Sample:
    """People drawn evenly from all who pass by, in memory that does not grow with them."""

    random: Random
    pairs: int
    people: int = 0
    drawn: list[tuple[str, Features]] = field(default_factory=list)

    def see(self, person_id: str, features: Features) -> None:
        """Draw the person, or not."""
        self.people += 1
        if len(self.drawn) < SAMPLE:
            self.drawn.append((person_id, features))
        elif (place := self.random.randrange(self.people)) < SAMPLE:
            self.drawn[place] = person_id, features


def measure_practice(
    desk: Desk, principal: Principal, progress: Progress, pairs: int = PAIRS
) -> Measured:
    """Count everybody's values, weigh random pairs, and put what was found in use.

    The pairs are drawn by the number of the measurement, so that the same people would give the
    same table.
    """
    number = _begin(desk, principal)
    sample = _Sample(Random(number), pairs)  # noqa: S311 - a sample, not a secret
    table = FrequencyTable(desk, principal, number)
    for batch in batches_of_people(desk, principal):
        for person_id, features in batch:
            sample.see(person_id, features)
            table.add(features_values(features))
        progress(f"{sample.people} people counted")
    values = table.finish()
    progress(f"{values} frequencies kept; weighing {pairs} random pairs")
    counts = _strangers(desk, principal, sample, number)
    with desk.writing(principal) as context:
        measured = _finish(context, number, sample.people, values, counts)
    table.drop_older()
    return measured


def _begin(desk: Desk, principal: Principal) -> int:
    """Take the next number; two at once cannot have the same."""
    with desk.writing(principal) as context:
        mine = MatchMeasurementRow.practice_id == context.practice_id
        newest = context.session.scalar(select(func.max(MatchMeasurementRow.number)).where(mine))
        row = MatchMeasurementRow(
            practice_id=context.practice_id,
            number=(newest or 0) + 1,
            started_at=context.now,
            started_by=principal.actor_ref,
            people=0,
        )
        context.session.add(row)
        context.session.flush()
        return row.number


def _strangers(desk: Desk, principal: Principal, sample: _Sample, number: int) -> StrangerCounts:
    """The levels of random pairs, by the shipped model's bands and without any frequencies; then
    how many pairs would be flagged by what was measured."""
    places = {person_id: place for place, (person_id, _) in enumerate(sample.drawn)}
    people = [features for _, features in sample.drawn]
    total = max(sample.people, 1)
    with desk.reading(principal) as context:
        known, shipped = _known_pairs(context, places), context.models.shipped
        borne = _borne(context, number, people)
    drawn = random_pairs(len(people), sample.pairs, sample.random)
    counts = count_strangers(people, drawn, known, Scales(shipped, Frequencies(total)))
    enough = is_enough(sample.people, counts)
    model = measured_model(shipped, number, counts) if enough else shipped
    drawn = random_pairs(len(people), min(sample.pairs, JUDGED), sample.random)
    scales = Scales(model, Frequencies(total, borne))
    counts.bands = judge_strangers(people, drawn, known, scales)
    counts.judged = counts.bands.total()
    return counts


def _borne(context: Context, number: int, people: Sequence[Features]) -> dict[str, int]:
    """How many bear each value of the sample; one that was not kept is borne once."""
    values = sorted({value for features in people for value in features_values(features)})
    found: dict[str, int] = {}
    for start in range(0, len(values), _VALUES_AT_ONCE):
        chunk = values[start : start + _VALUES_AT_ONCE]
        keys = [context.keyring.frequency_key(value) for value in chunk]
        counts = match_index.value_counts(context.session, number, keys)
        found |= {value: counts.get(key, 1) for value, key in zip(chunk, keys, strict=True)}
    return found


def _known_pairs(context: Context, places: dict[str, int]) -> frozenset[tuple[int, int]]:
    """Pairs of the sample that a tie or an officer's verdict joins: no strangers."""
    ties = select(TieRow.from_person_id, TieRow.to_person_id)
    judged = select(IdentityVerdictRow.person_a, IdentityVerdictRow.person_b).where(
        IdentityVerdictRow.verdict != "different"
    )
    found = set()
    for statement in (ties, judged):
        for one, other in context.session.execute(statement):
            if one in places and other in places and one != other:
                found.add(_in_order(places[one], places[other]))
    return frozenset(found)


def _in_order(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _finish(
    context: Context, number: int, people: int, values: int, counts: StrangerCounts
) -> Measured:
    """The row, the head, the entry and the re-screen: one transaction."""
    row = context.session.get_one(MatchMeasurementRow, (context.practice_id, number))
    document = canonical_bytes({"people": people, "strangers": counts.to_json()})
    row.finished_at, row.people, row.document = context.now, people, document
    row.digest = hashlib.sha256(document).hexdigest()
    context.session.flush()
    head = hold_head(context)
    head.counted, head.people = number, people
    replaces_u = is_enough(people, counts)
    model = put_in_use(context, head, number if replaces_u else head.measurement)
    measured = Measured(number, people, values, counts, replaces_u, row.digest, model.digest)
    row.entry_id = context.log(MEASURED, {"measurement": Owned(_said(measured))}).id
    return measured


def _said(measured: Measured) -> dict[str, Any]:
    counts = measured.counts
    return {
        "number": measured.number,
        "people": measured.people,
        "frequencies": measured.values,
        "pairs": counts.pairs,
        "related": counts.related,
        "table": measured.digest,
        "replaces_u": measured.replaces_u,
        "model": measured.model,
    }


def measurements(context: Context) -> Sequence[MatchMeasurementRow]:
    """Every measurement begun here, oldest first."""
    mine = MatchMeasurementRow.practice_id == context.practice_id
    rows = select(MatchMeasurementRow).where(mine).order_by(MatchMeasurementRow.number)
    return context.session.scalars(rows).all()
