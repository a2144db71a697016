"""The graph of ties: chains of at most three between two persons, by two indexed queries.

Met in the middle: one query takes what touches either end, one the ties between those neighbours;
the kinds stay sealed until a tie is known to lie on a chain. A recursive query gives the same
chains (bench/tie_paths.py runs both) but walks everything within three ties of the clinician.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from policy_service.database.guard import practice_of
from policy_service.services.ties import SealedTie

MIDDLE_LIMIT = 2000
"""More neighbours than this are not walked; the answer says that the walk was cut."""
_AROUND = "from_person_id {among:people} OR to_person_id {among:people}"
_BETWEEN = (
    "from_person_id {among:near} AND to_person_id {among:far}"
    " OR from_person_id {among:far} AND to_person_id {among:near}"
)

_JSON_LIST = "IN (SELECT value FROM json_each(:{}))"


class _Among:
    """Membership of a list that is one parameter: the statement stays the same for any length."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def __format__(self, name: str) -> str:
        shape = "= ANY(:{})" if self.dialect == "postgresql" else _JSON_LIST
        return shape.format(name)


def _statement(which: str, dialect: str) -> TextClause:
    columns = ", ".join(SealedTie._fields)
    where = which.format(among=_Among(dialect))
    return text(
        f"SELECT {columns} FROM tie"  # noqa: S608 - our own words alone
        f" WHERE practice_id = :practice AND is_current AND NOT is_withdrawn AND ({where})"
    )


_STATEMENTS = {
    (which, dialect): _statement(which, dialect)
    for which in (_AROUND, _BETWEEN)
    for dialect in ("sqlite", "postgresql")
}


class Arc(NamedTuple):
    """A tie read from `near` to `far`; `tie` None: the caller gave it, under the number `given`."""

    near: str
    far: str
    tie: SealedTie | None = None
    given: int = -1


Chain = tuple[Arc, ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """Chains of zero to three arcs, and whether some part of the graph was not walked."""

    found: tuple[Chain, ...]
    cut: bool = False


def chains(
    session: Session, start: str, ends: Collection[str], given: Iterable[Arc] = ()
) -> Chains:
    """Every chain from `start` to one of `ends` that meets nobody twice.

    `given` are arcs away from `start` that no tie on record stands for.
    """
    around = list(_both_ways(_ties(session, _AROUND, people=[start, *ends])))
    outward = [arc for arc in around if arc.near == start]
    outward += given
    backward = [arc for arc in around if arc.far in ends and arc.near != start]
    middle = {arc.far for arc in outward} - {start}
    before_last = {arc.near for arc in backward}
    cut = max(len(middle), len(before_last)) > MIDDLE_LIMIT
    between: Iterable[Arc] = ()
    if middle and before_last and not cut:
        between = _both_ways(_ties(session, _BETWEEN, near=[*middle], far=[*before_last]))
    return Chains(tuple(_joined(start, outward, between, backward, ends)), cut)


def _ties(session: Session, which: str, **asked: list[str]) -> Iterable[Any]:
    """The live ties among the persons asked about, each as the fields of a SealedTie."""
    dialect = session.get_bind().dialect.name
    lists: dict[str, Any] = asked if dialect == "postgresql" else _as_json(asked)
    given = {"practice": practice_of(session), **lists}
    return session.execute(_STATEMENTS[which, dialect], given).all()


def _as_json(asked: dict[str, list[str]]) -> dict[str, Any]:
    return {name: json.dumps(people) for name, people in asked.items()}


def _both_ways(rows: Iterable[Any]) -> Iterator[Arc]:
    for row in rows:
        tie = SealedTie(*row)
        yield Arc(tie.from_person_id, tie.to_person_id, tie)
        yield Arc(tie.to_person_id, tie.from_person_id, tie)


def _joined(
    start: str,
    outward: Iterable[Arc],
    between: Iterable[Arc],
    backward: Iterable[Arc],
    ends: Collection[str],
) -> Iterator[Chain]:
    if start in ends:
        yield ()
    to_end, onward = _by_near(backward), _by_near(between)
    for first in outward:
        if first.far in ends:
            yield (first,)
        for last in to_end.get(first.far, ()):
            yield from _simple(start, (first, last))
        for second in onward.get(first.far, ()):
            for last in to_end.get(second.far, ()):
                yield from _simple(start, (first, second, last))


def _by_near(arcs: Iterable[Arc]) -> Mapping[str, list[Arc]]:
    found: defaultdict[str, list[Arc]] = defaultdict(list)
    for arc in arcs:
        found[arc.near].append(arc)
    return found


def _simple(start: str, chain: Chain) -> Iterator[Chain]:
    people = {start, *(arc.far for arc in chain)}
    if len(people) == len(chain) + 1:
        yield chain
