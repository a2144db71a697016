"""The space of a set of rules: its variables, their cells, and which combinations exist.

What is counted is exactly this: combinations of one value for each fact that a rule names, for one
view (the base facts, with at most one tie laid over them), where

- a word counts as itself: each word of an enum is one value;
- a number counts as its cell: between two limits that rules name, or "not applicable";
- a date counts as its answers: before or not (and, where a rule asks for it, after or not) each
  thing that rules compare it with, or "not applicable"; the as-of date counts likewise, the end of
  care as "some day" or "none";

and only combinations that some calendar realises, and in which a tie of "none" has no details.
With `unknowns` each fact (the end of care as one) can also be wholly unknown, and the whole
combination of known and unknown facts must be part of one that exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from policy_service.domain.facts import NOT_APPLICABLE, FactGroup, FactType
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.analysis.cells import (
    Cell,
    State,
    Variable,
    WordCell,
    number_cells,
    word_cells,
)
from policy_service.policy.analysis.cuts import Cuts
from policy_service.policy.analysis.diagram import LEAST, MOST, Diagrams
from policy_service.policy.analysis.full_conditions import ReadRule, words_on
from policy_service.policy.analysis.scenes import Calendar, Pair, Scene
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED
from policy_service.policy.conditions import AS_OF, Atom, Day, Number, variables
from policy_service.policy.worlds import NO_TIE

CALENDAR = ":day"
CARE = ":care"


@dataclass(frozen=True)
class Space:
    """The variables of the atoms, the diagrams over them, and the mask of what exists."""

    atoms: tuple[Atom, ...]
    unknowns: bool
    variables: tuple[Variable, ...]
    calendar: Calendar
    scenes: tuple[Scene, ...] = field(compare=False, repr=False)
    """Every order of days that exists."""
    diagrams: Diagrams = field(compare=False, repr=False)

    @classmethod
    def of(cls, rules: Iterable[ReadRule], unknowns: bool) -> Space:
        """The space in which all these rules can be told apart."""
        return cls.over((atom for rule in rules for atom in rule.atoms()), unknowns)

    @classmethod
    def over(cls, atoms: Iterable[Atom], unknowns: bool) -> Space:
        """The space of some comparisons."""
        every = tuple(dict.fromkeys(atoms))
        calendar = Calendar(_cuts(every), unknowns)
        scenes = calendar.scenes()
        found = (*_plain_variables(every, unknowns), *_date_variables(calendar, scenes))
        diagrams = Diagrams([len(variable.cells) for variable in found])
        return cls(every, unknowns, found, calendar, scenes, diagrams)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each variable by its name."""
        return {variable.name: number for number, variable in enumerate(self.variables)}

    @cached_property
    def weights(self) -> tuple[tuple[int, ...], ...]:
        """How often each cell of each variable counts."""
        return tuple(variable.weights for variable in self.variables)

    @cached_property
    def mask(self) -> int:
        """1 for combinations that exist."""
        return self.diagrams.apply(LEAST, self._ties_without_tie(), self.dates(self.scenes))

    @property
    def names_an_anchor(self) -> bool:
        """Whether a rule looks at an anchor date on its own: then unknowns are only bounded."""
        return any(name in self.calendar.cuts for name in ANCHOR_FACTS)

    @property
    def asks_as_of(self) -> bool:
        """Whether any date is compared with the as-of date, or the as-of date with any."""
        cuts = self.calendar.cuts
        own = cuts[AS_OF].calendar or cuts[AS_OF].care
        return bool(own) or any(cut.right is None for one in cuts.values() for cut in one.calendar)

    def variable(self, name: str) -> Variable:
        """The variable of that name; KeyError if the space has none."""
        return self.variables[self.numbers[name]]

    def one_of(self, name: str, cells: Iterable[Cell]) -> int:
        """1 where the variable is in one of the cells."""
        variable = self.variable(name)
        wanted = {variable.place(cell) for cell in cells}
        leaves = tuple(int(place in wanted) for place in range(len(variable.cells)))
        return self.diagrams.node(self.numbers[name], leaves)

    def dates(self, scenes: Sequence[Scene]) -> int:
        """1 for the orders of days of these scenes."""
        own: dict[tuple[object, Pair], list[int]] = {}
        for scene in scenes:
            state = scene.ended if isinstance(scene.ended, State) else State.SOME_DAY
            own.setdefault((state, scene.own), []).append(self._others(scene))
        parts = [self._moment(state, pair, found) for (state, pair), found in own.items()]
        return self.diagrams.fold(MOST, parts, 1)

    def _moment(self, ended: object, own: Pair, others: list[int]) -> int:
        found = self.diagrams.fold(MOST, others, 1)
        found = self.diagrams.apply(LEAST, self._pair(AS_OF, own), found)
        if CARE_ENDED in self.numbers and isinstance(ended, State):
            found = self.diagrams.apply(LEAST, self.one_of(CARE_ENDED, (ended,)), found)
        return found

    def _others(self, scene: Scene) -> int:
        parts = []
        for name, pairs in scene.pairs.items():
            options = [self._pair(name, pair) for pair in sorted(pairs, key=repr)]
            parts.append(self.diagrams.fold(MOST, options, 0))
        return self.diagrams.fold(LEAST, parts, 1)

    def _pair(self, name: str, pair: Pair) -> int:
        calendar, care = pair
        found = 1
        if name + CALENDAR in self.numbers:
            found = self.one_of(name + CALENDAR, (calendar,))
        if care is not None:
            found = self.diagrams.apply(LEAST, found, self.one_of(name + CARE, (care,)))
        return found

    def _ties_without_tie(self) -> int:
        """A tie of "none" has no details (docs/semantics.md §2)."""
        if "tie" not in self.numbers:
            return 1
        none = WordCell((NO_TIE,))
        some = self.one_of("tie", (cell for cell in self.variable("tie").cells if cell != none))
        details = [
            self._not_applicable(variable) for variable in self.variables if _detail(variable)
        ]
        without = self.diagrams.fold(LEAST, details, 1)
        return self.diagrams.apply(MOST, some, without)

    def _not_applicable(self, variable: Variable) -> int:
        place = variable.place_of_word(NOT_APPLICABLE)
        return self.one_of(variable.name, (variable.cells[place],))


