"""The ordered answer of a decision (design, "Words")."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter


class Outcome(StrEnum):
    """no_finding < advise < monitor < deliberate < prohibit.

    The bottom is never called "allow": it says that no rule in these packs matched.
    """

    rank: int
    """Place in the order, 0 for `no_finding`."""
    word: str
    """The plain text, for JSON; unlike `value` it costs no more than an attribute."""

    NO_FINDING = "no_finding"
    ADVISE = "advise"
    MONITOR = "monitor"
    DELIBERATE = "deliberate"
    PROHIBIT = "prohibit"

    def __init__(self, word: str) -> None:
        self.word = word
        self.rank = len(type(self).__members__)

    # StrEnum inherits str's alphabetical order, in which "deliberate" < "monitor":
    # all four comparisons are ours, so that max() over outcomes is the strictest.
    def __lt__(self, other: str) -> bool:
        return self.rank < _rank_of(other)

    def __le__(self, other: str) -> bool:
        return self.rank <= _rank_of(other)

    def __gt__(self, other: str) -> bool:
        return self.rank > _rank_of(other)

    def __ge__(self, other: str) -> bool:
        return self.rank >= _rank_of(other)


def _rank_of(other: str) -> int:
    return other.rank if isinstance(other, Outcome) else Outcome(other).rank


_rank: Callable[[Outcome], int] = attrgetter("rank")


def strictest(*outcomes: Outcome) -> Outcome:
    """The strictest of the outcomes; `no_finding` of none."""
    return max(outcomes, default=Outcome.NO_FINDING, key=_rank)
