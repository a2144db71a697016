"""Three hypotheses for two records: one person, kin or household, or strangers.

Fellegi–Sunter: a level seen with chance m under a hypothesis and u among strangers weighs
log2(m/u) bits. Bits are integers, hundredths of a bit; the rows of `Comparison.evidence` sum
exactly to its score. Fields of one evidence group share a cause (one household, one move), so the
sum of a group is bounded, by a row of its own.

KIN is several kinds of kin, each with chances of its own: spouses share a home and an age, parents
and children a name and not an age. The kind that explains the records best speaks for KIN; a row
takes off how rare that kind is among kin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from policy_service.domain.people import PersonRecord
from policy_service.matching import comparisons, contact_points, households
from policy_service.matching.births import birth_alternatives
from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.level_bits import LevelBits, bits
from policy_service.matching.model import Group, KindOfKin, MatchModel
from policy_service.matching.normalise import Features, normalise
from policy_service.matching.relatives import named_alternatives, shared_alternatives
from policy_service.matching.rules import KIN_EXPLAINS, RULES


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
    """All rows for two records; `same` and `kin` are their exact sums.

    `kind` is the kind of kin that explains the records best, and that the rows speak of.
    """

    weights: tuple[Weight, ...]
    kind: KindOfKin

    @property
    def same(self) -> int:
        """Hundredths of a bit for SELF against NONE."""
        return sum(weight.same for weight in self.weights)

    @property
    def kin(self) -> int:
        """Hundredths of a bit for KIN against NONE."""
        return sum(weight.kin for weight in self.weights)

    def without_rules(self) -> Weighing:
        """What the fields say by themselves."""
        return replace(self, weights=tuple(w for w in self.weights if w.level.field != "rule"))

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
    households.place_alternatives,
    contact_points.phone_alternatives,
    contact_points.email_alternatives,
    contact_points.handle_alternatives,
    named_alternatives,
    shared_alternatives,
    contact_points.company_alternatives,
)
_Weighed = tuple[Level, Group, LevelBits]


@dataclass(frozen=True, slots=True)
class Scales:
    """The model and the practice's frequencies: turns levels into weights."""

    model: MatchModel
    frequencies: Frequencies

    def weigh(self, query: Features, candidate: Features) -> Weighing:
        """Every field of the two people, the bounds, the rules for twins and namesakes."""
        found = (alternatives(query, candidate) for alternatives in _COMPARED)
        return self.weigh_alternatives(list(filter(None, found)))

    def weigh_alternatives(self, fields: Sequence[Sequence[Alternative]]) -> Weighing:
        """The loudest alternative of every field that could be compared."""
        weighed = [one for alternatives in fields for one in self._loudest(alternatives)]
        number = self._leading_kind(weighed)
        kind = self.model.kin[number]
        weights = [
            Weight(group, level, said.same, said.kin[number]) for level, group, said in weighed
        ]
        weights += self._bounds(weights)
        weights.append(self._rarity(kind))
        return Weighing((*weights, *self._rules(Weighing(tuple(weights), kind))), kind)

    def _loudest(self, alternatives: Sequence[Alternative]) -> list[_Weighed]:
        weighed = [[self._weighed(level) for level in levels] for levels in alternatives]
        return weighed[0] if len(weighed) == 1 else max(weighed, key=_loudness)

    def _weighed(self, level: Level) -> _Weighed:
        field = self.model.fields[level.field]
        said = field.bits[level.level]
        if level.counted:
            none = field.levels[level.level].none
            said = said.rarer(self._rarer(level.counted, none))
        return level, field.group, said

    def _rarer(self, counted: str, none: int) -> int:
        """By how much the value is rarer than the model has it, in hundredths of a bit.

        A full name is as rare as its two parts together.
        """
        if not counted.startswith("name:"):
            measured = self._measured(counted, none)
            return 0 if measured is None else bits(none, measured)
        given, _, family = counted.removeprefix("name:").partition("|")
        exact = self.model.fields["given"].levels["exact"], self.model.fields["family"].levels["exact"]
        return self._rarer(f"given:{given}", exact[0].none) + self._rarer(f"family:{family}", exact[1].none)

    def _measured(self, counted: str, none: int) -> float | None:
        """Measured chance among strangers, smoothed by the model's worth `frequency_weight` people.

        The candidate bears the value anyhow; only the others tell how common it is. A value that
        was never counted keeps the model's chance: not counted is not rare.
        """
        count = self.frequencies.counts.get(counted)
        if count is None:
            return None
        weight = self.model.frequency_weight
        others = max(count - 1, 0)
        measured = (others * 1_000_000 + weight * none) / (self.frequencies.total + weight)
        return max(measured, self.model.rarest)

    def _leading_kind(self, weighed: list[_Weighed]) -> int:
        totals = [kind.bits for kind in self.model.kin]
        for group in Group:
            said = [one.kin for _, own, one in weighed if own is group]
            low, high = self.model.limits.get(group, (-1_000_000, 1_000_000))
            for number, column in enumerate(zip(*said, strict=True)):
                totals[number] += min(max(sum(column), low), high)
        return totals.index(max(totals))

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
                yield Weight(group, Level(f"{group}_bound", "bounded", "", ""), *excess)

    def _rarity(self, kind: KindOfKin) -> Weight:
        return Weight(Group.PRIOR, Level("kind", kind.name, "", ""), 0, kind.bits)


def weigh_records(
    query: PersonRecord, candidate: PersonRecord, frequencies: Frequencies, model: MatchModel
) -> Weighing:
    """`Scales.weigh` for two records as they are stored."""
    return Scales(model, frequencies).weigh(normalise(query), normalise(candidate))


def _within(value: int, limits: tuple[int, int]) -> int:
    return min(max(value, limits[0]), limits[1])


def _loudness(weighed: list[_Weighed]) -> tuple[int, int, tuple[str, ...]]:
    same = sum(said.same for _, _, said in weighed)
    kin = max(map(sum, zip(*(said.kin for _, _, said in weighed), strict=True)), default=0)
    return max(same, kin), same + kin, tuple(level.level for level, _, _ in weighed)
