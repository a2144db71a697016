"""Three hypotheses for two records: one person, kin or household, or strangers.

Fellegi–Sunter: a level seen with chance m under a hypothesis and u among strangers weighs
log2(m/u) bits. Bits are integers, hundredths of a bit; the rows of `Comparison.evidence` sum
exactly to its score. Fields of one evidence group share a cause (one household, one move), so the
sum of a group is bounded, by a row of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from policy_service.domain.people import PersonRecord
from policy_service.matching import comparisons
from policy_service.matching.births import birth_alternatives
from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.model import Chances, Group, MatchModel
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.relatives import named_alternatives, shared_alternatives


class Hypothesis(StrEnum):
    """What two records may be to each other. KIN covers family, household and room-mates."""

    SELF = "SELF"
    KIN = "KIN"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Weight:
    """One row of evidence: what was compared and its hundredths of a bit per hypothesis."""

    group: Group
    level: Level
    same: int
    kin: int


@dataclass(frozen=True, slots=True)
class Weighing:
    """All rows for two records; `same` and `kin` are their exact sums."""

    weights: tuple[Weight, ...]

    @property
    def same(self) -> int:
        """Hundredths of a bit for SELF against NONE."""
        return sum(weight.same for weight in self.weights)

    @property
    def kin(self) -> int:
        """Hundredths of a bit for KIN against NONE."""
        return sum(weight.kin for weight in self.weights)

    def group_bits(self, group: Group, hypothesis: Hypothesis) -> int:
        """What one evidence group says for a hypothesis, its bound included."""
        rows = [weight for weight in self.weights if weight.group is group]
        return sum(row.kin if hypothesis is Hypothesis.KIN else row.same for row in rows)

    def level(self, field: str) -> str:
        """The level of `field`, or "" when it was not compared."""
        return next((w.level.level for w in self.weights if w.level.field == field), "")


_COMPARED: tuple[Callable[[Features, Features], list[Alternative]], ...] = (
    comparisons.name_alternatives,
    comparisons.sex_alternatives,
    birth_alternatives,
    comparisons.place_alternatives,
    comparisons.phone_alternatives,
    comparisons.email_alternatives,
    comparisons.handle_alternatives,
    named_alternatives,
    shared_alternatives,
    comparisons.company_alternatives,
)


@dataclass(frozen=True, slots=True)
class Scales:
    """The model and the practice's frequencies: turns levels into weights."""

    model: MatchModel
    frequencies: Frequencies

    def weigh(self, query: Features, candidate: Features) -> Weighing:
        """Every field of the two people, the rules for twins and namesakes, and the bounds."""
        fields = (alternatives(query, candidate) for alternatives in _COMPARED)
        weights = [weight for found in fields if found for weight in self._loudest(found)]
        weights += self._bounds(weights)
        return Weighing((*weights, *self._rules(Weighing(tuple(weights)))))

    def _loudest(self, alternatives: Iterable[Alternative]) -> tuple[Weight, ...]:
        weighed = (tuple(map(self._weight, alternative)) for alternative in alternatives)
        return max(weighed, key=_loudness)

    def _weight(self, level: Level) -> Weight:
        field = self.model.fields[level.field]
        chances = field.levels[level.level]
        none = self._chance_among_strangers(level, chances)
        return Weight(field.group, level, bits(chances.same, none), bits(chances.kin, none))

    def _chance_among_strangers(self, level: Level, chances: Chances) -> float:
        """Measured frequency, smoothed by the model's chance worth `frequency_weight` people.

        A value that was never counted keeps the model's chance: not counted is not rare.
        """
        count = self.frequencies.counts.get(level.counted) if level.counted else None
        if count is None:
            return chances.none
        weight = self.model.frequency_weight
        measured = (count * 1_000_000 + weight * chances.none) / (self.frequencies.total + weight)
        bound = min(chances.same, chances.kin)  # agreement is never evidence against
        return min(max(measured, self.model.rarest), max(bound, chances.none))

    def _rules(self, weighing: Weighing) -> Iterator[Weight]:
        """What fields say only together. A rule for kin hands them all that spoke for SELF.

        So the leading score is always the greater of two sums that only grow with agreement, and
        taking an agreeing field away never raises it.
        """
        levels = {weight.level.field: weight.level.level for weight in weighing.weights}
        for rule, applies in _RULES:
            if applies(levels):
                same, kin = self.model.rules[rule]
                lift = max(weighing.same - weighing.kin, 0) if same < 0 else 0
                yield Weight(Group.NAME, Level("rule", rule, "", ""), same, kin + lift)

    def _bounds(self, weights: list[Weight]) -> Iterator[Weight]:
        for group, limits in self.model.limits.items():
            rows = [weight for weight in weights if weight.group is group]
            same, kin = sum(row.same for row in rows), sum(row.kin for row in rows)
            excess = _within(same, limits) - same, _within(kin, limits) - kin
            if any(excess):
                yield Weight(group, Level(f"{group}_bound", "bounded", "", ""), *excess)


def weigh_records(
    query: PersonRecord, candidate: PersonRecord, frequencies: Frequencies, model: MatchModel
) -> Weighing:
    """`Scales.weigh` for two records as they are stored."""
    return Scales(model, frequencies).weigh(normalise(query), normalise(candidate))


def bits(chance: float, among_strangers: float) -> int:
    """log2 of the ratio in hundredths of a bit, rounded once, here."""
    return round(100 * math.log2(chance / among_strangers))


def _within(value: int, limits: tuple[int, int]) -> int:
    return min(max(value, limits[0]), limits[1])


def _loudness(weights: tuple[Weight, ...]) -> tuple[int, int, tuple[str, ...]]:
    same, kin = sum(w.same for w in weights), sum(w.kin for w in weights)
    return max(same, kin), same + kin, tuple(w.level.level for w in weights)


_ONE_BIRTH = frozenset({"exact", "day_month_swapped", "one_digit", "year_and_month", "year"})
_OTHER_GIVEN = frozenset({"different", "close_but_both_names"})


def is_twin(levels: dict[str, str]) -> bool:
    """One birth date as far as it is known, one family name, another given name.

    A slip in one date, or a year alone, does not make one person of two given names either.
    """
    return (
        levels.get("birth_date") in _ONE_BIRTH
        and levels.get("family") in ("exact", "close", "near")
        and levels.get("given") in _OTHER_GIVEN
    )


def is_namesake(levels: dict[str, str]) -> bool:
    """Senior and junior: one full name, births fifteen years or more apart, or unlike suffixes.

    A date that differs in one digit alone (1951 for 1981, same day) is a slip of the pen in one
    record far more often than a parent born on the child's birthday; it does not count here.
    """
    same_name = levels.get("given") in ("exact", "variant") and levels.get("family") == "exact"
    apart = levels.get("birth_date") == "generation_apart"
    return same_name and (apart or levels.get("suffix") == "different")


def is_unlikely_kin(levels: dict[str, str]) -> bool:
    """One birth date under two family names: kin who share a birth date are twins."""
    return levels.get("birth_date") == "exact" and levels.get("family", "").startswith("different")


_RULES: tuple[tuple[str, Callable[[dict[str, str]], bool]], ...] = (
    ("twin", is_twin),
    ("same_name_generation_apart", is_namesake),
    ("one_birth_date_two_families", is_unlikely_kin),
)
