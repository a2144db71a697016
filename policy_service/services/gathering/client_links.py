"""Ties between two clients of one clinician: partners, relatives, opponents.

The client is walked from as a clinician is: stated ties, the people the record names, and kin that
recognition suspects. Only clients in open care of the same clinician count, so that a finding tells
that clinician of nobody they do not treat.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select

from policy_service.database.tables.care import (
    IS_CLIENT_OF,
    IS_CLINICIAN_OF,
    EpisodeClientRow,
    EpisodeClinicianRow,
    EpisodeRow,
)
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.facts import Fact, Known, OneOf, Why
from policy_service.domain.kinship import Composition, TieStep, compose, converse
from policy_service.domain.ties import TieCategory, tie_kind
from policy_service.services.context import Context
from policy_service.services.gathering.care_facts import share_an_episode
from policy_service.services.gathering.paths import Edge, Path, walk_from
from policy_service.services.gathering.targets import Certainty, Target, Targets

MOST_LINKS = 6
"""More links than this are not shown; one is enough for the fact."""
_LINKING = frozenset(
    {TieCategory.PARTNER, TieCategory.EX_PARTNER, TieCategory.RELATIVE, TieCategory.GUARDIAN}
)
_OPPONENT = "opponent"
_WHY = {
    Certainty.PROBABLE: Why.IDENTITY_UNCONFIRMED,
    Certainty.INFERRED: Why.NOT_ASKED,
    Certainty.POSSIBLE: Why.IDENTITY_NOT_COMPARABLE,
}
_CASELOAD = (
    select(ClientRow.person_id)
    .join(
        EpisodeClientRow,
        (EpisodeClientRow.practice_id == ClientRow.practice_id)
        & (EpisodeClientRow.client_id == ClientRow.id),
    )
    .join(EpisodeRow, IS_CLIENT_OF)
    .join(EpisodeClinicianRow, IS_CLINICIAN_OF)
    .where(
        EpisodeRow.is_current.is_(True),
        EpisodeRow.is_withdrawn.is_(False),
        EpisodeRow.is_open.is_(True),
        EpisodeClientRow.ended_on.is_(None),
        EpisodeClinicianRow.ended_on.is_(None),
        EpisodeClinicianRow.clinician_id == bindparam("clinician"),
    )
    .distinct()
)


@dataclass(frozen=True, slots=True)
class ClientLink:
    """A path from the client to another client of the clinician."""

    ref: str
    path: Path
    composition: Composition

    @property
    def certainty(self) -> Certainty:
        """That of the path; what may be kinship or not is no fact either."""
        sure = self.composition.category in _LINKING or _is_opponent(self.path)
        return max(self.path.certainty, Certainty.FACT if sure else Certainty.INFERRED, key=_rank)

    def known_to(self, clinician_id: str) -> bool:
        """True when it rests only on what this clinician stated or the client told."""
        return self.certainty is Certainty.FACT and self.path.stated_by(clinician_id)

    def in_words(self) -> dict[str, Any]:
        """What is kept beside the facts: for officers, who see it among the tie paths."""
        evidence = next((edge.evidence for edge in self.path.edges if edge.evidence), None)
        return {
            "ref": self.ref,
            "label": self.composition.label,
            "certainty": self.certainty.value,
            "people": [edge.far for edge in self.path.edges],
            **({"evidence": evidence} if evidence else {}),
        }


@dataclass(frozen=True, slots=True)
class ClientLinks:
    """The fact `linked_clients`, what it rests on, and what it is of the clinician's own links."""

    fact: Fact
    own: Fact
    found: tuple[ClientLink, ...] = ()


def client_links(
    context: Context, clinician_id: str, client_ids: Collection[str], targets: Targets
) -> ClientLinks:
    """Is this client tied to another client of the same care, or of the same clinician?"""
    found = _links(context, clinician_id, targets)
    if share_an_episode(context, client_ids):
        return ClientLinks(Known("yes"), Known("yes"), found)
    own = [link for link in found if link.known_to(clinician_id)]
    return ClientLinks(_fact(found), _fact(own), found)


def _fact(found: Sequence[ClientLink]) -> Fact:
    if not found:
        return Known("no")
    surest = min((link.certainty for link in found), key=_rank)
    if surest is Certainty.FACT:
        return Known("yes")
    return OneOf(frozenset({"no", "yes"}), _WHY[surest])


def _rank(certainty: Certainty) -> int:
    return list(Certainty).index(certainty)


def _links(context: Context, clinician_id: str, targets: Targets) -> tuple[ClientLink, ...]:
    others = _caseload(context, clinician_id) - targets.same_people - targets.maybe_people
    if not others:
        return ()
    ends = [Target(person, Certainty.FACT) for person in sorted(others)]
    paths = [
        path
        for start in sorted(targets.same_people)
        for path in walk_from(context, start, ends, _named_by(start, targets)).paths
    ]
    read = ((path, compose(path.steps, "the client")) for path in paths)
    linking = [(path, said) for path, said in read if _is_linking(path, said)]
    return tuple(
        ClientLink(f"c{number}", path, said)
        for number, (path, said) in enumerate(linking[:MOST_LINKS], 1)
    )


def _caseload(context: Context, clinician_id: str) -> frozenset[str]:
    return frozenset(context.session.scalars(_CASELOAD, {"clinician": clinician_id}))


def _named_by(start: str, targets: Targets) -> list[Edge]:
    """From the client to those the record names, and to kin that recognition suspects."""
    return [
        Edge(start, one.person_id, _turned(step), certainty=one.certainty, evidence=one.evidence)
        for one in targets.found
        if (step := one.step) is not None and one.person_id != start
    ]


def _turned(step: TieStep) -> TieStep:
    return replace(step, kind=converse(step.kind), sex="")


def _is_linking(path: Path, said: Composition) -> bool:
    categories: Iterable[TieCategory | None] = {said.category, *said.may_be}
    return not _LINKING.isdisjoint(categories) or _is_opponent(path)


def _is_opponent(path: Path) -> bool:
    return len(path.steps) == 1 and tie_kind(path.steps[0].kind).code == _OPPONENT
