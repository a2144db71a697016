"""Birth dates as they are compared: year, month and day, each known or not."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field

_DATE = re.compile(r"^\s*(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?\s*$")
_FILLERS = frozenset({"19000101", "11111111", "19110111", "99991231", "00010101"})


@dataclass(frozen=True, slots=True)
class BirthDate:
    """A birth date of any precision; 0 is "not known".

    `digits` are the eight digits as written, also where they make no date (1910-45-12): a slip of
    the pen can still be seen in them. Empty when fewer were written.
    """

    year: int
    month: int = 0
    day: int = 0
    digits: str = field(default="", compare=False)

    @property
    def is_full(self) -> bool:
        """Whether the day is known."""
        return self.day > 0

    def __str__(self) -> str:
        if self.day:
            return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"
        parts = [f"{self.year:04d}", f"{self.month:02d}", f"{self.day:02d}"]
        return "-".join(parts[: 1 + (self.month > 0) + (self.day > 0)])


def read_birth_date(text: str) -> tuple[BirthDate | None, str]:
    """The date and a warning ("" when there is none).

    1 January is what many systems write when only the year is known, so it keeps its year alone.
    """
    match = _DATE.match(text)
    if not match:
        return None, "birth_date is not a date" if text.strip() else ""
    year, month, day = (int(part or 0) for part in match.groups())
    written = "".join(part or "" for part in match.groups())
    digits = written if len(written) == 8 else ""
    if digits in _FILLERS or not 1850 <= year <= 2200:
        return None, "birth_date is a placeholder"
    if not 1 <= month <= 12:
        remark = "birth_date has no valid month" if len(written) > 4 else ""
        return BirthDate(year, digits=digits), remark
    if day > monthrange(year, month)[1]:
        return BirthDate(year, month, digits=digits), "birth_date has no valid day"
    if (month, day) == (1, 1):
        return BirthDate(year), "birth_date 1 January may stand for the year only"
    return BirthDate(year, month, day, digits), ""
