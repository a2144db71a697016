"""Mutation score: how many small slips in a pack its own tests would notice.

A mutant is killed when a test of the rule (or of a rule it excepts) or a case of the pack comes out
otherwise. Of those that survive, a mutant is *equivalent* when it is proved to say the same for
every combination of facts that are each known or unknown; it leaves the denominator, since no test
over such facts could notice it. The rest survived: a test is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from policy_service.domain.decisions import RuleReading
from policy_service.domain.outcomes import Outcome
from policy_service.policy.analysis.diagram import LEAVES, Operation, TooLarge
from policy_service.policy.analysis.full_conditions import ReadRule, full, is_coupled, read_rules
from policy_service.policy.analysis.mutants import Mutant, mutants
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.truths import Truths
from policy_service.policy.conditions import compile_condition
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import Case, Pack
from policy_service.policy.rule import Rule
from policy_service.policy.rule_tests import is_met, meets

WHOLE = 10_000
"""Basis points of a score at which every mutant is killed."""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A slip that no test notices, with the place of its rule."""

    rule: str
    sentence: str
    file: str
    line: int

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "rule": self.rule,
            "sentence": self.sentence,
            "file": self.file,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class RuleScore:
    """The mutants of one rule."""

    rule: str
    is_draft: bool
    killed: int
    equivalent: int
    survivors: tuple[Survivor, ...]

    @property
    def mutants(self) -> int:
        """How many were made."""
        return self.killed + self.equivalent + len(self.survivors)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "rule": self.rule,
            "is_draft": self.is_draft,
            "mutants": self.mutants,
            "killed": self.killed,
            "equivalent": self.equivalent,
            "score_basis_points": score((self,)),
            "survivors": [survivor.to_json() for survivor in self.survivors],
        }


@dataclass(frozen=True, slots=True)
class MutationReport:
    """The mutants of a pack, rule by rule; only rules that are read."""

    pack: str
    digest: str
    rules: tuple[RuleScore, ...]

    @property
    def score_basis_points(self) -> int:
        """Killed of those that are not equivalent, in hundredths of a percent, rounded down."""
        return score(self.rules)

    @property
    def survivors(self) -> tuple[Survivor, ...]:
        """All of them, rule by rule."""
        return tuple(survivor for rule in self.rules for survivor in rule.survivors)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "pack": self.pack,
            "digest": self.digest,
            "mutants": sum(rule.mutants for rule in self.rules),
            "killed": sum(rule.killed for rule in self.rules),
            "equivalent": sum(rule.equivalent for rule in self.rules),
            "score_basis_points": self.score_basis_points,
            "rules": [rule.to_json() for rule in self.rules],
        }


def score(rules: Iterable[RuleScore]) -> int:
    """Basis points of killed mutants among those that are not equivalent; WHOLE of none."""
    rules = tuple(rules)
    killed = sum(rule.killed for rule in rules)
    counted = killed + sum(len(rule.survivors) for rule in rules)
    return killed * WHOLE // counted if counted else WHOLE


def mutation_score(pack: Pack, beside: Sequence[Pack] = ()) -> MutationReport:
    """The mutants of every rule that is read, and their fates.

    Cases of the pack are run as well where `beside` holds the other packs they name.
    """
    trial = _Trial.of(pack, beside)
    rules = [rule for rule in trial.pack.rules if rule.status.is_read]
    return MutationReport(pack.id, pack.digest, tuple(trial.rule_score(rule) for rule in rules))


