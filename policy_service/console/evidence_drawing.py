"""Why two records look like one person, or like kin, as a drawing the server makes.

Two bars a field: what it says for one person, and for kin, against strangers; to the right speaks
for, to the left against. The bars of each kind add up exactly to the sum below them, which stands
against the bar that the size of the practice sets. A table beside the drawing says the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from policy_service.matching.explain import FieldEvidence
from policy_service.matching.model import MatchModel
from policy_service.matching.recognition import Comparison

WIDTH, _LEFT, _RIGHT = 720, 190, 60
_ROW, _HEADING, _TOP = 30, 24, 26
_SMALLEST_PRACTICE = 1000  # as the bands reckon it
_GROUPS = {
    "name": "Names and sex",
    "birth": "Birth date",
    "household": "Home and phone",
    "contact": "E-mail, handles and named people",
    "work": "Work",
    "prior": "How rare this kind of kin is",
}


_FIELDS = {
    "given": "given name",
    "family": "family name",
    "middle": "middle name",
    "street": "street and house",
    "house": "house number",
    "email": "e-mail",
    "company": "employer",
    "kind": "kind of kin",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of evidence as the drawing and the table show it; bits are hundredths.

    `first` and `second` are the compared values, "" where there is none to show.
    """

    field: str
    said: str
    self_bits: int
    kin_bits: int
    first: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one kind of evidence."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from the middle line; `label` stands at its end."""

    x: float
    width: float
    y: int
    label: str
    label_x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Row:
    """Two bars beside the name of a field."""

    y: int
    field: str
    one_person: Bar
    kin: Bar


@dataclass(frozen=True, slots=True)
class Mark:
    """From where on the sums count as so sure."""

    x: float
    band: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that the template draws, in the units of its view box."""

    width: int
    height: int
    zero: float
    headings: tuple[tuple[int, str], ...]
    rows: tuple[Row, ...]
    fields_end: int
    sums: Row
    sums_zero: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Bits to units, the same for all bars of a part of the drawing."""

    low: int
    high: int

    @classmethod
    def over(cls, values: Sequence[int]) -> _Axis:
        return cls(min(0, *values), max(100, *values))

    def x(self, bits: int) -> float:
        room = WIDTH - _LEFT - _RIGHT - 45
        return round(_LEFT + 45 + (bits - self.low) * room / (self.high - self.low), 1)

    def bar(self, bits: int, y: int) -> Bar:
        zero, end = self.x(0), self.x(bits)
        anchor, label_x = ("start", max(end, zero) + 4) if bits >= 0 else ("end", end - 4)
        width = round(max(abs(end - zero), 1), 1)
        return Bar(min(zero, end), width, y, f"{bits / 100:+.1f}", label_x, anchor)


def sections(comparison: Comparison, hidden: str = "") -> tuple[Section, ...]:
    """The rows by kind of evidence. What the table says sums to both scores, to the hundredth.

    `hidden` stands in place of the other's values where only hashes are kept of them.
    """
    by_group: dict[str, list[Line]] = {}
    for row in comparison.evidence:
        by_group.setdefault(row.group, []).append(_line(row, hidden))
    missing = comparison.kin_bits - sum(row.kin_bits for row in comparison.evidence)
    if missing:  # where one person leads, the kind of kin is weighed but not shown
        said = "How rare the kind of kin is that would explain the records best."
        by_group.setdefault("prior", []).append(Line(_FIELDS["kind"], said, 0, missing))
    order = [group for group in _GROUPS if group in by_group]
    return tuple(Section(_GROUPS[group], tuple(by_group[group])) for group in order)


def _line(row: FieldEvidence, hidden: str) -> Line:
    second = hidden if hidden and row.query else row.candidate
    field = _FIELDS.get(row.field, row.field.replace("_", " "))
    return Line(field, row.sentence, row.self_bits, row.kin_bits, row.query, second)


def draw(
    parts: Sequence[Section], comparison: Comparison, people: int, model: MatchModel
) -> Drawing:
    """The drawing of those rows, and of their sums against the model's thresholds."""
    lines = [line for part in parts for line in part.lines]
    axis = _Axis.over([bits for line in lines for bits in (line.self_bits, line.kin_bits)])
    headings, rows, y = [], [], _TOP
    for part in parts:
        headings.append((y + 14, part.title))
        y += _HEADING
        for line in part.lines:
            rows.append(_row(line, axis, y))
            y += _ROW
    bars = _thresholds(people, model)
    sums = Line("sum of the bits", "", comparison.self_bits, comparison.kin_bits)
    both = _Axis.over([sums.self_bits, sums.kin_bits, *bars.values()])
    marks = tuple(Mark(both.x(bits), band) for band, bits in bars.items())
    drawn = _row(sums, both, y + 34)
    return Drawing(
        WIDTH, y + 84, axis.x(0), tuple(headings), tuple(rows), y, drawn, both.x(0), marks
    )


def _row(line: Line, axis: _Axis, y: int) -> Row:
    return Row(y, line.field, axis.bar(line.self_bits, y), axis.bar(line.kin_bits, y + 13))


def _thresholds(people: int, model: MatchModel) -> dict[str, int]:
    """The bits from which a sum is possible, probable, certain: chance among so many people."""
    chance = round(100 * math.log2(max(people, _SMALLEST_PRACTICE)))
    return {band: chance + model.thresholds[band] for band in ("possible", "probable", "certain")}
