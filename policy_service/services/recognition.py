"""Who is this person? Match keys find candidates, the scorer compares them, officers outrank it.

Recognition is not replayed: its result is an input fact of the decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from policy_service.database.tables.people import MatchKeyRow, PersonRow
from policy_service.domain.people import PersonRecord
from policy_service.matching.bands import Band
from policy_service.matching.frequencies import frequency_texts
from policy_service.matching.hashed import HashedRecord
from policy_service.matching.hypotheses import Hypothesis
from policy_service.matching.keys import match_texts
from policy_service.matching.probing import frequencies as held_by
from policy_service.matching.probing import probe, ranked
from policy_service.matching.recognition import Comparison, Recognised, recognise
from policy_service.services.context import Context
from policy_service.services.frequencies import frequencies
from policy_service.services.hashing import hashed_comparer
from policy_service.services.people import Person, open_people, record_digest
from policy_service.services.steps import holders_counted, people_counted
from policy_service.services.verdicts import Judgements, judgements_on

_KEYS = (
    MatchKeyRow.practice_id == bindparam("practice"),
    MatchKeyRow.key.in_(bindparam("keys", expanding=True)),
)
_COUNTS = select(MatchKeyRow.key, func.count()).where(*_KEYS).group_by(MatchKeyRow.key)
_HOLDERS = select(MatchKeyRow.key, MatchKeyRow.person_id).where(*_KEYS)
_POPULATION = (
    select(func.count())
    .select_from(PersonRow)
    .where(PersonRow.practice_id == bindparam("practice"))
)


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate. `verdict` is an officer's word, which outranks the comparison."""

    person: Person
    comparison: Comparison
    verdict: str | None = None
    relation: str | None = None

    @property
    def is_same(self) -> bool:
        """A fact: an officer said so, or the comparison is certain."""
        if self.verdict is not None:
            return self.verdict == "same"
        comparison = self.comparison
        return comparison.hypothesis is Hypothesis.SELF and comparison.band is Band.CERTAIN

    @property
    def may_be_same(self) -> bool:
        """A question worth a case: probably the same person, and nobody has decided."""
        sure = (Band.CERTAIN, Band.PROBABLE)
        return self.verdict is None and not self.is_same and self.comparison.identity in sure

    @property
    def may_be_kin(self) -> bool:
        """A question worth a case: probably kin or of one household, and nobody has decided."""
        comparison = self.comparison
        is_sure = comparison.band in (Band.CERTAIN, Band.PROBABLE)
        return self.verdict is None and comparison.hypothesis is Hypothesis.KIN and is_sure


@dataclass(frozen=True, slots=True)
class Identification:
    """What recognition found, and what it could not look at."""

    matches: tuple[Match, ...] = ()
    missing: tuple[str, ...] = ()
    skipped_keys: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def is_comparable(self) -> bool:
        """True when an empty answer means that nobody known was found."""
        return not (self.missing or self.skipped_keys)


def identify(context: Context, record: PersonRecord, exclude: Collection[str]) -> Identification:
    """Find the known persons who may be, or be kin to, the person of this record."""
    texts = {context.keyring.match_key(text.text): text for text in match_texts(record)}
    exact = _key_counts(context, list(texts))
    counts = {key: holders_counted(count) for key, count in exact.items()}
    probes = probe(texts, counts)
    total = people_counted(population(context))
    held = _holders(context, list(probes.usable), frozenset(exclude))
    ranking = ranked(held, counts, total, context.model.candidates)
    judgements = judgements_on(context, record_digest(record))
    best = dict(ranking.best)
    for person_id, _digest in judgements:  # whoever was judged is looked at whatever is shared
        if person_id not in exclude:
            best.setdefault(person_id, 0)
    people = {person.id: person for person in open_people(context, list(best))}
    result = recognise(
        record,
        ((ref, _kept(people[ref]), held) for ref, held in best.items() if ref in people),
        frequencies(context, frequency_texts(record), held_by(texts, counts, total)),
        context.model,
        hashed_comparer(context),
    )
    return Identification(
        matches=tuple(_judged(found, people[found.ref], judgements) for found in result.candidates),
        missing=result.missing,
        skipped_keys=probes.skipped,
        left_out=ranking.left_out,
    )


def _kept(person: Person) -> PersonRecord | HashedRecord:
    return person.record if person.hashed is None else person.hashed


def united(several: Sequence[Identification]) -> Identification:
    """What several records of one person found together; the first match of a person stands.

    Something is missing only if no record has it.
    """
    matches = {
        match.person.id: match for one in reversed(several) for match in reversed(one.matches)
    }
    return Identification(
        matches=tuple(reversed(matches.values())),
        missing=min((one.missing for one in several), key=len, default=()),
        skipped_keys=tuple(sorted({key for one in several for key in one.skipped_keys})),
        left_out=sum(one.left_out for one in several),
    )


def _key_counts(context: Context, keys: list[int]) -> dict[int, int]:
    rows = context.session.execute(_COUNTS, {"practice": context.practice_id, "keys": keys})
    return dict(rows.all())


def _holders(
    context: Context, keys: list[int], exclude: frozenset[str]
) -> Iterator[tuple[int, str]]:
    rows = context.session.execute(_HOLDERS, {"practice": context.practice_id, "keys": keys})
    return ((key, person_id) for key, person_id in rows if person_id not in exclude)


def population(context: Context) -> int:
    """How many persons the practice knows, erased ones included."""
    asked = {"practice": context.practice_id}
    count: int = context.session.execute(_POPULATION, asked).scalar_one()
    return count


def _judged(found: Recognised[str], person: Person, judgements: Judgements) -> Match:
    judged = judgements.get((person.id, person.digest))
    if judged is None:
        return Match(person, found.comparison)
    return Match(person, found.comparison, judged.verdict, judged.relation)