@dataclass(frozen=True, slots=True)
class _Trial:
    """A pack whose rules are swapped for mutants, one at a time."""

    pack: Pack
    cases: tuple[tuple[Case, tuple[RuleReading, ...]], ...]
    """Each case with what all rules say of it while nothing is changed."""
    original: dict[str, ReadRule]

    @classmethod
    def of(cls, pack: Pack, beside: Sequence[Pack]) -> _Trial:
        """What fails before anything is changed notices nothing, so it is left out."""
        by_id = {**{other.id: other for other in beside}, pack.id: pack}
        cases = [case for case in pack.cases if by_id.keys() >= set(case.packs)]
        read = [evaluate([by_id[name] for name in case.packs], case.facts()) for case in cases]
        whole = [(case, said) for case, said in zip(cases, read, strict=True) if meets(case, said)]
        originals = {read.rule.id: read for read in read_rules(pack.rules)}
        return cls(_with_tests_that_hold(pack), tuple(whole), originals)

    def rule_score(self, rule: Rule) -> RuleScore:
        fates = [(mutant, self._fate(rule, mutant)) for mutant in mutants(rule)]
        survivors = [mutant for mutant, fate in fates if fate is Fate.SURVIVED]
        return RuleScore(
            rule=rule.id,
            is_draft=rule.is_draft,
            killed=sum(fate is Fate.KILLED for _, fate in fates),
            equivalent=sum(fate is Fate.EQUIVALENT for _, fate in fates),
            survivors=tuple(Survivor(rule.id, m.sentence, rule.file, rule.line) for m in survivors),
        )

    def _fate(self, rule: Rule, mutant: Mutant) -> Fate:
        rules = self._swapped(rule, mutant)
        changed = [full_rule(other, rules) for other in rules if self._is_changed(other, rule)]
        if any(self._fails(other.rule) for other in changed) or self._fails_a_case(changed):
            return Fate.KILLED
        return Fate.EQUIVALENT if all(map(self._says_the_same, changed)) else Fate.SURVIVED

    def _swapped(self, rule: Rule, mutant: Mutant) -> list[Rule]:
        swapped = mutant.applied_to(rule)
        return [swapped if other.id == rule.id else other for other in self.pack.rules]

    def _is_changed(self, other: Rule, rule: Rule) -> bool:
        """The mutant itself, and whatever it is an exception to."""
        return other.id == rule.id or other.id in rule.exception_to

    def _fails(self, rule: Rule) -> bool:
        return not all(is_met(self.pack, rule, test) for test in rule.tests)

    def _fails_a_case(self, changed: Sequence[ReadRule]) -> bool:
        """Only what changed is read again; the other rules say what they said."""
        rules = tuple(read.rule for read in changed)
        mutated = replace(self.pack, rules=rules)
        return any(
            not meets(case, (*_others(readings, rules), *evaluate((mutated,), case.facts())))
            for case, readings in self.cases
        )

    def _says_the_same(self, changed: ReadRule) -> bool:
        try:
            return same_voice(self.original[changed.rule.id], changed)
        except TooLarge:
            return False


def _with_tests_that_hold(pack: Pack) -> Pack:
    rules = (
        replace(rule, tests=tuple(test for test in rule.tests if is_met(pack, rule, test)))
        for rule in pack.rules
    )
    return replace(pack, rules=tuple(rules))


def _others(readings: Iterable[RuleReading], rules: Sequence[Rule]) -> list[RuleReading]:
    ids = {rule.id for rule in rules}
    return [reading for reading in readings if reading.facets.rule not in ids]


def full_rule(rule: Rule, rules: Sequence[Rule]) -> ReadRule:
    """The rule compiled anew with the exceptions that these rules make to it."""
    condition = full(rule, rules)
    return ReadRule(replace(rule, compiled=compile_condition(condition)), condition)


def same_voice(one: ReadRule, other: ReadRule) -> bool:
    """Proof that two rules say the same wherever each fact is known or wholly unknown.

    What a rule says is whether it holds, what it asks for, and the worst it could become. Of rules
    whose unknowns the diagram only bounds, nothing is proved.
    """
    if is_coupled(one.condition) or is_coupled(other.condition):
        return False
    space = Space.of((one, other), unknowns=True)
    if space.names_an_anchor:
        return False
    truths = Truths(space)
    voices: dict[object, int] = {}
    said = []
    for read in (one, other):
        leaves = [voices.setdefault(voice, len(voices)) for voice in _voices(read.rule)]
        spoken = space.diagrams.map(truths.of(read.condition), leaves.__getitem__)
        said.append(space.diagrams.apply(_WHERE, space.mask, spoken))
    return said[0] == said[1]


def _voices(rule: Rule) -> tuple[object, object, object]:
    """What a rule says when false, open and true."""
    most = Outcome.DELIBERATE if rule.is_draft else Outcome.PROHIBIT
    undecided = ("open", min(rule.if_unknown, most), rule.outcome)
    return ("silent", undecided, ("holds", min(rule.outcome, most), rule.outcome))


_WHERE = Operation(lambda exists, voice: voice if exists else LEAVES - 1)
