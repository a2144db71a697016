"""Who is this person? Match keys find candidates, the scorer compares them, officers outrank it.

Recognition is not replayed: its result is an input fact of the decision.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from policy_service.database import match_index
from policy_service.database.match_index import Limits
from policy_service.domain.people import PersonRecord
from policy_service.matching.bands import Band
from policy_service.matching.frequencies import features_values
from policy_service.matching.hypotheses import Hypothesis, Scales
from policy_service.matching.keys import KeyText, features_texts
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.probing import (
    HOT_KEY,
    HOT_OPTIONAL_KEY,
    Probes,
    probe,
    ranked,
)
from policy_service.matching.probing import frequencies as held_by
from policy_service.matching.recognition import (
    Asked,
    Comparison,
    Recognised,
    missing_fields,
    surest_first,
)
from policy_service.services.context import Context
from policy_service.services.frequencies import frequencies
from policy_service.services.hashing import hashed_comparer
from policy_service.services.people import (
    Person,
    open_compared,
    open_people,
    promising,
    record_digest,
)
from policy_service.services.steps import holders_counted, people_counted
from policy_service.services.verdicts import Judgements, judgements_on

_LIMITS = Limits(many=HOT_KEY, few=HOT_OPTIONAL_KEY)


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
    """What recognition found, and what it could not look at.

    `matches` are those of whom something can be said, and those an officer judged; `weak` counts
    the candidates compared of whom nothing can, `left_out` those that were not opened.
    """

    matches: tuple[Match, ...] = ()
    missing: tuple[str, ...] = ()
    skipped_keys: tuple[str, ...] = ()
    left_out: int = 0
    is_filed: bool = True
    """False while people are still filed under the keys of an older release."""
    weak: int = 0

    @property
    def is_comparable(self) -> bool:
        """True when an empty answer means that nobody known was found."""
        return self.is_filed and not (self.missing or self.skipped_keys)


def identify(context: Context, record: PersonRecord, exclude: Collection[str]) -> Identification:
    """Find the known persons who may be, or be kin to, the person of this record."""
    query = normalise(record)
    probed = _probe(context, query)
    held = _others(probed, exclude)
    ranking = ranked(held, probed.counts, probed.people, context.model.candidates)
    judgements = judgements_on(context, record_digest(record))
    judged = {person_id for person_id, _digest in judgements} - set(exclude)
    best = dict.fromkeys(judged, 0) | dict(ranking.best)  # the judged, whatever is shared
    asked = Asked(query, _scales(context, query, probed), hashed_comparer(context))
    found = _recognised(context, asked, best, judged)
    people = {person.id: person for person in open_people(context, [one.ref for one in found])}
    return Identification(
        matches=tuple(_judged(one, people[one.ref], judgements) for one in found),
        missing=missing_fields(query),
        skipped_keys=probed.probes.skipped,
        left_out=ranking.left_out,
        is_filed=context.matching.is_filed,
        weak=len(best) - len(found),
    )


@dataclass(frozen=True, slots=True)
class _Probed:
    """Who holds the query's keys, and how many do."""

    texts: dict[int, KeyText]
    counts: dict[int, int]
    held: dict[int, list[str]]
    probes: Probes[int]
    people: int


def _probe(context: Context, query: Features) -> _Probed:
    texts = {context.keyring.match_key(text.text): text for text in features_texts(query)}
    many = [key for key, text in texts.items() if not text.is_optional]
    few = [key for key, text in texts.items() if text.is_optional]
    found = match_index.find(context.session, many, few, _LIMITS)
    held = {key: holders for key, holders in found.holders.items() if holders}
    counts = {
        key: len(holders) if holders else HOT_KEY + 1 for key, holders in found.holders.items()
    }
    hot = [key for key in counts if key not in held and texts[key].measures]
    exact = match_index.counts(context.session, hot)
    counts |= {key: holders_counted(count) for key, count in exact.items()}
    return _Probed(texts, counts, held, probe(texts, counts), people_counted(found.people))


def _scales(context: Context, query: Features, probed: _Probed) -> Scales:
    """The model, and how common the query's values are here."""
    held = held_by(probed.texts, probed.counts, probed.people)
    return Scales(context.model, frequencies(context, features_values(query), held))


def population(context: Context) -> int:
    """How many persons the practice knows, erased ones included."""
    return match_index.population(context.session)


def _others(probed: _Probed, exclude: Collection[str]) -> dict[int, list[str]]:
    """The holders of the usable keys, but for those who are known to be the person asked about."""
    held = {key: probed.held[key] for key in probed.probes.usable}
    for person_id in exclude:
        for holders in held.values():
            if person_id in holders:
                holders.remove(person_id)
    return held


def _recognised(
    context: Context, asked: Asked, best: Mapping[str, int], judged: Collection[str]
) -> tuple[Recognised[str], ...]:
    """Those of the best of whom something is to be said, surest first."""
    found = []
    unjudged = [person_id for person_id in best if person_id not in judged]
    opened = [*judged, *promising(context, unjudged, asked.prospects)]
    for person_id, known in open_compared(context, opened).items():
        comparison = asked.compare(known) if person_id in judged else asked.unless_weak(known)
        if comparison is not None:
            found.append(Recognised(person_id, best[person_id], comparison))
    return surest_first(found)


@dataclass(frozen=True, slots=True)
class Explained:
    """One person compared with one record, as a check would. `people` are those asked among."""

    comparison: Comparison
    skipped_keys: tuple[str, ...]
    people: int
    has_counts: bool
    """Whether a measurement counted values; else the holders of keys tell how common they are."""


def explain(context: Context, record: PersonRecord, other: Person) -> Explained:
    """Compare the record with a known person, whatever keys they share: the path of a check."""
    query = normalise(record)
    probed = _probe(context, query)
    asked = Asked(query, _scales(context, query, probed), hashed_comparer(context))
    [known] = open_compared(context, [other.id]).values()
    skipped, counted = probed.probes.skipped, context.matching.counted
    return Explained(asked.compare(known), skipped, probed.people, counted > 0)


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
        is_filed=all(one.is_filed for one in several),
        weak=sum(one.weak for one in several),
    )


def _judged(found: Recognised[str], person: Person, judgements: Judgements) -> Match:
    judged = judgements.get((person.id, person.digest))
    if judged is None:
        return Match(person, found.comparison)
    return Match(person, found.comparison, judged.verdict, judged.relation)
