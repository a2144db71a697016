"""How far two birth dates agree, whatever their precision."""

from __future__ import annotations

from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.dates import BirthDate
from policy_service.matching.normalise import Features
from policy_service.matching.spelling import slips

GENERATION = 15  # years from which two people are parent and child rather than siblings
_TWO_GENERATIONS = 46
_FEW_YEARS = 9


def birth_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """The two birth dates compared, when both are known."""
    one, other = query.birth, candidate.birth
    if not (one and other):
        return []
    return [(Level("birth_date", birth_level(one, other), str(one), str(other)),)]


def birth_level(one: BirthDate, other: BirthDate) -> str:
    """The level of two birth dates; a date without day or month is judged by what it has."""
    full = one.day > 0 and other.day > 0
    if full and one.year == other.year:
        if one.month == other.month and one.day == other.day:
            return "exact"
        if one.month == other.day and one.day == other.month:
            return "day_month_swapped"
    apart = abs(one.year - other.year) >= GENERATION
    if one.digits and other.digits and slips(one.digits, other.digits, 1) == 1:
        return "one_digit_generation_apart" if apart else "one_digit"
    if not full:
        return _partial_level(one, other)
    if not apart and _shared_parts(one, other) == 2:
        return "two_parts"
    if _are_all_near(one, other):
        return "all_near"
    return _gap_level(abs(one.year - other.year))


def _are_all_near(one: BirthDate, other: BirthDate) -> bool:
    """A date as someone else remembers it: every part about right."""
    near_days = abs(one.day - other.day) <= 2
    return near_days and abs(one.month - other.month) <= 1 and abs(one.year - other.year) <= 1


def _partial_level(one: BirthDate, other: BirthDate) -> str:
    gap = abs(one.year - other.year)
    if gap == 0:
        if one.month and other.month:
            return "year_and_month" if one.month == other.month else "near_year"
        return "year"
    return "near_year" if gap == 1 else _gap_level(gap)


def _gap_level(years: int) -> str:
    if years < _FEW_YEARS:
        return "different"
    if years < GENERATION:
        return "years_apart"
    return "generation_apart" if years < _TWO_GENERATIONS else "generations_apart"


def _shared_parts(one: BirthDate, other: BirthDate) -> int:
    return (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
