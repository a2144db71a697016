"""docs/semantics.md §2 to §4 read out loud: worlds, dates, conditions and settling.

Plain and slow, for comparison: shared with the service are the vocabulary, the facts and the
conditions as declared, and none of their evaluation. Nothing is compiled, and the calendar is its
own. Section numbers are those of docs/semantics.md.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Between,
    Fact,
    FactGroup,
    FactType,
    Known,
    On,
    OneOf,
    Unknown,
    Why,
)
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Condition,
    Day,
    Not,
    Number,
    Some,
    Words,
)

ANCHORS = ("last_professional_contact_on", "relationship_ended_on", "terminated_on")
ANCHOR = "care_ended"
NOT_ASKED = Unknown(Why.NOT_ASKED)
Interval = tuple[date, date]
EVER = (date.min, date.max)


@dataclass(frozen=True)
class World:
    facts: Mapping[str, Fact]
    as_of: date
    anchor: Interval | None

    def fact(self, name: str) -> Fact:
        return self.facts.get(name, NOT_ASKED)


# §2 views and worlds


def without_tie(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """If the tie is known to be none, all other tie facts are not applicable."""
    found = dict(facts)
    if found.get("tie") == Known("none"):
        for name, spec in VOCABULARY.items():
            if spec.group is FactGroup.TIE and name != "tie":
                found[name] = Known(NOT_APPLICABLE)
    return found


def closed_world(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Each gap becomes the none value, where that is possible."""
    found = dict(facts)
    for name, fact in facts.items():
        spec = VOCABULARY.get(name)
        if spec is None or spec.none_value is None or not isinstance(fact, (Unknown, OneOf)):
            continue
        if fact.why.is_gap and (isinstance(fact, Unknown) or spec.none_value in fact.values):
            found[name] = Known(spec.none_value)
    return without_tie(found)


def world(facts: Mapping[str, Fact], as_of: date) -> World:
    return World(facts, as_of, anchor(facts))


# §3 dates


def interval(fact: Fact) -> Interval | None:
    if isinstance(fact, On):
        text = fact.when.text
        if len(text) == 10:
            return date.fromisoformat(text), date.fromisoformat(text)
        if len(text) == 4:
            return date(int(text), 1, 1), date(int(text), 12, 31)
        first = date.fromisoformat(text + "-01")
        following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        return first, following - timedelta(days=1)
    return None if fact == Known(NOT_APPLICABLE) else EVER


def anchor(facts: Mapping[str, Fact]) -> Interval | None:
    found = [interval(facts.get(name, NOT_ASKED)) for name in ANCHORS]
    days = [one for one in found if one is not None]
    return (max(d[0] for d in days), max(d[1] for d in days)) if days else None


