"""The graph of ties: chains of at most three between two persons, by two indexed queries.

Met in the middle: one query takes what touches either end, one the ties between those neighbours;
the kinds stay sealed until a tie is known to lie on a chain. A recursive query gives the same
chains (bench/tie_paths.py runs both) but walks everything within three ties of the clinician.

Between the neighbours the index is asked for those of one end only, the fewer, and what it gives
is compared with those of the other. Given both lists, PostgreSQL descends the index once for every
*pair* of them: 1,300 pages for 12 and 14 neighbours, where 14 ranges take 200.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from policy_service.database.driver import Row, fetch

MIDDLE_LIMIT = 2000
"""More neighbours than this are not walked; the answer says that the walk was cut."""
# What the partial indexes ix_tie_from and ix_tie_to hold: they answer without reading the ties.
LIVE = {
    "sqlite": "is_current IS 1 AND is_withdrawn IS 0",
    "postgresql": "is_current IS true AND is_withdrawn IS false",
}
_AMONG = {"sqlite": "IN (SELECT value FROM json_each(:{}))", "postgresql": "= ANY(%({})s)"}
_NO_INDEX = {"sqlite": "+{}", "postgresql": "{} || ''"}
"""The same value, in a form that no index is looked up by."""
_PRACTICE = {"sqlite": ":practice", "postgresql": "%(practice)s"}
_FORWARD, _BACKWARD = ("from_person_id", "to_person_id"), ("to_person_id", "from_person_id")


def _statement(dialect: str, *, to_group: bool) -> str:
    """Arcs away from the persons `near`, either way round; all, or those to the persons `far`."""
    return " UNION ALL ".join(_arcs(dialect, ends, to_group) for ends in (_FORWARD, _BACKWARD))


def _arcs(dialect: str, ends: tuple[str, str], to_group: bool) -> str:
    near, far = ends
    among = _AMONG[dialect]
    where = [f"practice_id = {_PRACTICE[dialect]} AND {LIVE[dialect]}"]
    where += [f"{near} {among.format('near')}"]
    where += [f"{_NO_INDEX[dialect].format(far)} {among.format('far')}"] if to_group else []
    return f"SELECT {near}, {far}, id FROM tie WHERE {' AND '.join(where)}"  # noqa: S608 - no input


_AROUND = {dialect: _statement(dialect, to_group=False) for dialect in LIVE}
_BETWEEN = {dialect: _statement(dialect, to_group=True) for dialect in LIVE}


class Arc(NamedTuple):
    """A tie read from `near` to `far`. `tie` is its id; "": the caller gave it, by number."""

    near: str
    far: str
    tie: str
    given: int = -1


Chain = tuple[Arc, ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """Chains of zero to three arcs, and whether some part of the graph was not walked."""

    found: tuple[Chain, ...]
    cut: bool = False


def chains(
    session: Session, start: str, ends: Collection[str], given: Sequence[Arc] = ()
) -> Chains:
    """Every chain from `start` to one of `ends` that meets nobody twice.

    `given` are arcs away from `start` that no tie on record stands for.
    """
    around = _rows(session, _AROUND, near=list({start, *ends}))
    outward = [*(Arc(*row) for row in around if row[0] == start), *given]
    to_end: defaultdict[str, list[Arc]] = defaultdict(list)
    for end, near, tie in around:
        if end in ends and near != start:
            to_end[near].append(Arc(near, end, tie))
    middle = {arc.far for arc in outward}
    cut = max(len(middle), len(to_end)) > MIDDLE_LIMIT
    onward: defaultdict[str, list[Arc]] = defaultdict(list)
    for arc in () if cut else _between(session, middle, to_end):
        onward[arc.near].append(arc)
    found = () if start not in ends else ((),)
    return Chains((*found, *_joined(start, ends, outward, onward, to_end)), cut)


def _between(session: Session, middle: Collection[str], last: Collection[str]) -> Iterable[Arc]:
    """The arcs from the middle to those next to an end, looked up from the fewer of the two."""
    if not middle or not last:
        return []
    if len(middle) <= len(last):
        return [Arc(*row) for row in _rows(session, _BETWEEN, near=list(middle), far=list(last))]
    rows = _rows(session, _BETWEEN, near=list(last), far=list(middle))
    return [Arc(near, far, tie) for far, near, tie in rows]


def _rows(session: Session, which: Mapping[str, str], **people: list[str]) -> list[Row]:
    """Near person, far person, tie id of each arc."""
    return fetch(session, which, people)


def _joined(
    start: str,
    ends: Collection[str],
    outward: Iterable[Arc],
    onward: Mapping[str, list[Arc]],
    to_end: Mapping[str, list[Arc]],
) -> Iterator[Chain]:
    for first in outward:
        if first.far in ends:
            yield (first,)
        for last in to_end.get(first.far, ()):
            yield from _simple(start, (first, last))
        for second in onward.get(first.far, ()):
            for last in to_end.get(second.far, ()):
                yield from _simple(start, (first, second, last))


def _simple(start: str, chain: Chain) -> Iterator[Chain]:
    people = {start, *(arc.far for arc in chain)}
    if len(people) == len(chain) + 1:
        yield chain
