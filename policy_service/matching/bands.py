"""From weights to an answer: which hypothesis, and how sure.

Chance agreement grows with the number of people asked, so the score is set against log2 of the
practice's size before the model's thresholds are applied.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from policy_service.matching.hypotheses import BOUNDED, Hypothesis, Weighing
from policy_service.matching.model import Group, MatchModel
from policy_service.matching.rules import POSSIBLE_NAMESAKE

_SMALLEST_PRACTICE = 1000  # a small registry still stands in a large town


class Band(StrEnum):
    """How sure: certain (facts known), probable (to confirm), possible (to ask), weak."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    WEAK = "weak"


_ORDER = (Band.WEAK, Band.POSSIBLE, Band.PROBABLE, Band.CERTAIN)
_CONFLICTS = {
    "given": frozenset({"different", "close_but_both_names"}),
    "birth_date": frozenset(
        {"different", "years_apart", "generation_apart", "generations_apart"}
        | {"one_digit_generation_apart"}
    ),
    "sex": frozenset({"different"}),
}
_SURE = frozenset({Group.BIRTH, Group.CONTACT})
_IMPRECISE = frozenset({"year", "year_and_month", "near_year"})


def identity_odds(weighing: Weighing, people: int) -> int:
    """SELF against strangers and kin together: the score by which pairs are ranked as one person.

    `Weighing.same` is against strangers only. Among `people`, kinship that explains the records 2^k
    times better than chance takes log2(1 + 2^k) off. How far kinship lies behind SELF is taken from
    the rows without their bounds: a bound says how much one home tells of strangers, and would hide
    that one phone speaks for one person more than for two. Not a sum of rows: taking an agreeing
    field away may lower kinship more than SELF.
    """
    kin = weighing.without_rules.same - _behind(weighing)
    rivalry = math.log2(1 + 2 ** ((kin - against_chance(people)) / 100))
    return weighing.same - round(100 * rivalry)


def _behind(weighing: Weighing) -> int:
    """By how much SELF explains the fields better than kinship, each field in full."""
    rows = weighing.without_rules.weights
    return sum(row.same - row.kin for row in rows if row.level.level != BOUNDED)


def against_chance(people: int) -> int:
    """Hundredths of a bit that one pair must say to be as likely as not among `people`."""
    return round(100 * math.log2(max(people, _SMALLEST_PRACTICE)))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The leading hypothesis with its band, and how sure it is that the two are one person.

    `identity` is the band of SELF whatever leads. Twins and namesakes a generation apart read KIN;
    yet the same records are left by one person who changed the given name or whose birth date was
    mistyped, and unknown is never clear: `identity` then says probable at most, for an officer.
    """

    hypothesis: Hypothesis
    band: Band
    identity: Band


def choose(weighing: Weighing, chance: int, model: MatchModel) -> Verdict:
    """What to say of one candidate where chance agreement costs `chance` (`against_chance`)."""
    judge = _Judge(weighing, chance, model)
    leading = Hypothesis.KIN if weighing.kin >= weighing.same else Hypothesis.SELF
    band, identity = judge.band(leading), judge.identity()
    if leading is Hypothesis.SELF:
        identity = band
    elif weighing.level("rule") == POSSIBLE_NAMESAKE:  # one or the other, and as sure as either
        band = max(band, min(identity, Band.PROBABLE, key=_rank), key=_rank)
    return Verdict(Hypothesis.NONE if band is Band.WEAK else leading, band, identity)


@dataclass(frozen=True, slots=True)
class _Judge:
    weighing: Weighing
    chance: int
    model: MatchModel

    def band(self, hypothesis: Hypothesis) -> Band:
        said = self.weighing.kin if hypothesis is Hypothesis.KIN else self.weighing.same
        by_score = self._by_score(said)
        ceilings = _ceilings(self.weighing, hypothesis, self.model)
        return min(by_score, *ceilings, key=_rank)

    def identity(self) -> Band:
        """SELF when KIN leads: judged without the rules that made it KIN, probable at most.

        Where kinship explains the records far better (spouses in one home), nobody need be asked.
        """
        fields = self.weighing.without_rules
        behind = fields.same - fields.kin
        rival = Band.WEAK
        for band in (Band.POSSIBLE, Band.PROBABLE):
            if behind >= self.model.rivals[band]:
                rival = band
        judge = _Judge(fields, self.chance, self.model)
        return min(judge.band(Hypothesis.SELF), rival, key=_rank)

    def _by_score(self, said: int) -> Band:
        for band in (Band.CERTAIN, Band.PROBABLE, Band.POSSIBLE):
            if said - self.chance >= self.model.thresholds[band]:
                return band
        return Band.WEAK


def _rank(band: Band) -> int:
    return _ORDER.index(band)


def telling_groups(
    weighing: Weighing, hypothesis: Hypothesis, model: MatchModel
) -> frozenset[Group]:
    """The evidence groups that speak for the hypothesis with at least `telling_bits`."""
    return _saying(weighing, hypothesis, model.telling_bits)


def _saying(
    weighing: Weighing, hypothesis: Hypothesis, least: Mapping[Group, int]
) -> frozenset[Group]:
    return frozenset(
        group for group, bits in least.items() if weighing.group_bits(group, hypothesis) >= bits
    )


def _ceilings(weighing: Weighing, hypothesis: Hypothesis, model: MatchModel) -> Iterator[Band]:
    groups = telling_groups(weighing, hypothesis, model)
    yield Band.CERTAIN
    if hypothesis is Hypothesis.KIN:
        yield Band.PROBABLE  # an inferred tie is a question, never a fact
        yield from _kin_ceilings(groups, weighing, model)
    elif _in_conflict(weighing) or len(groups) < 2 or not groups & _SURE:
        yield Band.PROBABLE
    elif weighing.level("birth_date") in _IMPRECISE and groups <= {Group.NAME, Group.BIRTH}:
        yield Band.PROBABLE  # a name and a birth year alone are never a fact, however rare the name
    if hypothesis is Hypothesis.SELF and len(groups) < 2:
        yield Band.POSSIBLE  # name only, or one contact point only
        if _in_conflict(weighing):
            yield Band.WEAK
    if hypothesis is Hypothesis.SELF and _is_half_a_name(weighing) and not groups & _SURE:
        yield Band.WEAK


def _kin_ceilings(
    telling: frozenset[Group], weighing: Weighing, model: MatchModel
) -> Iterator[Band]:
    if telling <= {Group.NAME, Group.BIRTH, Group.WORK}:
        yield Band.POSSIBLE
        hints = _saying(weighing, Hypothesis.KIN, model.hinting_bits)
        if len(telling | hints) < 2 and not _is_rare(weighing, model):
            yield Band.WEAK  # a family name is no flag by itself, unless counted and rare
    elif telling <= {Group.HOUSEHOLD}:
        yield Band.POSSIBLE


def _is_rare(weighing: Weighing, model: MatchModel) -> bool:
    """Whether the family name agrees and was measured to be rare in this practice."""
    bits = (weight.kin for weight in weighing.weights if weight.level.field == "family")
    return max(bits, default=0) >= model.rare_family_bits


def _is_half_a_name(weighing: Weighing) -> bool:
    """One name part agrees and the other does not: with a town, that is many people.

    In one home or on one line it is few.
    """
    if "exact" in (weighing.level("house"), weighing.level("phone")):
        return False
    family, given = weighing.level("family"), weighing.level("given")
    return family.startswith("different") or family == "displaced" or given == "different"


def _in_conflict(weighing: Weighing) -> bool:
    return any(weighing.level(field) in levels for field, levels in _CONFLICTS.items())
