"""Cuts: the questions that comparisons ask of a date, and their answers at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from policy_service.policy.analysis.cells import State
from policy_service.policy.clocks import Period
from policy_service.policy.conditions import AfterCare, Day, When


@dataclass(frozen=True, slots=True)
class Cut:
    """Before `right`, or (`beyond`) after it. `right` None is the as-of date."""

    right: date | Period | None
    beyond: bool

    @classmethod
    def of(cls, atom: Day) -> Cut:
        """The cut that decides an atom."""
        right = atom.right.plus if isinstance(atom.right, AfterCare) else atom.right
        return cls(right, atom.when is When.AFTER)

    @property
    def is_care(self) -> bool:
        """True when the cut is counted from the end of care."""
        return isinstance(self.right, Period)

    @property
    def order(self) -> tuple[str, str, bool]:
        """A sort key that is the same in every process."""
        right = self.right.text if isinstance(self.right, Period) else str(self.right)
        return (type(self.right).__name__, right, self.beyond)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cuts of one date: against the calendar (constants, as-of date) and against care."""

    calendar: tuple[Cut, ...]
    care: tuple[Cut, ...]

    @classmethod
    def of(cls, atoms: Iterable[Day]) -> Cuts:
        """The cuts of all atoms with one left side, each once."""
        cuts = sorted({Cut.of(atom) for atom in atoms}, key=lambda cut: cut.order)
        return cls(
            tuple(cut for cut in cuts if not cut.is_care),
            tuple(cut for cut in cuts if cut.is_care),
        )


@dataclass(frozen=True, slots=True)
class Moment:
    """An as-of date and an end of care, and where each period after it ends.

    `attained` is the anchor date that is the latest, if rules name it on its own.
    """

    as_of: date
    ended: date | State
    attained: str | None
    ends: Mapping[Period, date]

    def answer(self, cut: Cut, day: date) -> bool:
        """Whether the day lies before (or beyond) the right side of a cut."""
        match cut.right:
            case Period() as period:
                right = self.ends[period]
            case None:
                right = self.as_of
            case constant:
                right = constant
        return day > right if cut.beyond else day < right
