"""What a new version of a pack changes: exactly how many combinations of facts, and which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policy_service.policy.analysis.counting import count, largest_cubes
from policy_service.policy.analysis.diagram import TooLarge
from policy_service.policy.analysis.full_conditions import read_rules
from policy_service.policy.analysis.in_words import sides_in_words
from policy_service.policy.analysis.levels import Change, Level, levels_in
from policy_service.policy.analysis.rule_changes import RuleChanges
from policy_service.policy.analysis.witnesses import Witness, witness
from policy_service.policy.pack import Pack

MOST_CUBES = 100
MOST_REGIONS = 10
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PackName:
    """Which pack, in which version, under which digest."""

    pack: str
    version: str
    digest: str

    @classmethod
    def of(cls, pack: Pack) -> PackName:
        """The name of a pack."""
        return cls(pack.id, pack.version, pack.digest)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {"pack": self.pack, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many combinations there are, and how many go from one level to another."""

    combinations: int
    by_levels: tuple[tuple[Level, Level, int], ...]
    exact: bool
    """False where a rule compares one date with two others: its unknowns are only bounded."""

    @property
    def changed(self) -> int:
        """How many change at all."""
        return sum(number for _, _, number in self.by_levels)

    @property
    def loosened(self) -> int:
        """How many end at a lower level."""
        return sum(number for old, new, number in self.by_levels if new < old)

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form. Counts are decimal text: they can pass 2^53."""
        return {
            "exact": self.exact,
            "combinations": str(self.combinations),
            "changed": str(self.changed),
            "loosened": str(self.loosened),
            "changed_per_million": self.changed * MILLION // max(self.combinations, 1),
            "by_outcome": [
                {"old": old.word, "new": new.word, "combinations": str(number)}
                for old, new, number in self.by_levels
            ],
        }


@dataclass(frozen=True, slots=True)
class Region:
    """A box of combinations, in words: what the rules that differ say there before and after.

    `combinations` counts those whose level changes; in others of the box a stricter rule that both
    versions share hides the change.
    """

    old: Level
    new: Level
    combinations: int
    facts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "old": self.old.word,
            "new": self.new.word,
            "combinations": str(self.combinations),
            "facts": list(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a pack compared.

    `known` counts combinations of known facts, `with_unknowns` those in which facts may be unknown
    as well; None if there were too many to tell. `regions` are the boxes of known
    combinations with most changes; `beyond` counts what changes outside them.
    """

    old: PackName
    new: PackName
    rules: RuleChanges
    known: Counted
    with_unknowns: Counted | None
    regions: tuple[Region, ...]
    beyond: int
    witnesses: tuple[Witness, ...]

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form."""
        return {
            "old": self.old.to_json(),
            "new": self.new.to_json(),
            "rules": self.rules.to_json(),
            "known": self.known.to_json(),
            "with_unknowns": self.with_unknowns.to_json() if self.with_unknowns else None,
            "regions": [region.to_json() for region in self.regions],
            "beyond_the_regions": str(self.beyond),
            "witnesses": [one.to_json() for one in self.witnesses],
        }


def compare(old: Pack, new: Pack) -> Comparison:
    """What changes from one pack to another, usually two versions of one."""
    known = change_between(old, new, unknowns=False)
    unknown = try_change(old, new)
    counted = counted_change(known)
    regions = tuple(_regions(known))
    return Comparison(
        old=PackName.of(old),
        new=PackName.of(new),
        rules=RuleChanges.between(old, new),
        known=counted,
        with_unknowns=counted_change(unknown) if unknown else None,
        regions=regions,
        beyond=counted.changed - sum(region.combinations for region in regions),
        witnesses=tuple(_witnesses([known, *([unknown] if unknown else [])], old, new)),
    )


def change_between(old: Pack, new: Pack, unknowns: bool) -> Change:
    """The change as a diagram; TooLarge if it outgrows what is kept in memory."""
    return Change.between(read_rules(old.rules), read_rules(new.rules), unknowns)


def try_change(old: Pack, new: Pack) -> Change | None:
    """The change with unknowns; None where it is too large to tell."""
    try:
        change = change_between(old, new, unknowns=True)
        _ = change.pairs
    except TooLarge:
        return None
    return change


def counted_change(change: Change) -> Counted:
    """How many combinations exist, and how many of them change, by levels."""
    space = change.space
    total = count(space.diagrams, space.mask, space.weights)[1]
    changed = count(space.diagrams, change.pairs, space.weights)
    rows = [(*levels_in(leaf), number) for leaf, number in sorted(changed.items()) if leaf]
    return Counted(total, tuple(rows), change.is_exact)


def _regions(change: Change) -> list[Region]:
    """The boxes with most changes, of the largest in which the differing rules speak unlike."""
    space = change.space
    cubes = largest_cubes(space.diagrams, change.own, space.weights, MOST_CUBES)
    regions = [
        Region(*levels_in(cube.leaf), number, sides_in_words(space, dict(cube.path)))
        for cube in cubes
        if (number := change.changed_in(cube))
    ]
    return sorted(regions, key=lambda region: -region.combinations)[:MOST_REGIONS]


def _witnesses(changes: Sequence[Change], old: Pack, new: Pack) -> Iterator[Witness]:
    """One for each pair of levels, of known facts where that is possible."""
    seen: set[int] = set()
    for change in changes:
        for leaf in sorted(change.leaves - seen):
            seen.add(leaf)
            yield witness(change, leaf, old, new)
