"""Three hypotheses for two records: one person, kin or household, or strangers.

Fellegi–Sunter: a level seen with chance m under a hypothesis and u among strangers weighs
log2(m/u) bits. Bits are integers, hundredths of a bit; the rows of `Comparison.evidence` sum
exactly to its score. Fields of one evidence group share a cause (one household, one move), so the
sum of a group is bounded, by a row of its own.

KIN is several kinds of kin, each with chances of its own: spouses share a home and an age, parents
and children a name and not an age. The rows are of the kind that explains the records best;
one more row takes off how rare that kind is among kin and adds what the other kinds explain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from policy_service.matching import comparisons, contact_points, households
from policy_service.matching.births import birth_alternatives
from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.level_bits import LevelBits, bits
from policy_service.matching.model import Group, KindOfKin, MatchModel
from policy_service.matching.normalise import Features
from policy_service.matching.relatives import named_alternatives, shared_alternatives
from policy_service.matching.rules import KIN_EXPLAINS, RULES


class Hypothesis(StrEnum):
    """What two records may be to each other. KIN covers family, household and room-mates."""

    SELF = "SELF"
    KIN = "KIN"
    NONE = "NONE"


BOUNDED = "bounded"
"""The level of a row that bounds the sum of an evidence group."""


class Weight(NamedTuple):
    """One row of evidence: what was compared and its hundredths of a bit per hypothesis."""

    group: Group
    level: Level
    same: int
    kin: int


class Weighing:
    """All rows for two records; `same` and `kin` are their exact sums. Never changed.

    `kind` is the kind of kin that explains the records best, and that the rows speak of.
    """

    def __init__(self, weights: tuple[Weight, ...], kind: KindOfKin) -> None:
        self.weights = weights
        self.kind = kind

    @cached_property
    def same(self) -> int:
        """Hundredths of a bit for SELF against NONE."""
        return sum(weight.same for weight in self.weights)

    @cached_property
    def kin(self) -> int:
        """Hundredths of a bit for KIN against NONE."""
        return sum(weight.kin for weight in self.weights)

    @cached_property
    def _levels(self) -> dict[str, str]:
        return {weight.level.field: weight.level.level for weight in reversed(self.weights)}

    @cached_property
    def _group_bits(self) -> dict[Group, tuple[int, int]]:
        found = dict.fromkeys(Group, (0, 0))
        for group, _, same, kin in self.weights:
            before = found[group]
            found[group] = before[0] + same, before[1] + kin
        return found

    @cached_property
    def without_rules(self) -> Weighing:
        """What the fields say by themselves."""
        kept = tuple(weight for weight in self.weights if weight.level.field != "rule")
        return self if len(kept) == len(self.weights) else Weighing(kept, self.kind)

    def group_bits(self, group: Group, hypothesis: Hypothesis) -> int:
        """What one evidence group says for a hypothesis, its bound included."""
        return self._group_bits[group][hypothesis is Hypothesis.KIN]

    def level(self, field: str) -> str:
        """The level of `field`, or "" when it was not compared."""
        return self._levels.get(field, "")

    def about(self, levels: Sequence[Level]) -> tuple[Weight, ...]:
        """The rows, with the values that were compared."""
        told = [
            Weight(group, level, same, kin)
            for (group, _, same, kin), level in zip(self.weights, levels, strict=False)
        ]
        return (*told, *self.weights[len(told) :])


_COMPARED: tuple[Callable[[Features, Features], list[Alternative]], ...] = (
    comparisons.name_alternatives,
    comparisons.sex_alternatives,
    birth_alternatives,
    households.place_alternatives,
    contact_points.phone_alternatives,
    contact_points.email_alternatives,
    contact_points.handle_alternatives,
    named_alternatives,
    shared_alternatives,
    contact_points.company_alternatives,
)
Seen = tuple[str, str, int]
"""A field, its level, and by how many hundredths of a bit the agreed value is rarer than the
model's chance. All that weights depend on: no value of any person."""
Pattern = tuple[Seen, ...]


