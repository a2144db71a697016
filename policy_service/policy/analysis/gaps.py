"""Gaps: a tie is stated or an event is on record, and no rule of the selected packs speaks.

A gap is nothing wrong by itself: most ties are no concern of care that has ended. What is told is
how much of the space is silent, word by word, and which words no rule looks at in any combination.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policy_service.domain.facts import NOT_APPLICABLE
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.analysis.counting import count
from policy_service.policy.analysis.diagram import LEAST, Diagrams
from policy_service.policy.analysis.full_conditions import ReadRule
from policy_service.policy.analysis.levels import Speech
from policy_service.policy.analysis.space import Space
from policy_service.policy.analysis.truths import Truths
from policy_service.policy.conditions import Words
from policy_service.policy.worlds import NO_TIE

STATED = {"tie": NO_TIE, "event_kind": NOT_APPLICABLE}
"""The facts that state something, and the word by which they state nothing."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One word stated: in how many combinations, in how many of them no rule speaks, and whether
    stating it instead of nothing ever changes what a rule says.
    """

    fact: str
    word: str
    combinations: int
    silent: int
    unheard: bool

    def to_json(self) -> dict[str, Any]:
        """Canonical-JSON-safe form; counts are decimal text."""
        return {
            "fact": self.fact,
            "word": self.word,
            "combinations": str(self.combinations),
            "silent": str(self.silent),
            "unheard": self.unheard,
        }


def gaps(reads: Sequence[ReadRule]) -> Iterator[Gap]:
    """The gaps of a set of rules, over known facts, for each word of each stating fact."""
    atoms = [atom for read in reads for atom in read.atoms()]
    space = Space.over([*atoms, *_every_word()], unknowns=False)
    speech = Speech(Truths(space))
    spoken = [speech.of(read) for read in reads]
    silence = _silence(space, spoken)
    for fact, nothing in STATED.items():
        asking = [
            level for read, level in zip(reads, spoken, strict=True) if fact in read.rule.facts
        ]
        for word in VOCABULARY[fact].values:
            if word != nothing:
                yield _gap(space, (silence, asking), fact, word)


def _silence(space: Space, spoken: Sequence[int]) -> int:
    """1 for what exists and makes no rule speak."""
    diagrams = space.diagrams
    silent = [diagrams.map(level, lambda one: int(one == 0)) for level in set(spoken)]
    return diagrams.fold(LEAST, [space.mask, *sorted(silent)], 1)


def _every_word() -> Iterator[Words]:
    """Comparisons that tell all words of the stating facts apart."""
    for fact in STATED:
        for word in VOCABULARY[fact].values:
            yield Words(fact, (word,))


def _gap(space: Space, sounds: tuple[int, Sequence[int]], fact: str, word: str) -> Gap:
    silence, asking = sounds
    diagrams, number = space.diagrams, space.numbers[fact]
    variable = space.variables[number]
    here, nowhere = variable.place_of_word(word), variable.place_of_word(STATED[fact])
    only = space.one_of(fact, (variable.cells[here],))
    stated, silent = (diagrams.apply(LEAST, only, one) for one in (space.mask, silence))
    heard = any(_differs(diagrams, level, number, (here, nowhere)) for level in asking)
    return Gap(
        fact,
        word,
        count(diagrams, stated, space.weights)[1],
        count(diagrams, silent, space.weights)[1],
        not heard,
    )


def _differs(diagrams: Diagrams, level: int, number: int, places: tuple[int, int]) -> bool:
    one, other = (diagrams.restrict(level, number, place) for place in places)
    return one != other
