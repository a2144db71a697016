"""The time axis that the console's drawings share: days to the units of a view box."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

WIDTH, LEFT = 720, 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A first of January on the axis."""

    x: float
    year: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The days between the left and the right edge."""

    first: date
    last: date

    def x(self, day: date) -> float:
        """Where a day stands."""
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return round(LEFT + share * (WIDTH - 2 * LEFT), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """The years, or some of them where there are many."""
        years = range(self.first.year + 1, self.last.year + 1)
        step = max(1, len(years) // 8)
        return tuple(Tick(self.x(date(year, 1, 1)), year) for year in years[::step])