class Weighed(NamedTuple):
    """The levels that count, and their weighing, which knows no value that was compared."""

    levels: Sequence[Level]
    weighing: Weighing


class Scales:
    """The model and the practice's frequencies: turns levels into weights. Make one for a query."""

    def __init__(self, model: MatchModel, frequencies: Frequencies) -> None:
        self.model = model
        self.frequencies = frequencies
        self._rarer: dict[tuple[str, str], int] = {}

    def weigh(self, query: Features, candidate: Features) -> Weighed:
        """Every field of the two people, the bounds, the rules for twins and namesakes."""
        found = [alternatives(query, candidate) for alternatives in _COMPARED]
        return self.weigh_alternatives([alternatives for alternatives in found if alternatives])

    def weigh_alternatives(self, fields: Iterable[Sequence[Alternative]]) -> Weighed:
        """The loudest alternative of every field that could be compared.

        Pairs of one pattern share one weighing, made once for a model: most candidates differ in
        all the usual ways.
        """
        levels: list[Level] = []
        for alternatives in fields:
            levels += self._loudest(alternatives)
        return Weighed(levels, weigh_pattern(self.model, self._pattern(levels)))

    def _loudest(self, alternatives: Sequence[Alternative]) -> Alternative:
        if len(alternatives) == 1:
            return alternatives[0]
        found: dict[Pattern, Alternative] = {}
        for levels in alternatives:
            found.setdefault(self._pattern(levels), levels)
        if len(found) == 1:
            return alternatives[0]
        return found[max(found, key=lambda pattern: _loudness(self.model, pattern))]

    def _pattern(self, levels: Sequence[Level]) -> Pattern:
        return tuple(
            [
                (field, level, self.rarity(field, level, counted) if counted else 0)
                for field, level, _, _, counted in levels
            ]
        )

    def rarity(self, field: str, level: str, counted: str) -> int:
        """Hundredths of a bit by which an agreed value is rarer than the model's chance."""
        known = self._rarer.get((counted, level))
        if known is None:
            known = self._rarer[counted, level] = self._measured(field, level, counted)
        return known

    def _measured(self, field: str, level: str, counted: str) -> int:
        """Measured among strangers, smoothed by the model's worth `frequency_weight` people.

        The candidate bears the value anyhow; only the others tell how common it is. A value that
        was never counted keeps the model's chance: not counted is not rare.
        """
        kind, _, value = counted.partition(":")
        if kind == "name":  # a full name is as rare as its two parts together
            return self._of_two("exact", *value.split("|"))
        if kind == "crossed":
            return self._of_crossed(*value.split("|"))
        count = self.frequencies.counts.get(counted)
        if count is None:
            return 0
        weight, none = self.model.frequency_weight, self.model.fields[field].levels[level].none
        others = max(count - 1, 0)
        measured = (others * 1_000_000 + weight * none) / (self.frequencies.total + weight)
        return bits(none, max(measured, self.model.rarest))

    def _of_crossed(self, one: str, other: str) -> int:
        """A swapped name is no rarer than the name; others may bear it in either order too."""
        ways = ((one, other), (other, one))
        as_name = min(self._of_two("exact", *way) for way in ways)
        by_others = max(self._of_two("swapped", *way) for way in ways)
        return min(0, as_name, by_others)

    def _of_two(self, level: str, given: str, family: str) -> int:
        return self.rarity("given", level, f"given:{given}") + self.rarity(
            "family", level, f"family:{family}"
        )


@lru_cache(maxsize=8192)
def weigh_pattern(model: MatchModel, pattern: Pattern) -> Weighing:
    """The weights of a pattern of levels. Holds no value of anybody."""
    return _PatternScales(model, pattern).weighing()


