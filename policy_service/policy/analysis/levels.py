"""Levels: what a decision asks for, as one number per combination, so that two can be compared.

A level is an outcome, and above `prohibit` the prohibition that nobody may lift. A combination's
level is the highest that any rule gives it, as in `domain/decisions`: a rule that holds gives its
outcome, one that is open its `if_unknown`, a draft at most `deliberate`.

Reading several ties of one person never lowers the highest, so what holds for every view (one tie
at most) holds for every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from policy_service.domain.decisions import Finding, decide
from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis.counting import Cube, count
from policy_service.policy.analysis.diagram import LEAST, MOST, Operation
from policy_service.policy.analysis.full_conditions import ReadRule, is_coupled
from policy_service.policy.analysis.records import Record
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.truths import LEAST_TRUE, TRUE, Truths
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Rule


class Level(IntEnum):
    """What a combination of facts leads to."""

    NO_FINDING = 0
    ADVISE = 1
    MONITOR = 2
    DELIBERATE = 3
    PROHIBIT = 4
    PROHIBIT_NOT_WAIVABLE = 5

    @classmethod
    def of(cls, outcome: Outcome, waivable: bool) -> Level:
        """The level of an outcome; only prohibitions differ by being waivable."""
        if outcome is Outcome.PROHIBIT and not waivable:
            return cls.PROHIBIT_NOT_WAIVABLE
        return cls(outcome.rank)

    @property
    def word(self) -> str:
        """The outcome, or `prohibit_not_waivable`."""
        return self.name.lower()


def levels_of(rule: Rule) -> tuple[Level, Level, Level]:
    """The levels of a rule that is false, open and true."""
    most = Outcome.DELIBERATE if rule.is_draft else Outcome.PROHIBIT
    is_open = Level.of(min(rule.if_unknown, most), rule.waivable)
    return Level.NO_FINDING, is_open, Level.of(min(rule.outcome, most), rule.waivable)


@dataclass(frozen=True)
class Speech:
    """What each rule says of each combination of a space."""

    truths: Truths

    @property
    def space(self) -> Space:
        """The space spoken of."""
        return self.truths.space

    def of(self, read: ReadRule) -> int:
        """The level a rule gives each combination, existing or not."""
        levels = levels_of(read.rule)
        return self.space.diagrams.map(self._said(read), lambda truth: int(levels[truth]))

    def holds(self, read: ReadRule) -> int:
        """1 where the rule binds and is definitely true, among what exists."""
        diagrams = self.space.diagrams
        true = diagrams.map(self._said(read), lambda truth: int(truth == TRUE))
        return diagrams.apply(LEAST, true, self.space.mask)

    def _said(self, read: ReadRule) -> int:
        """The truth of a rule that binds; what may not bind never holds (semantics §5.10)."""
        condition, binds = self.truths.of(read.condition), self.truths.binds(read)
        return self.space.diagrams.apply(LEAST_TRUE, condition, binds)

    def highest(self, nodes: Sequence[int]) -> int:
        """The highest level of several."""
        return self.space.diagrams.fold(MOST, nodes, Level.NO_FINDING)


@dataclass(frozen=True)
class Change:
    """The combinations of a space whose level differs between two sets of rules."""

    speech: Speech
    old: tuple[ReadRule, ...]
    new: tuple[ReadRule, ...]

    @classmethod
    def between(
        cls, old: tuple[ReadRule, ...], new: tuple[ReadRule, ...], unknowns: bool
    ) -> Change:
        """The change from old to new over the space of both."""
        return cls(Speech(Truths(Space.of((*old, *new), unknowns))), old, new)

    @property
    def space(self) -> Space:
        """The space in which both sets can be told apart."""
        return self.speech.space

    @cached_property
    def pairs(self) -> int:
        """0 where nothing changes or nothing exists, else the pair (old level, new level) as a
        leaf; see `levels_in`.

        Rules that say the same in both sets can only hide a change, never make one. So the change
        between the rest is found first, and kept only where no common rule hides it.
        """
        diagrams = self.space.diagrams
        changed = diagrams.apply(_EXISTING, self.space.mask, self.own)
        for common in sorted(self._old & self._new):
            changed = diagrams.apply(_HIDDEN_BY, changed, common)
        return changed

    @cached_property
    def own(self) -> int:
        """As `pairs`, for the rules alone that do not say the same in both sets, and whether or
        not a combination exists.
        """
        before = self.speech.highest(sorted(self._old - self._new))
        after = self.speech.highest(sorted(self._new - self._old))
        return self.space.diagrams.apply(_DIFFER, before, after)

    @property
    def is_exact(self) -> bool:
        """Whether the levels are those of the engine everywhere, not only bounds."""
        return self._exact((*self.old, *self.new))

    @property
    def proves(self) -> bool:
        """Whether no change found means that there is none.

        Rules that both sets share to the letter need not be exact: they can only hide a change.
        """
        old, new = map(_texts, (self.old, self.new))
        return self._exact(
            [read for text, read in (old | new).items() if text not in old.keys() & new.keys()]
        )

    def _exact(self, reads: Iterable[ReadRule]) -> bool:
        if not self.space.unknowns:
            return True
        coupled = any(is_coupled(read.condition) for read in reads)
        return not coupled and not self.space.names_an_anchor

    @cached_property
    def _old(self) -> frozenset[int]:
        return frozenset(self.speech.of(read) for read in self.old)

    @cached_property
    def _new(self) -> frozenset[int]:
        return frozenset(self.speech.of(read) for read in self.new)

    def changed_in(self, cube: Cube) -> int:
        """How many combinations of a cube change."""
        diagrams, space = self.space.diagrams, self.space
        sides = [
            space.one_of(
                space.variables[number].name, (space.variables[number].cells[p] for p in places)
            )
            for number, places in cube.path
        ]
        inside = diagrams.apply(_EXISTING, diagrams.fold(LEAST, sides, 1), self.pairs)
        return sum(n for leaf, n in count(diagrams, inside, space.weights).items() if leaf)

    @cached_property
    def leaves(self) -> frozenset[int]:
        """The pairs of levels that occur."""
        return self.space.diagrams.leaves(self.pairs) - {0}


def _texts(reads: Iterable[ReadRule]) -> dict[object, ReadRule]:
    """The rules by all that decides what they say."""
    return {
        (read.condition, levels_of(read.rule), read.bounds(), read.follows_event): read
        for read in reads
    }


def levels_in(leaf: int) -> tuple[Level, Level]:
    """The old and the new level of a leaf of `Change.pairs` other than 0."""
    old, new = divmod(leaf - 1, len(Level))
    return Level(old), Level(new)


def _pair(old: int, new: int) -> int:
    return 0 if old == new else 1 + old * len(Level) + new


def _hidden(pair: int, level: int) -> int:
    if pair == 0:
        return 0
    old, new = levels_in(pair)
    return _pair(max(old, level), max(new, level))


_DIFFER = Operation(_pair)
_EXISTING = Operation(lambda exists, pair: pair if exists else 0, absorbing=0)
_HIDDEN_BY = Operation(_hidden)


def level_by_engine(pack: Pack, record: Record) -> Level:
    """What the engine itself decides on a record."""
    decision = decide(evaluate((pack,), record.whole()), ())
    levels = (_level_of_finding(finding) for finding in decision.findings)
    return max((Level(decision.outcome.rank), *levels))


def _level_of_finding(finding: Finding) -> Level:
    return Level.of(finding.outcome, finding.reading.facets.waivable)
