"""A condition as a table: facts down, the ways in which it can hold across.

A way demands something of each fact it looks at. The condition holds exactly if one of its ways
does: the ways are its disjunctive form, with demands on the same fact drawn together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

from policy_service.domain.facts import FactType
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.conditions import All, Atom, Condition, Day, Not, Number, Some, Words
from policy_service.policy.pages.phrases import some_words, words_in_words
from policy_service.policy.pages.sentences import day_in_words, number_in_words

MOST_WAYS = 12
"""More columns than this are no help to a reader."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a way demands of one fact: words of an enum, comparisons, or both."""

    words: frozenset[str] | None = None
    comparisons: tuple[str, ...] = ()

    def both(self, other: Demand) -> Demand:
        """Both demands at once."""
        words = (self.words, other.words)
        if None in words:
            shared = self.words if other.words is None else other.words
        else:
            shared = frozenset.intersection(*(each for each in words if each is not None))
        seen = dict.fromkeys((*self.comparisons, *other.comparisons))
        return Demand(shared, tuple(seen))

    @property
    def is_empty(self) -> bool:
        """True when nothing can meet it."""
        return self.words is not None and not self.words


Way = Mapping[str, Demand]


@dataclass(frozen=True, slots=True)
class Row:
    """A fact and what each way demands of it; empty where a way does not look at it."""

    fact: str
    question: str
    demanded: tuple[str, ...]


def condition_as_rows(condition: Condition) -> tuple[Row, ...]:
    """The table; empty when the condition has more ways than a table can show."""
    found = ways(condition)
    if not found:
        return ()
    facts = list(dict.fromkeys(fact for way in found for fact in way))
    return tuple(
        Row(fact, _question(fact), tuple(_cell(fact, way.get(fact)) for way in found))
        for fact in facts
    )


class _TooMany(Exception):
    """The condition, or a part of it, has more ways than a table can show."""


def ways(condition: Condition) -> tuple[Way, ...]:
    """The ways in which the condition can hold; none when there are more than MOST_WAYS."""
    try:
        return _few(condition, True)
    except _TooMany:
        return ()


def _few(condition: Condition, holds: bool) -> tuple[Way, ...]:
    """Distinct ways. Parts are bounded too, so that a deep condition cannot take for ever."""
    found: list[Way] = []
    for way in _ways(condition, holds):
        if way not in found:
            found.append(way)
        if len(found) > MOST_WAYS:
            raise _TooMany
    return tuple(found)


def _ways(condition: Condition, holds: bool) -> Iterator[Way]:
    match condition:
        case Not(part):
            yield from _ways(part, not holds)
        case All(parts) if holds:
            yield from _together(parts, True)
        case Some(parts) if not holds:
            yield from _together(parts, False)
        case All(parts) | Some(parts):
            for part in parts:
                yield from _ways(part, holds)
        case atom:
            yield {_fact(atom): _demand(atom, holds)}


def _together(parts: Sequence[Condition], holds: bool) -> Iterator[Way]:
    for chosen in product(*(_few(part, holds) for part in parts)):
        way = reduce(_merged, chosen)
        if not any(demand.is_empty for demand in way.values()):
            yield way


def _merged(one: Way, other: Way) -> Way:
    shared = {fact: one[fact].both(other[fact]) for fact in one if fact in other}
    return {**one, **other, **shared}


def _fact(atom: Atom) -> str:
    return atom.left if isinstance(atom, Day) else atom.fact


def _demand(atom: Atom, holds: bool) -> Demand:
    match atom:
        case Words(fact, words) if VOCABULARY[fact].type is FactType.ENUM:
            rest = frozenset(VOCABULARY[fact].values) - frozenset(words)
            return Demand(frozenset(words) if holds else rest)
        case Words(fact, words):
            return _compared(words_in_words(fact, words), holds)
        case Number(fact, than, limit):
            return _compared(number_in_words(fact, than, limit), holds)
        case Day(_, when, right):
            return _compared(day_in_words(when, right), holds)


def _compared(said: str, holds: bool) -> Demand:
    return Demand(None, (said if holds else f"not {said}",))


def _cell(fact: str, demand: Demand | None) -> str:
    if demand is None:
        return ""
    words = () if demand.words is None else (some_words(fact, demand.words),)
    return "; ".join((*words, *demand.comparisons))


def _question(fact: str) -> str:
    return VOCABULARY[fact].question if fact in VOCABULARY else "On which day is the check made?"