def after(day: date, period: str) -> date:
    """The first day that is free."""
    count, unit = int(period.split()[0]), period.split()[1].rstrip("s")
    if unit == "day":
        return date.max if (date.max - day).days < count else day + timedelta(days=count)
    months = day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    if year >= 9999:
        return date.max
    try:
        return date(year, month, day.day)
    except ValueError:
        return date(year + month // 12, month % 12 + 1, 1)


# §4 conditions


def truth(condition: Condition, here: World) -> bool | None:
    match condition:
        case All(parts):
            found = [truth(part, here) for part in parts]
            return False if False in found else (None if None in found else True)
        case Some(parts):
            found = [truth(part, here) for part in parts]
            return True if True in found else (None if None in found else False)
        case Not(part):
            inner = truth(part, here)
            return None if inner is None else not inner
        case Words(name, words):
            return is_among(here.fact(name), words)
        case Number(name, than, limit):
            return compares(here.fact(name), than.value, limit)
        case Day():
            return is_when(condition, here)


def is_among(fact: Fact, words: Sequence[str]) -> bool | None:
    match fact:
        case Known(value):
            return value in words
        case OneOf(values):
            among = {value in words for value in values}
            return among.pop() if len(among) == 1 else None
        case Unknown():
            return None
        case _:
            return False


def compares(fact: Fact, than: str, limit: int) -> bool | None:
    def one(value: int) -> bool:
        return {"at_least": value >= limit, "more_than": value > limit, "less_than": value < limit}[
            than
        ]

    match fact:
        case Known(int() as value):
            return one(value)
        case Known():
            return False
        case Between(low, high):
            return one(low) if one(low) == one(high) else None
        case _:
            return None


def is_when(atom: Day, here: World) -> bool | None:
    left = (here.as_of, here.as_of) if atom.left == "as_of" else interval(here.fact(atom.left))
    if left is None:
        return False
    right = right_side(atom, here)
    if right is None:
        return None
    if atom.when.value == "after":
        return is_before(right, left)
    before = is_before(left, right)
    if atom.when.value == "before" or before is None:
        return before
    return not before


def right_side(atom: Day, here: World) -> Interval | None:
    match atom.right:
        case AfterCare(plus):
            if here.anchor is None:
                return None
            return after(here.anchor[0], plus.text), after(here.anchor[1], plus.text)
        case None:
            return here.as_of, here.as_of
        case day:
            return day, day


def is_before(one: Interval, other: Interval) -> bool | None:
    if one[1] < other[0]:
        return True
    return False if one[0] >= other[1] else None


# §4 settling


def atoms(condition: Condition) -> Iterator[Words | Number | Day]:
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case atom:
            yield atom


def variables(atom: Words | Number | Day) -> set[str]:
    if isinstance(atom, Day):
        named = {atom.left} - {"as_of"}
        return named | {ANCHOR} if isinstance(atom.right, AfterCare) else named
    return {atom.fact}


def is_uncertain(name: str, here: World) -> bool:
    if name == ANCHOR:
        return here.anchor is None or here.anchor[0] != here.anchor[1]
    match here.fact(name):
        case Known():
            return False
        case On(when):
            return len(when.text) < 10
        case OneOf(values):
            return len(values) > 1
        case Between(low, high):
            return low < high
        case _:
            return True


def settle(condition: Condition, here: World) -> tuple[bool | None, set[str]]:
    """(truth, what is open)."""
    kleene = truth(condition, here)
    if kleene is not None:
        return kleene, set()
    uses = Counter(name for atom in atoms(condition) for name in variables(atom))
    uncertain = sorted(name for name in uses if is_uncertain(name, here))
    read_once = all(uses[name] == 1 for name in uncertain)
    no_anchor = here.anchor is None and ANCHOR in uncertain
    if read_once or len(uncertain) > 3 or no_anchor:
        return None, left_open(condition, here)
    return every_combination(condition, uncertain, here)


def left_open(condition: Condition, here: World) -> set[str]:
    if truth(condition, here) is not None:
        return set()
    match condition:
        case All(parts) | Some(parts):
            return set().union(*(left_open(part, here) for part in parts))
        case Not(part):
            return left_open(part, here)
        case atom:
            return {name for name in variables(atom) if is_uncertain(name, here)}


def every_combination(
    condition: Condition, names: Sequence[str], here: World
) -> tuple[bool | None, set[str]]:
    choices = [list(possible(name, condition, here)) for name in names]
    table = {
        values: truth(condition, filled(here, dict(zip(names, values, strict=True))))
        for values in itertools.product(*choices)
    }
    if len(set(table.values())) == 1:
        return table.popitem()[1], set()
    return None, {name for place, name in enumerate(names) if matters(place, table)}


def matters(place: int, table: Mapping[tuple[Any, ...], bool | None]) -> bool:
    seen: dict[tuple[Any, ...], set[bool | None]] = {}
    for values, found in table.items():
        seen.setdefault(values[:place] + values[place + 1 :], set()).add(found)
    return any(len(found) > 1 for found in seen.values())


def filled(here: World, values: Mapping[str, Any]) -> World:
    facts = {name: value for name, value in values.items() if name != ANCHOR}
    day = values.get(ANCHOR)
    return World({**here.facts, **facts}, here.as_of, (day, day) if day else here.anchor)


def possible(name: str, condition: Condition, here: World) -> Iterator[Any]:
    """Every value of a word; of numbers and days all that the comparisons can tell apart."""
    fact = here.fact(name) if name != ANCHOR else None
    if name == ANCHOR or VOCABULARY[name].type is FactType.DATE:
        yield from possible_days(name, condition, here)
    elif VOCABULARY[name].type is FactType.ENUM:
        words = fact.values if isinstance(fact, OneOf) else VOCABULARY[name].values
        yield from (Known(word) for word in sorted(words))
    else:
        limits = [a.limit for a in atoms(condition) if isinstance(a, Number) and a.fact == name]
        low, high = (
            (fact.low, fact.high) if isinstance(fact, Between) else (0, max(limits, default=0) + 2)
        )
        steps = {n for limit in limits for n in range(limit - 2, limit + 3)} | {low, high}
        yield from (Known(n) for n in sorted(steps) if low <= n <= high)
    if isinstance(fact, Unknown) and VOCABULARY[name].type is not FactType.ENUM:
        yield Known(NOT_APPLICABLE)


def possible_days(name: str, condition: Condition, here: World) -> Iterator[Any]:
    """All days of a short interval; of a long one those near which a comparison can turn."""
    span = here.anchor if name == ANCHOR else interval(here.fact(name))
    assert span is not None
    if (span[1] - span[0]).days <= 62:
        days = {span[0] + timedelta(days=n) for n in range((span[1] - span[0]).days + 1)}
    else:
        days = turning_days(name, condition, here) | set(span)
    for day in sorted(day for day in days if span[0] <= day <= span[1]):
        yield day if name == ANCHOR else On(PartialDate(day.isoformat()))


def turning_days(name: str, condition: Condition, here: World) -> set[date]:
    days = [atom for atom in atoms(condition) if isinstance(atom, Day)]
    fixed = {here.as_of} | {a.right for a in days if isinstance(a.right, date)}
    for other in {a.left for a in days} - {"as_of"}:
        fixed |= set(interval(here.fact(other)) or ())
    periods = {a.right.plus.text for a in days if isinstance(a.right, AfterCare)}
    starts = {near for day in fixed for period in periods for near in starts_of(period, day)}
    starts |= set(here.anchor or ())
    if name == ANCHOR:
        return starts
    ends = {after(start, period) for start in starts for period in periods}
    return {near for day in fixed | ends for near in around(day, 2)}


def starts_of(period: str, end: date) -> set[date]:
    """The days from which the period ends on that day or near it."""
    count, unit = int(period.split()[0]), period.split()[1].rstrip("s")
    length = count * {"year": 365.2425, "month": 30.436875, "day": 1}[unit]
    if (end - date.min).days < length + 10:
        return {date.min}
    middle = end - timedelta(days=round(length))
    return {day for day in around(middle, 8) if abs((after(day, period) - end).days) <= 3}


def around(day: date, steps: int) -> set[date]:
    return {
        day + timedelta(days=n)
        for n in range(-steps, steps + 1)
        if 0 <= (day - date.min).days + n <= (date.max - date.min).days
    }