def _detail(variable: Variable) -> bool:
    spec = VOCABULARY.get(variable.fact)
    return spec is not None and spec.group is FactGroup.TIE and spec.name != "tie"


def _cuts(atoms: Sequence[Atom]) -> dict[str, Cuts]:
    """The cuts of each date the atoms name; always some for the as-of date, perhaps none."""
    days = [atom for atom in atoms if isinstance(atom, Day)]
    named = {name for atom in atoms for name in _dates_of(atom)}
    order = [AS_OF, *sorted(named - {AS_OF})]
    return {name: Cuts.of(atom for atom in days if atom.left == name) for name in order}


def _dates_of(atom: Atom) -> tuple[str, ...]:
    if isinstance(atom, Day):
        return (atom.left,)
    return (atom.fact,) if VOCABULARY[atom.fact].type is FactType.DATE else ()


def _plain_variables(atoms: Sequence[Atom], unknowns: bool) -> Iterator[Variable]:
    """Enums and numbers, in the order of the vocabulary, ties first."""
    named = {name for atom in atoms for name in variables(atom)}
    ordered = sorted(VOCABULARY.values(), key=lambda spec: spec.group is not FactGroup.TIE)
    for spec in ordered:
        if spec.name in named and spec.type is not FactType.DATE:
            cells = _cells(spec.name, atoms, "tie" in named)
            extra = (State.UNKNOWN,) if unknowns else ()
            yield Variable(spec.name, spec.name, (*cells, *extra))


def _cells(name: str, atoms: Sequence[Atom], tied: bool) -> tuple[Cell, ...]:
    spec = VOCABULARY[name]
    if spec.type is not FactType.ENUM:
        return number_cells(a for a in atoms if isinstance(a, Number) and a.fact == name)
    apart = [NO_TIE] if name == "tie" else []
    if tied and spec.group is FactGroup.TIE and NOT_APPLICABLE in spec.values:
        apart.append(NOT_APPLICABLE)
    return word_cells(spec, words_on(atoms, name), apart)


def _date_variables(calendar: Calendar, scenes: Sequence[Scene]) -> Iterator[Variable]:
    """The end of care, then for each date its cuts against the calendar and against care."""
    if calendar.counts_from_care:
        ends = (State.SOME_DAY, State.NO_ANCHOR, State.UNKNOWN)
        yield Variable(CARE_ENDED, CARE_ENDED, ends[: 3 if calendar.unknowns else 2])
    for name, cuts in calendar.cuts.items():
        pairs = {pair for scene in scenes for pair in scene.pairs.get(name, (scene.own,))}
        if name != AS_OF or cuts.calendar:
            yield Variable(name + CALENDAR, name, _sorted(pair[0] for pair in pairs))
        if cuts.care:
            yield Variable(name + CARE, name, _sorted(pair[1] for pair in pairs))


def _sorted(cells: Iterable[Cell | None]) -> tuple[Cell, ...]:
    return tuple(sorted({cell for cell in cells if cell is not None}, key=repr))
