"""The index: which rules the known words of a record leave standing, by a few look-ups.

It knows two shapes among the conjuncts of a rule: an enum fact that is one of some words, and, once
for each rule, a choice between such facts of the base. A word that fails the one, or facts that all
fail the other, make the rule false. A fact that is not known leaves out no rule that it could still
meet, and the rules that name it wait: they are read in full. So the index has no meaning of its own
(docs/semantics.md §5). Sets of rules are the bits of an integer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from policy_service.domain.facts import Fact, FactGroup, FactType, Known, OneOf
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.conditions import Compiled, Test, Words, all_of

Indexed = tuple[str, Mapping[str | int, int], int]
"""A fact; by word the rules that the word leaves standing; and the rules that wait for the fact
while it is not known."""


@dataclass(frozen=True, slots=True)
class Split:
    """A rule's conjuncts: what the index knows, and what is left to be read."""

    words: tuple[Words, ...]
    either: tuple[Words, ...]
    """The parts of one choice; empty when there is none."""
    rest: Test | None

    @classmethod
    def of(cls, condition: Compiled) -> Split:
        """The conjuncts of a condition."""
        words: list[Words] = []
        either: tuple[Words, ...] = ()
        rest: list[Test] = []
        for conjunct in condition.conjuncts():
            atom = _as_words(conjunct)
            if atom is not None:
                words.append(atom)
            elif not either and (choice := _as_choice(conjunct)):
                either = choice
            else:
                rest.append(conjunct.test)
        return cls(tuple(words), either, all_of(rest) if rest else None)


@dataclass(frozen=True, slots=True)
class Index:
    """What the known words of the facts say of the rules, in the order of the splits given."""

    base: tuple[Indexed, ...]
    """Facts that are the same in every view."""
    ties: tuple[Indexed, ...]
    """The facts of a tie."""
    choices: tuple[Indexed, ...]
    """Facts that choices name; here a word leaves standing the rules whose choice it meets."""
    without_choice: int

    @classmethod
    def of(cls, splits: Sequence[Split]) -> Index:
        """The index over some rules."""
        conjuncts = _conjuncts(splits)
        return cls(
            base=tuple(one for one in conjuncts if not _is_of_tie(one[0])),
            ties=tuple(one for one in conjuncts if _is_of_tie(one[0])),
            choices=_choices(splits),
            without_choice=sum(1 << n for n, split in enumerate(splits) if not split.either),
        )

    def on_base(self, facts: Mapping[str, Fact], rules: int) -> tuple[int, int]:
        """(those of the rules that the base facts leave standing, those that wait)."""
        met, waiting = self.without_choice, 0
        fact_of = facts.get
        for name, by_word, naming in self.choices:
            fact = fact_of(name)
            if type(fact) is Known:
                met |= by_word[fact.value]
            else:
                met |= naming
                waiting |= naming
        return narrow(self.base, facts, rules & met, waiting)


def narrow(
    index: Sequence[Indexed], facts: Mapping[str, Fact], left: int, waiting: int
) -> tuple[int, int]:
    """(the rules of `left` that no indexed fact makes false, those that wait for one)."""
    fact_of = facts.get
    for name, by_word, naming in index:
        fact = fact_of(name)
        if type(fact) is Known:
            left &= by_word[fact.value]
            continue
        waiting |= naming
        if type(fact) is OneOf:
            left &= reduce(or_, (by_word[word] for word in fact.values))
    return left, waiting


def _as_words(condition: Compiled) -> Words | None:
    atom = condition.atom
    if isinstance(atom, Words) and VOCABULARY[atom.fact].type is FactType.ENUM:
        return atom
    return None


def _as_choice(condition: Compiled) -> tuple[Words, ...]:
    """The parts of a choice that is between words of base facts alone; else nothing."""
    if not condition.is_any:
        return ()
    found = tuple(atom for atom in map(_as_words, condition.parts) if atom is not None)
    is_known = len(found) == len(condition.parts)
    return found if is_known and not any(_is_of_tie(atom.fact) for atom in found) else ()


def _is_of_tie(fact: str) -> bool:
    return VOCABULARY[fact].group is FactGroup.TIE


def _conjuncts(splits: Sequence[Split]) -> tuple[Indexed, ...]:
    everything = (1 << len(splits)) - 1
    found: dict[str, dict[str | int, int]] = {}
    naming: Counter[str] = Counter()
    for place, split in enumerate(splits):
        for atom in split.words:
            left = found.setdefault(atom.fact, _for_each_word(atom.fact, everything))
            naming[atom.fact] |= 1 << place
            for word in left.keys() - set(atom.words):
                left[word] &= ~(1 << place)
    return tuple((fact, left, naming[fact]) for fact, left in found.items())


def _choices(splits: Sequence[Split]) -> tuple[Indexed, ...]:
    found: dict[str, dict[str | int, int]] = {}
    naming: Counter[str] = Counter()
    for place, split in enumerate(splits):
        for atom in split.either:
            met = found.setdefault(atom.fact, _for_each_word(atom.fact, 0))
            naming[atom.fact] |= 1 << place
            for word in atom.words:
                met[word] |= 1 << place
    return tuple((fact, met, naming[fact]) for fact, met in found.items())


def _for_each_word(fact: str, rules: int) -> dict[str | int, int]:
    return dict.fromkeys(VOCABULARY[fact].values, rules)
