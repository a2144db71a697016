"""Tie paths of at most three steps from a clinician to the targets of a client.

Met in the middle: one step out from the clinician, one step back from the targets, and the edges
between; three indexed queries whatever the size of the practice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, or_, select

from policy_service.database.tables.registry import ClinicianRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.kinship import TieStep, converse
from policy_service.services.context import Context
from policy_service.services.gathering.targets import Certainty, Target
from policy_service.services.ties import StatedTie, open_ties

_CHUNK = 500
_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_TIES_OF = select(TieRow).where(
    TieRow.is_current.is_(True),
    TieRow.is_withdrawn.is_(False),
    or_(TieRow.from_person_id.in_(_PEOPLE), TieRow.to_person_id.in_(_PEOPLE)),
)
_CLINICIANS_AMONG = select(ClinicianRow.person_id).where(
    ClinicianRow.person_id.in_(_PEOPLE), ClinicianRow.is_active.is_(True)
)
_MIDDLE_LIMIT = 2000
"""More neighbours than this are not walked; the answer says that the walk was cut."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One tie read away from the clinician: the person at the far end is `step.kind` to the near.

    `tie` None is a working relation that follows from both being clinicians here.
    """

    near: str
    far: str
    step: TieStep
    tie: StatedTie | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Edges from the clinician to a target's person, and the target's own step to the client."""

    edges: tuple[Edge, ...]
    target: Target

    @property
    def certainty(self) -> Certainty:
        """How sure it is that the path ends at the client."""
        return self.target.certainty

    @property
    def steps(self) -> tuple[TieStep, ...]:
        """All steps, the target's included."""
        own = tuple(edge.step for edge in self.edges)
        return own if self.target.step is None else (*own, self.target.step)


@dataclass(frozen=True, slots=True)
class Walk:
    """The paths found, shortest and surest first, and whether some part was not walked."""

    paths: tuple[Path, ...]
    cut: bool = False


def walk(context: Context, clinician_person: str, targets: Iterable[Target]) -> Walk:
    """Every path of one to three steps from the clinician's person to the client."""
    ends: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        ends[target.person_id].append(target)
    outward = [
        *_edges(context, [clinician_person]),
        *_working_relations(context, clinician_person, ends),
    ]
    backward = _edges(context, list(ends), away=False)
    middle = {edge.far for edge in outward} - {clinician_person}
    before_last = {edge.near for edge in backward} - {clinician_person}
    cut = max(len(middle), len(before_last)) > _MIDDLE_LIMIT
    between = [] if cut else _edges(context, sorted(middle), only_to=before_last)
    chains = _chains(clinician_person, outward, between, backward, ends)
    paths = [
        Path(chain, target) for chain in chains for target in ends[_end(chain, clinician_person)]
    ]
    usable = {_identity(path): path for path in paths if 1 <= len(path.steps) <= 3}
    return Walk(tuple(sorted(usable.values(), key=_nearest_first)), cut)


def _end(chain: tuple[Edge, ...], clinician_person: str) -> str:
    return chain[-1].far if chain else clinician_person


def _chains(
    start: str,
    outward: list[Edge],
    between: list[Edge],
    backward: list[Edge],
    ends: Mapping[str, list[Target]],
) -> Iterator[tuple[Edge, ...]]:
    """Chains of zero to three edges that end at a target; none visits a person twice."""
    if start in ends:
        yield ()
    to_end: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in backward:
        to_end[edge.near].append(edge)
    onward: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in between:
        onward[edge.near].append(edge)
    for first in outward:
        if first.far in ends:
            yield (first,)
        for last in to_end[first.far]:
            yield from _simple(start, (first, last))
        for second in onward[first.far]:
            for last in to_end[second.far]:
                yield from _simple(start, (first, second, last))


def _simple(start: str, chain: tuple[Edge, ...]) -> Iterator[tuple[Edge, ...]]:
    people = [start, *(edge.far for edge in chain)]
    if len(set(people)) == len(people):
        yield chain


def _edges(
    context: Context,
    people: list[str],
    *,
    away: bool = True,
    only_to: set[str] | None = None,
) -> list[Edge]:
    """Ties that touch `people`, read away from them, or towards them when `away` is False."""
    wanted = set(people)
    edges = []
    for tie in open_ties(context, list(_tie_rows(context, people))):
        for edge in (_forward(tie), _backward(tie)):
            inside = edge.near if away else edge.far
            outside = edge.far if away else edge.near
            if inside in wanted and (only_to is None or outside in only_to):
                edges.append(edge)
    return edges


def _tie_rows(context: Context, people: list[str]) -> Iterator[TieRow]:
    seen = set()
    for start in range(0, len(people), _CHUNK):
        chunk = people[start : start + _CHUNK]
        for row in context.session.scalars(_TIES_OF, {"people": chunk}):
            if row.id not in seen:
                seen.add(row.id)
                yield row


def _forward(tie: StatedTie) -> Edge:
    return Edge(tie.from_person, tie.to_person, _step(tie, tie.kind), tie)


def _backward(tie: StatedTie) -> Edge:
    return Edge(tie.to_person, tie.from_person, _step(tie, converse(tie.kind)), tie)


def _step(tie: StatedTie, kind: str) -> TieStep:
    return TieStep(kind, ended=tie.is_ended, since=tie.since or "", until=tie.until or "")


def _working_relations(
    context: Context, clinician_person: str, ends: Mapping[str, list[Target]]
) -> list[Edge]:
    """Another active clinician of the practice is a colleague, whether or not anybody says so."""
    others = [person for person in ends if person != clinician_person]
    rows = context.session.scalars(_CLINICIANS_AMONG, {"people": others}) if others else ()
    return [Edge(clinician_person, person, TieStep("colleague")) for person in rows]


def _identity(path: Path) -> tuple[object, ...]:
    """Paths that say the same about the same person are one."""
    return (
        path.target.person_id,
        tuple((edge.far, edge.step.kind) for edge in path.edges),
        path.target.step.kind if path.target.step else None,
    )


_SURENESS = list(Certainty)


def _nearest_first(path: Path) -> tuple[int, int, str]:
    tie_ids = "|".join(edge.tie.id if edge.tie else "" for edge in path.edges)
    return len(path.steps), _SURENESS.index(path.target.certainty), tie_ids
