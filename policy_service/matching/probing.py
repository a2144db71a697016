"""Which match texts are asked for: a text that too many people hold finds nobody worth opening.

The service asks its table of keyed hashes, a file of people its index in memory; both ask here
what to use, so that both find the same candidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from policy_service.domain.people import PersonRecord
from policy_service.matching.frequencies import Frequencies, measure
from policy_service.matching.keys import KeyText, match_texts
from policy_service.matching.model import MatchModel
from policy_service.matching.ranking import Ranking, best_of, one_key
from policy_service.matching.recognition import Recognition, recognise

HOT_KEY = 500
"""A match text held by more people than this finds nobody; the answer says that it was skipped."""
HOT_OPTIONAL_KEY = 100
"""The same for an optional text, which is silently passed over (see `KeyText.is_optional`)."""
Key = TypeVar("Key")
Ref = TypeVar("Ref")


@dataclass(frozen=True, slots=True)
class Probes(Generic[Key]):
    """The keys to look up, and the kinds of key that were too common to use."""

    usable: tuple[Key, ...]
    skipped: tuple[str, ...]


def probe(texts: Mapping[Key, KeyText], counts: Mapping[Key, int]) -> Probes[Key]:
    """Judge every key by how many people hold it."""
    usable = tuple(key for key, text in texts.items() if 0 < counts.get(key, 0) <= _limit(text))
    hot = {
        text.family
        for key, text in texts.items()
        if counts.get(key, 0) > HOT_KEY and not text.is_optional
    }
    return Probes(usable, tuple(sorted(hot)))


def frequencies(texts: Mapping[Key, KeyText], counts: Mapping[Key, int], total: int) -> Frequencies:
    """How common the query's own values are, as the number of holders of their keys tells."""
    measured = {text.measures: counts[key] for key, text in texts.items() if key in counts}
    measured.pop("", None)
    return Frequencies(total, measured)


def _limit(text: KeyText) -> int:
    return HOT_OPTIONAL_KEY if text.is_optional else HOT_KEY


@dataclass
class PeopleInMemory:
    """A whole registry with its match texts and measured frequencies."""

    people: Mapping[str, PersonRecord]
    model: MatchModel
    frequencies: Frequencies = field(init=False)
    _holders: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.frequencies = measure(self.people.values())
        self._holders = defaultdict(list)
        for ref, record in self.people.items():
            for text in match_texts(record):
                self._holders[text.text].append(ref)

    def recognise(self, query: PersonRecord) -> Recognition[str]:
        """Whom the person of this record may be or be kin to: the path of a check."""
        ranking = self.candidates(query)
        opened = ((ref, self.people[ref], shared) for ref, shared in ranking.best)
        return recognise(query, opened, self.frequencies, self.model)

    def candidates(self, query: PersonRecord) -> Ranking[str]:
        """The people who share the rarest match texts with the query."""
        texts = {text.text: text for text in match_texts(query)}
        counts = {key: len(self._holders.get(key, ())) for key in texts}
        usable = probe(texts, counts).usable
        held = {key: self._holders[key] for key in usable}
        return ranked(held, counts, len(self.people), self.model.candidates)


def ranked(
    held: Mapping[Key, Iterable[Ref]], counts: Mapping[Key, int], total: int, limit: int
) -> Ranking[Ref]:
    """Rank everybody who holds a key; `held` are the holders of each."""
    evidence: defaultdict[Ref, int] = defaultdict(int)
    for key, refs in held.items():
        said = one_key(counts[key], total)
        for ref in refs:
            evidence[ref] += said
    return best_of(evidence, limit)