@lru_cache(maxsize=8192)
def _loudness(model: MatchModel, pattern: Pattern) -> tuple[int, int, tuple[str, ...]]:
    said = [_said(model, seen) for seen in pattern]
    same = sum(one.same for one in said)
    kin = max(map(sum, zip(*(one.kin for one in said), strict=True)), default=0)
    return max(same, kin), same + kin, tuple(level for _, level, _ in pattern)


def _said(model: MatchModel, seen: Seen) -> LevelBits:
    field, level, rarer = seen
    said = model.fields[field].bits[level]
    return said.rarer(rarer) if rarer else said


@dataclass(frozen=True, slots=True)
class _PatternScales:
    model: MatchModel
    pattern: Pattern

    def weighing(self) -> Weighing:
        said = [_said(self.model, seen) for seen in self.pattern]
        groups = [self.model.fields[field].group for field, _, _ in self.pattern]
        totals = self._totals(groups, said)
        number = totals.index(max(totals))
        kind = self.model.kin[number]
        weights = [
            Weight(group, Level(field, level, "", ""), one.same, one.kin[number])
            for (field, level, _), group, one in zip(self.pattern, groups, said, strict=True)
        ]
        weights += self._bounds(weights)
        weights.append(_of_all_kinds(kind, totals))
        return Weighing((*weights, *self._rules(Weighing(tuple(weights), kind))), kind)

    def _totals(self, groups: Sequence[Group], said: Sequence[LevelBits]) -> list[int]:
        """What the records and its share among kin say for each kind of kin."""
        totals = [kind.bits for kind in self.model.kin]
        for group in dict.fromkeys(groups):
            own = [one.kin for one, of in zip(said, groups, strict=True) if of is group]
            low, high = self.model.limits.get(group, (-1_000_000, 1_000_000))
            for number, column in enumerate(zip(*own, strict=True)):
                totals[number] += min(max(sum(column), low), high)
        return totals

    def _rules(self, weighing: Weighing) -> Iterator[Weight]:
        """What fields say only together. A rule hands kin all that spoke for SELF.

        So the leading score is always the greater of two sums that only grow with agreement, and
        taking an agreeing field away never raises it. From SELF a rule takes what its groups said
        for it: everything, or nothing, and then the two are level.
        """
        levels = {weight.level.field: weight.level.level for weight in weighing.weights}
        rule = next((name for name, applies in RULES if applies(levels)), "")
        if not rule and weighing.kin > weighing.same:
            rule = KIN_EXPLAINS
        if rule in self.model.rules:
            taken = self.model.rules[rule]
            said = (weighing.group_bits(group, Hypothesis.SELF) for group in taken.groups)
            same = taken.against - sum(max(bits, 0) for bits in said)
            lift = max(weighing.same - weighing.kin, 0)
            yield Weight(Group.NAME, Level("rule", rule, "", ""), same, lift)

    def _bounds(self, weights: list[Weight]) -> Iterator[Weight]:
        for group, limits in self.model.limits.items():
            rows = [weight for weight in weights if weight.group is group]
            same, kin = sum(row.same for row in rows), sum(row.kin for row in rows)
            excess = _within(same, limits) - same, _within(kin, limits) - kin
            if any(excess):
                yield Weight(group, Level(f"{group}_bound", BOUNDED, "", ""), *excess)


def _of_all_kinds(kind: KindOfKin, totals: Sequence[int]) -> Weight:
    """The share of the leading kind among kin, and what the other kinds add to it.

    KIN is any kind of kin, so its chances are the sum over kinds of share times chance. One kind
    alone would count a shared family name, which most kinds explain, as if only parents had it.
    """
    leading = max(totals)
    together = round(100 * math.log2(sum(2 ** ((total - leading) / 100) for total in totals)))
    return Weight(Group.PRIOR, Level("kind", kind.name, "", ""), 0, kind.bits + together)


def _within(value: int, limits: tuple[int, int]) -> int:
    return min(max(value, limits[0]), limits[1])
