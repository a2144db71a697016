"""How strangers agree by chance: the levels of every field, counted over random pairs of people.

Two people drawn at random from one practice are strangers nearly always, but not always: families
come to one practice, and a client may have two profiles. A pair that already reads as one person or
as kin, probably or surer, is left out of the count and reported beside it; otherwise the relatives
in a small registry would make a shared home look like chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from policy_service.matching.bands import Band, against_chance, choose
from policy_service.matching.hypotheses import Scales, Weighing
from policy_service.matching.normalise import Features

_COUNTED_WORDS = {
    "given": "exact variant close close_other_initial near close_but_both_names forms_of_third "
    "sound different",
    "family": "exact close near sound different different_sex_unknown different_may_be_married",
    "sex": "exact different",
    "birth_date": "exact day_month_swapped one_digit one_digit_generation_apart two_parts all_near "
    "year_and_month year near_year different years_apart generation_apart generations_apart",
    "street": "exact close other_house different",
    "postcode": "exact exact_apart close different different_apart",
    "city": "exact exact_apart close different different_apart",
    "phone": "exact last_seven different",
    "email": "exact close name_part different",
    "company": "exact different",
}
COUNTED = {name: frozenset(words.split()) for name, words in _COUNTED_WORDS.items()}
"""The levels that any two stated values can show. Others hang on what a record happens to hold (an
initial, a former name, a second platform), so that a count over all pairs says nothing of them."""
_FULL, _YEARS, _MONTHS = "birth_date:full", "birth_date:year", "birth_date:month"
_OF_FULL_DATES = "exact day_month_swapped one_digit one_digit_generation_apart two_parts all_near"
_OPPORTUNITIES = {
    **dict.fromkeys(_OF_FULL_DATES.split(), (_FULL,)),
    "year_and_month": (_MONTHS,),
    "year": (_YEARS,),
    "near_year": (_YEARS, _MONTHS),
}
"""Dates without a day can agree in the year alone: precision decides what a pair could show."""
_SURE = (Band.CERTAIN, Band.PROBABLE)


@dataclass(slots=True)
class StrangerCounts:
    """What random pairs showed.

    `seen` counts levels, as `field:level`; `compared` the pairs in which they could have been seen.
    `bands` counts `hypothesis:band` over `judged` pairs, by the model and frequencies to be used.
    """

    pairs: int = 0
    related: int = 0
    judged: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)

    def opportunities(self, name: str, level: str) -> int:
        """The pairs in which the field could have shown this level."""
        if name != "birth_date":
            return self.compared[name]
        classes = _OPPORTUNITIES.get(level, (_FULL, _YEARS, _MONTHS))
        return sum(self.compared[one] for one in classes)

    def to_json(self) -> dict[str, Any]:
        """Integers under sorted words: canonical-JSON-safe."""
        return {
            "pairs": self.pairs,
            "related": self.related,
            "judged": self.judged,
            "seen": dict(sorted(self.seen.items())),
            "compared": dict(sorted(self.compared.items())),
            "bands": dict(sorted(self.bands.items())),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The counts that `to_json` wrote."""
        counted = (Counter(value[name]) for name in ("seen", "compared", "bands"))
        return cls(value["pairs"], value["related"], value["judged"], *counted)


def random_pairs(people: int, pairs: int, random: Random) -> Iterator[tuple[int, int]]:
    """`pairs` pairs of two different numbers below `people`, each as likely as any other."""
    for _ in range(pairs if people > 1 else 0):
        one, other = random.randrange(people), random.randrange(people - 1)
        yield one, other + (other >= one)


def count_strangers(
    sample: Sequence[Features],
    pairs: Iterable[tuple[int, int]],
    known: frozenset[tuple[int, int]],
    scales: Scales,
) -> StrangerCounts:
    """Weigh every pair of `sample`; `known` are the pairs (smaller first) said to be related."""
    counts = StrangerCounts()
    for one, other in pairs:
        if (min(one, other), max(one, other)) in known:
            counts.pairs += 1
            counts.related += 1
        else:
            _count_pair(sample[one], sample[other], scales, counts)
    return counts


def _count_pair(one: Features, other: Features, scales: Scales, counts: StrangerCounts) -> None:
    weighing = scales.weigh(one, other).weighing
    verdict = choose(weighing, against_chance(scales.frequencies.total), scales.model)
    counts.pairs += 1
    if verdict.band in _SURE or verdict.identity in _SURE:
        counts.related += 1
        return
    _count_levels(weighing, _precision(one, other), counts)


def judge_strangers(
    sample: Sequence[Features],
    pairs: Iterable[tuple[int, int]],
    known: frozenset[tuple[int, int]],
    scales: Scales,
) -> Counter[str]:
    """How many pairs would be flagged, and as what: `hypothesis:band`, by these very scales."""
    bands: Counter[str] = Counter()
    chance = against_chance(scales.frequencies.total)
    for one, other in pairs:
        if (min(one, other), max(one, other)) not in known:
            weighing = scales.weigh(sample[one], sample[other]).weighing
            verdict = choose(weighing, chance, scales.model)
            bands[f"{verdict.hypothesis.value}:{verdict.band.value}"] += 1
    return bands


def _count_levels(weighing: Weighing, precision: str, counts: StrangerCounts) -> None:
    for weight in weighing.weights:
        name, level = weight.level.field, weight.level.level.removesuffix("_apart")
        if name in COUNTED:
            counts.seen[f"{name}:{level}"] += 1
            counts.compared[f"birth_date:{precision}" if name == "birth_date" else name] += 1


def _precision(one: Features, other: Features) -> str:
    births = (one.birth, other.birth)
    if all(birth and birth.is_full for birth in births):
        return "full"
    return "month" if all(birth and birth.month for birth in births) else "year"
