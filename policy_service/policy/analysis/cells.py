"""Cells: the values of a fact that no comparison of the rules tells apart stand together.

Words count one by one, so a cell of words weighs as many words as it holds. Numbers and dates
would be without end; there a cell is everything between two cuts, and counts as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_service.domain.facts import NOT_APPLICABLE, FactSpec
from policy_service.policy.conditions import Number, Than, Words


class State(StrEnum):
    """What a fact can be besides having a word, a number or a day."""

    NOT_APPLICABLE = NOT_APPLICABLE
    UNKNOWN = "unknown"
    NO_ANCHOR = "no_anchor"
    SOME_DAY = "some_day"


@dataclass(frozen=True, slots=True)
class WordCell:
    """Words that every comparison treats alike."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberCell:
    """Numbers from `low` to `high`, both included; without `high` there is no end."""

    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class DayCell:
    """Days for which each cut of the variable comes out so."""

    cuts: tuple[bool, ...]


Cell = WordCell | NumberCell | DayCell | State


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a space: the cells of a fact, or where its day stands to some others."""

    name: str
    fact: str
    cells: tuple[Cell, ...]

    @property
    def weights(self) -> tuple[int, ...]:
        """How often each cell counts."""
        return tuple(len(cell.words) if isinstance(cell, WordCell) else 1 for cell in self.cells)

    def place(self, cell: Cell) -> int:
        """The number of a cell; KeyError if the variable has no such cell."""
        try:
            return self.cells.index(cell)
        except ValueError:
            raise KeyError((self.name, cell)) from None

    def place_of_word(self, word: str) -> int:
        """The number of the cell that holds a word; KeyError if none does."""
        for number, cell in enumerate(self.cells):
            if isinstance(cell, WordCell) and word in cell.words:
                return number
        return self.place(State(word))


def word_cells(spec: FactSpec, atoms: Iterable[Words], apart: Sequence[str]) -> tuple[Cell, ...]:
    """The words of an enum by the atoms that hold of them; those in `apart` stand alone."""
    sets = [frozenset(atom.words) for atom in atoms] + [frozenset((word,)) for word in apart]
    cells: dict[tuple[bool, ...], list[str]] = {}
    for word in spec.values:
        cells.setdefault(tuple(word in known for known in sets), []).append(word)
    return tuple(WordCell(tuple(words)) for words in cells.values())


def number_cells(atoms: Iterable[Number]) -> tuple[Cell, ...]:
    """The numbers from 0 cut where an atom changes, and "not applicable"."""
    starts = sorted({0, *(first_of(atom) for atom in atoms)})
    ends = [start - 1 for start in starts[1:]]
    numbers = [NumberCell(low, high) for low, high in zip(starts, [*ends, None], strict=True)]
    return (*numbers, State.NOT_APPLICABLE)


def first_of(atom: Number) -> int:
    """The first number of the upper side of a threshold."""
    return atom.limit + 1 if atom.than is Than.MORE_THAN else atom.limit
