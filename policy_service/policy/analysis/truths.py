"""The truth of conditions as diagrams: FALSE, OPEN or TRUE for every combination of a space.

With unknowns this is what the engine says of facts that are each known or wholly unknown: strong
Kleene logic, and where at most three variables are unknown and one of them stands in two
comparisons, exact supervaluation over every way to fill them in (docs/semantics.md §4).

A *coupled* condition compares one date with two others. With that date unknown the engine knows
how far apart the two are, which no cell tells; there OPEN is only a bound: the engine may say
more, never otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from policy_service.domain.facts import NOT_APPLICABLE
from policy_service.policy.analysis.cells import (
    Cell,
    DayCell,
    NumberCell,
    State,
    WordCell,
    first_of,
)
from policy_service.policy.analysis.cuts import Cut
from policy_service.policy.analysis.diagram import Operation
from policy_service.policy.analysis.full_conditions import EVENT_ON, ReadRule, names_of
from policy_service.policy.analysis.space import CALENDAR, CARE, Space
from policy_service.policy.clocks import CARE_ENDED
from policy_service.policy.conditions import (
    AS_OF,
    All,
    Atom,
    Condition,
    Day,
    Not,
    Number,
    Some,
    Than,
    When,
    Words,
)
from policy_service.policy.supervaluation import MOST_VARIABLES

FALSE, OPEN, TRUE, NOWHERE = 0, 1, 2, 3
"""Leaves. NOWHERE stands for combinations that do not exist."""


def _agreed(one: int, other: int) -> int:
    """What two ways of filling in agree on."""
    if NOWHERE in (one, other):
        return min(one, other)
    return one if one == other else OPEN


_AGREED = Operation(_agreed, neutral=NOWHERE)
_WHERE = Operation(lambda exists, truth: truth if exists else NOWHERE)
_SUM = Operation(lambda one, other: min(one + other, MOST_VARIABLES + 1), neutral=0)
_IF_FEW = Operation(lambda number, truth: truth if number <= MOST_VARIABLES else OPEN)
_SETTLED = Operation(
    lambda kleene, filled: filled if kleene == OPEN and filled != NOWHERE else kleene
)


@dataclass(frozen=True)
class Truths:
    """The truths of the conditions of one space."""

    space: Space
    _free_dates: dict[frozenset[str], int] = field(default_factory=dict, compare=False)

    def of(self, condition: Condition) -> int:
        """What the engine says of a condition."""
        kleene = self.kleene(condition)
        if not self.space.unknowns:
            return kleene
        uses = names_of(condition)
        if max(uses.values(), default=0) <= 1:
            return kleene
        diagrams = self.space.diagrams
        filled = diagrams.apply(_IF_FEW, self._unknown_count(uses), self._filled(kleene, uses))
        return diagrams.apply(_SETTLED, kleene, filled)

    def kleene(self, condition: Condition) -> int:
        """Strong Kleene truth."""
        diagrams = self.space.diagrams
        match condition:
            case All(parts):
                return diagrams.fold(LEAST_TRUE, [self.kleene(part) for part in parts], TRUE)
            case Some(parts):
                return diagrams.fold(MOST_TRUE, [self.kleene(part) for part in parts], FALSE)
            case Not(part):
                return diagrams.map(self.kleene(part), lambda truth: TRUE - truth)
            case atom:
                return self.atom(atom)

    def atom(self, atom: Atom) -> int:
        """One comparison."""
        name = self._looks_at(atom)
        variable = self.space.variable(name)
        leaves = tuple(self._truth(atom, cell) for cell in variable.cells)
        return self.space.diagrams.node(self.space.numbers[name], leaves)

    def binds(self, read: ReadRule) -> int:
        """Whether the conduct lies within a rule's dates of force (docs/semantics.md §5.2)."""
        first, until = read.bounds()
        parts = []
        if first is not None:
            parts.append(self._conduct(read, Day(AS_OF, When.ON_OR_AFTER, first)))
        if until is not None:
            parts.append(self._conduct(read, Day(AS_OF, When.BEFORE, until)))
        return self.space.diagrams.fold(LEAST_TRUE, parts, TRUE)

    def _conduct(self, read: ReadRule, today: Day) -> int:
        """A bound of force, read on the as-of date or, if there is one, on the day of the event."""
        diagrams = self.space.diagrams
        by_today = self.atom(today)
        if not read.follows_event:
            return by_today
        by_event = self.atom(replace(today, left=EVENT_ON))
        none = self.space.one_of(EVENT_ON + CALENDAR, (State.NOT_APPLICABLE,))
        no_event = diagrams.map(none, lambda is_none: TRUE if is_none else FALSE)
        without = diagrams.apply(LEAST_TRUE, no_event, by_today)
        return diagrams.apply(MOST_TRUE, without, by_event)

    def _looks_at(self, atom: Atom) -> str:
        if isinstance(atom, Day):
            return atom.left + (CARE if Cut.of(atom).is_care else CALENDAR)
        return atom.fact if atom.fact in self.space.numbers else atom.fact + CALENDAR

    def _truth(self, atom: Atom, cell: Cell) -> int:
        if cell in (State.UNKNOWN, State.NO_ANCHOR):
            return OPEN
        match atom:
            case Words(_, words):
                return TRUE if _word_of(cell) in words else FALSE
            case Number():
                return TRUE if isinstance(cell, NumberCell) and _compares(atom, cell) else FALSE
            case Day():
                return TRUE if isinstance(cell, DayCell) and self._stands(atom, cell) else FALSE

    def _stands(self, atom: Day, cell: DayCell) -> bool:
        cut, cuts = Cut.of(atom), self.space.calendar.cuts[atom.left]
        own = cuts.care if cut.is_care else cuts.calendar
        answer = cell.cuts[own.index(cut)]
        return not answer if atom.when is When.ON_OR_AFTER else answer

    def _unknown_count(self, uses: Iterable[str]) -> int:
        """How many of the variables are unknown, as far as it matters."""
        unknown = [self.space.one_of(name, (State.UNKNOWN,)) for name in self._facts(uses)]
        return self.space.diagrams.fold(_SUM, unknown, 0)

    def _facts(self, uses: Iterable[str]) -> Iterator[str]:
        """The variable of the space that says whether a fact is unknown."""
        for name in uses:
            yield name if name in self.space.numbers else name + CALENDAR

    def _filled(self, kleene: int, uses: Iterable[str]) -> int:
        """The truth on which all ways of filling in the unknowns agree, each fact varied freely."""
        exists = self._free(frozenset(uses))
        return self._joined(self.space.diagrams.apply(_WHERE, exists, kleene))

    def _free(self, names: frozenset[str]) -> int:
        """1 for the known orders of the days of these facts, each free but for the calendar."""
        calendar = self.space.calendar
        if names.isdisjoint(calendar.cuts) and CARE_ENDED not in names:
            return 1
        key = names & {*calendar.cuts, CARE_ENDED}
        if key not in self._free_dates:
            cuts = {name: cuts for name, cuts in calendar.cuts.items() if name in names | {AS_OF}}
            scenes = replace(calendar, cuts=cuts, unknowns=False, free=True).scenes()
            with_end = [scene for scene in scenes if scene.ended is not State.NO_ANCHOR]
            kept = with_end if CARE_ENDED in names else scenes
            self._free_dates[key] = self.space.dates(kept)
        return self._free_dates[key]

    def _joined(self, truth: int) -> int:
        """Below each unknown cell, what the known cells agree on."""
        diagrams, variables = self.space.diagrams, self.space.variables

        def join(number: int, parts: tuple[int, ...]) -> int:
            cells = variables[number].cells
            if State.UNKNOWN not in cells:
                return diagrams.node(number, parts)
            place = cells.index(State.UNKNOWN)
            known = (*parts[:place], *parts[place + 1 :])
            agreed = diagrams.fold(_AGREED, known, NOWHERE)
            return diagrams.node(number, (*parts[:place], agreed, *parts[place + 1 :]))

        return diagrams.rebuild(truth, lambda leaf: leaf, join)


LEAST_TRUE = Operation(min, absorbing=FALSE, neutral=TRUE)
MOST_TRUE = Operation(max, absorbing=TRUE, neutral=FALSE)


def _word_of(cell: Cell) -> str:
    match cell:
        case WordCell(words):
            return words[0]
        case State.NOT_APPLICABLE:
            return NOT_APPLICABLE
        case _:
            return ""


def _compares(atom: Number, cell: NumberCell) -> bool:
    upper = cell.low >= first_of(atom)
    return not upper if atom.than is Than.LESS_THAN else upper
