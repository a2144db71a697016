"""Everything there is to say about a set of packs before anyone relies on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policy_service.policy.analysis.diagram import TooLarge
from policy_service.policy.analysis.full_conditions import ReadRule, read_rules
from policy_service.policy.analysis.gaps import Gap, gaps
from policy_service.policy.analysis.items import Gravity, Item, Topic
from policy_service.policy.analysis.missing_tests import missing_tests
from policy_service.policy.analysis.mutation import MutationReport, mutation_score
from policy_service.policy.analysis.standing import Standing
from policy_service.policy.pack import Pack
from policy_service.policy.rule import Status

LEAST_SCORE = 9_500
"""Basis points below which the mutation score of a pack with rules in force is a fault."""


@dataclass(frozen=True, slots=True)
class PackStudy:
    """One pack: how many rules in force, how many drafts, its mutants, and its gaps.

    The gaps are those of the pack together with the packs that bind everyone; none are told where
    that takes too long.
    """

    pack: str
    version: str
    digest: str
    in_force: int
    drafts: int
    tests: int
    mutation: MutationReport
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "pack": self.pack,
            "version": self.version,
            "digest": self.digest,
            "in_force": self.in_force,
            "drafts": self.drafts,
            "tests": self.tests,
            "mutation": self.mutation.to_json(),
            "gaps": [gap.to_json() for gap in self.gaps],
        }


@dataclass(frozen=True, slots=True)
class PackReport:
    """The packs one by one, and every item with its place."""

    packs: tuple[PackStudy, ...]
    items: tuple[Item, ...]

    @property
    def faults(self) -> tuple[Item, ...]:
        """What must be mended."""
        return tuple(item for item in self.items if item.gravity is Gravity.FAULT)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "packs": [pack.to_json() for pack in self.packs],
            "items": [item.to_json() for item in self.items],
        }


def check_packs(packs: Iterable[Pack], beside: Sequence[Pack] = ()) -> PackReport:
    """Dead, shadowed and overlapping rules, gaps, missing tests and mutation scores.

    `beside` are packs that cases name and that bind along, without being checked themselves.
    """
    checked = tuple(packs)
    ids = {pack.id for pack in checked}
    company = (*checked, *(pack for pack in beside if pack.id not in ids))
    studies = tuple(_study(pack, company) for pack in checked)
    items = [
        item
        for pack, study in zip(checked, studies, strict=True)
        for item in (*_standing(pack), *missing_tests(pack), *_told(pack, study))
    ]
    return PackReport(studies, tuple(items))


def _study(pack: Pack, company: Sequence[Pack]) -> PackStudy:
    everyone = [other for other in company if other.scope.every and other.id != pack.id]
    reads = [read for other in (*everyone, pack) for read in read_rules(other.rules)]
    return PackStudy(
        pack=pack.id,
        version=pack.version,
        digest=pack.digest,
        in_force=sum(rule.status is Status.IN_FORCE for rule in pack.rules),
        drafts=sum(rule.is_draft for rule in pack.rules),
        tests=sum(len(rule.tests) for rule in pack.rules),
        mutation=mutation_score(pack, company),
        gaps=_gaps(reads),
    )


def _gaps(reads: Sequence[ReadRule]) -> tuple[Gap, ...]:
    try:
        return tuple(gaps(reads))
    except TooLarge:
        return ()


def _standing(pack: Pack) -> list[Item]:
    try:
        return list(Standing.of(pack).items())
    except TooLarge as reason:
        sentence = f"its rules cannot be compared with one another: {reason}"
        return [Item(Gravity.NOTE, Topic.DEAD, pack.id, "", "pack.yaml", 1, sentence)]


def _told(pack: Pack, study: PackStudy) -> Iterator[Item]:
    """Survivors and unheard words as items."""
    by_id = {rule.id: rule for rule in pack.rules}
    gravity = Gravity.FAULT if _is_low(study) else Gravity.NOTE
    for survivor in study.mutation.survivors:
        sentence = f"no test notices: {survivor.sentence}"
        item = Item.of_rule(Topic.MUTATION, pack, by_id[survivor.rule], sentence)
        yield replace(item, gravity=gravity)
    for gap in study.gaps:
        if gap.unheard:
            sentence = f"no rule, here or binding everyone, asks about {gap.fact} {gap.word!r}"
            yield Item(Gravity.NOTE, Topic.GAP, pack.id, "", "pack.yaml", 1, sentence)


def _is_low(study: PackStudy) -> bool:
    return study.in_force > 0 and study.mutation.score_basis_points < LEAST_SCORE
