"""Partial dates and calendar arithmetic. A partial date is an interval of days, never a guess."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date

_SHAPE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """An ISO date that may lack its day or its month: "2024-05-01", "2024-05" or "2024".

    Raises ValueError on anything else and on days that do not exist.
    """

    text: str
    first: date = field(init=False, repr=False, compare=False)
    """Earliest day it can mean."""
    last: date = field(init=False, repr=False, compare=False)
    """Latest day it can mean."""

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.text):
            raise ValueError(f"{self.text!r} is not a date: YYYY, YYYY-MM or YYYY-MM-DD expected")
        first = date.fromisoformat((self.text + "-01-01")[:10])
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "last", first if self.is_full else self._last(first))

    def _last(self, first: date) -> date:
        if len(self.text) == 4:
            return first.replace(month=12, day=31)
        return first.replace(day=days_in_month(first.year, first.month))

    @property
    def is_full(self) -> bool:
        """True when the day is known."""
        return len(self.text) == 10

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The full date of a day."""
        return cls(day.isoformat())


def days_in_month(year: int, month: int) -> int:
    """Number of days of a month."""
    return calendar.monthrange(year, month)[1]


def plus_months(day: date, months: int) -> date:
    """The same day of the month `months` later.

    A day that the later month lacks becomes the first of the month after it, so that a period is
    never shorter than it says: five years from 29 February 2020 end on 1 March 2025.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year > date.max.year - 1:
        return date.max
    if day.day <= 28 or day.day <= days_in_month(year, month + 1):
        return date(year, month + 1, day.day)
    return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
