"""How the rules of one pack stand to one another: dead, shadowed, overlapping.

All of it is over known facts: a rule that could only fire on facts known in part is dead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from policy_service.policy.analysis.diagram import LEAST, Operation
from policy_service.policy.analysis.full_conditions import ReadRule, read_rules
from policy_service.policy.analysis.items import Gravity, Item, Topic
from policy_service.policy.analysis.levels import Level, Speech, levels_of
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.truths import TRUE, Truths
from policy_service.policy.pack import Pack

_WITHOUT = Operation(lambda here, there: here if not there else 0)


@dataclass(frozen=True)
class Standing:
    """The rules of a pack and where each of them holds."""

    pack: Pack
    reads: tuple[ReadRule, ...]
    speech: Speech

    @classmethod
    def of(cls, pack: Pack) -> Standing:
        """The standing of the rules that are read."""
        reads = read_rules(pack.rules)
        return cls(pack, reads, Speech(Truths(Space.of(reads, unknowns=False))))

    @cached_property
    def holds(self) -> dict[str, int]:
        """1 where a rule holds, by rule id."""
        return {read.rule.id: self.speech.holds(read) for read in self.reads}

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each rule in the order of the pack."""
        return {read.rule.id: place for place, read in enumerate(self.reads)}

    @cached_property
    def overlaps(self) -> dict[str, tuple[ReadRule, ...]]:
        """For each rule those that hold on some combination on which it holds as well."""
        met: dict[str, list[ReadRule]] = {read.rule.id: [] for read in self.reads}
        for one, other in combinations(self.reads, 2):
            if self._meet(one, other):
                met[one.rule.id].append(other)
                met[other.rule.id].append(one)
        return {name: tuple(found) for name, found in met.items()}

    def items(self) -> Iterator[Item]:
        """Everything there is to say of the pack's rules beside one another."""
        for read in self.reads:
            if self.holds[read.rule.id] == 0:
                yield self._dead(read)
                continue
            yield from self._shadowed(read)
            yield from self._overlapping(read)

    def _meet(self, one: ReadRule, other: ReadRule) -> bool:
        diagrams = self.speech.space.diagrams
        return diagrams.apply(LEAST, self.holds[one.rule.id], self.holds[other.rule.id]) != 0

    def _dead(self, read: ReadRule) -> Item:
        sentence = "can never hold: no combination of facts meets its condition"
        item = Item.of_rule(Topic.DEAD, self.pack, read.rule, sentence)
        return replace(item, gravity=Gravity.FAULT)

    def _shadowed(self, read: ReadRule) -> Iterator[Item]:
        """Never decisive: wherever it holds, one at least as strict holds too."""
        own = self.holds[read.rule.id]
        stricter = [o.rule.id for o in self.overlaps[read.rule.id] if level_of(o) >= level_of(read)]
        casting = next(([name] for name in stricter if not self._left(own, [name])), None)
        if casting is None and not self._left(own, stricter):
            casting = self._needed(own, stricter)
        if casting:
            sentence = f"is never decisive: wherever it holds, so does {_listed(casting, ' or ')}"
            item = Item.of_rule(Topic.SHADOWED, self.pack, read.rule, sentence)
            yield replace(item, others=tuple(casting))

    def _left(self, here: int, ids: Iterable[str]) -> int:
        """What is left of `here` where none of these rules holds."""
        for name in ids:
            here = self.speech.space.diagrams.apply(_WITHOUT, here, self.holds[name])
        return here

    def _needed(self, here: int, ids: list[str]) -> list[str]:
        """As few of these rules as still cover `here`: each that is left out would leave a hole."""
        needed = list(ids)
        for name in ids:
            others = [other for other in needed if other != name]
            if not self._left(here, others):
                needed = others
        return needed

    def _overlapping(self, read: ReadRule) -> Iterator[Item]:
        """Each pair once, told at the rule that comes first."""
        ids = [
            other.rule.id
            for other in self.overlaps[read.rule.id]
            if other.rule.outcome is not read.rule.outcome
            and self.places[other.rule.id] > self.places[read.rule.id]
        ]
        if ids:
            sentence = f"can hold together with {_listed(ids, ', ')}, of another outcome"
            item = Item.of_rule(Topic.OVERLAP, self.pack, read.rule, sentence)
            yield replace(item, others=tuple(ids))


def level_of(read: ReadRule) -> Level:
    """What a rule asks for when it holds."""
    return levels_of(read.rule)[TRUE]


def _listed(ids: Sequence[str], between: str) -> str:
    more = f" and {len(ids) - 3} more" if len(ids) > 3 else ""
    return between.join(ids[:3]) + more
