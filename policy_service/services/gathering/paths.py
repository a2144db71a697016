"""Tie paths of at most three steps from a person to the targets of a client."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from policy_service.database.tables.ties import TieRow
from policy_service.domain.kinship import MAX_STEPS, ONESELF, TieStep, converse
from policy_service.services.context import Context
from policy_service.services.gathering.targets import Certainty, Target, clinicians_among
from policy_service.services.gathering.tie_graph import Arc, Chain, chains
from policy_service.services.ties import StatedTie, open_ties

_SURENESS = list(Certainty)
_CHUNK = 500
_TIES = select(TieRow).where(
    TieRow.id.in_(bindparam("ties", expanding=True)), TieRow.is_current.is_(True)
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One tie read away from the start: the person at the far end is `step.kind` to the near.

    `tie` None is a relation that no tie on record stands for: two clinicians work here, or a
    record names somebody.
    """

    near: str
    far: str
    step: TieStep
    tie: StatedTie | None = None
    certainty: Certainty = Certainty.FACT
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """Edges from the start to a target's person, and the target's own step to the client."""

    edges: tuple[Edge, ...]
    target: Target

    @property
    def certainty(self) -> Certainty:
        """That of its least sure part."""
        parts = [self.target.certainty, *(edge.certainty for edge in self.edges)]
        return max(parts, key=_SURENESS.index)

    def stated_by(self, clinician_id: str) -> bool:
        """True when every tie on it was stated by this clinician or told by the client."""
        stated = (edge.tie for edge in self.edges if edge.tie is not None)
        return all(tie.clinician_id == clinician_id or tie.source == "client" for tie in stated)

    @property
    def steps(self) -> tuple[TieStep, ...]:
        """All steps, the target's included; nobody between the two: it is the start in person."""
        own = tuple(edge.step for edge in self.edges)
        last = (self.target.step,) if self.target.step else ()
        return (*own, *last) or (TieStep(ONESELF),)


@dataclass(frozen=True, slots=True)
class Walk:
    """The paths found, shortest and surest first, and whether some part was not walked."""

    paths: tuple[Path, ...]
    cut: bool = False


def walk(context: Context, clinician_person: str, targets: Iterable[Target]) -> Walk:
    """Every path of one to three steps from the clinician's person to the client."""
    wanted = tuple(targets)
    known = working_relations(context, clinician_person, {one.person_id for one in wanted})
    return walk_from(context, clinician_person, wanted, known)


def walk_from(
    context: Context, start: str, targets: Sequence[Target], known: Sequence[Edge] = ()
) -> Walk:
    """Every path of one to three steps from a person to the client.

    `known` are edges away from `start` that no tie on record stands for. Nobody is on a path twice,
    and whoever is the client stands at its end alone.
    """
    ends: defaultdict[str, list[Target]] = defaultdict(list)
    for target in targets:
        ends[target.person_id].append(target)
    given = [Arc(edge.near, edge.far, "", number) for number, edge in enumerate(known)]
    found = chains(context.session, start, ends, given)
    opened = _opened(context, found.found, known)
    client = {one.person_id for one in targets if one.step is None and _is_sure(one)}
    paths = [
        Path(tuple(opened[arc] for arc in chain), target)
        for chain in found.found
        for target in ends[chain[-1].far if chain else start]
        if client.isdisjoint(_passed(start, chain, target))
    ]
    short = [path for path in paths if len(path.steps) <= MAX_STEPS]
    surest = {_identity(path): path for path in sorted(short, key=_nearest_first, reverse=True)}
    return Walk(tuple(sorted(surest.values(), key=_nearest_first)), found.cut)


def _is_sure(target: Target) -> bool:
    return target.certainty is Certainty.FACT


def _passed(start: str, chain: Chain, target: Target) -> set[str]:
    """The persons on the way, who must not be the client."""
    people = [start, *(arc.far for arc in chain)]
    return set(people if target.step else people[:-1])


def _opened(context: Context, found: Iterable[Chain], known: Sequence[Edge]) -> Mapping[Arc, Edge]:
    """The edge of every arc on a chain; only ties that lie on one are read and unsealed."""
    arcs = {arc for chain in found for arc in chain}
    wanted = sorted({arc.tie for arc in arcs if arc.tie})
    opened = {tie.id: tie for tie in open_ties(context, _rows(context, wanted))}
    return {arc: _edge(arc, opened[arc.tie]) if arc.tie else known[arc.given] for arc in arcs}


def _rows(context: Context, tie_ids: Sequence[str]) -> list[TieRow]:
    chunks = (tie_ids[at : at + _CHUNK] for at in range(0, len(tie_ids), _CHUNK))
    return [row for chunk in chunks for row in context.session.scalars(_TIES, {"ties": chunk})]


def _edge(arc: Arc, tie: StatedTie) -> Edge:
    kind = tie.kind if arc.near == tie.from_person else converse(tie.kind)
    step = TieStep(kind, ended=tie.is_ended, since=tie.since or "", until=tie.until or "")
    return Edge(arc.near, arc.far, step, tie)


def working_relations(context: Context, clinician_person: str, people: Iterable[str]) -> list[Edge]:
    """Another active clinician of the practice is a colleague, whether or not anybody says so."""
    others = clinicians_among(context, sorted(set(people) - {clinician_person}))
    return [Edge(clinician_person, person, TieStep("colleague")) for person in sorted(others)]


def _identity(path: Path) -> tuple[object, ...]:
    """Paths that say the same about the same person are one."""
    return (
        path.target.person_id,
        tuple((edge.far, edge.step.kind) for edge in path.edges),
        path.target.step.kind if path.target.step else None,
    )


def _nearest_first(path: Path) -> tuple[int, int, str]:
    tie_ids = "|".join(edge.tie.id if edge.tie else "" for edge in path.edges)
    return len(path.steps), _SURENESS.index(path.certainty), tie_ids
