"""Whom a tie path may end at: the client, whoever is or may be the client, and the client's people.

A guardian or partner of the client counts: a hit on a related person is a tie path through the
client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from policy_service.domain.kinship import TieStep
from policy_service.domain.people import PersonRecord, RelatedPerson
from policy_service.domain.ties import TIE_KINDS
from policy_service.matching.bands import Band
from policy_service.services.asked import as_person
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.people import Person, open_people
from policy_service.services.recognition import Identification, Match, identify, united

_ROLE_KINDS = {"partner": "SIGOTHR", "guardian": "guardian", "family": "FAMMEMB"}


class Certainty(StrEnum):
    """How sure a target is: a fact, a question with evidence, or only thinkable."""

    FACT = "fact"
    PROBABLE = "probable"
    INFERRED = "inferred"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Target:
    """A known person, and the step from that person to the client (None: the same person)."""

    person_id: str
    certainty: Certainty
    step: TieStep | None = None
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets of one client, and whether recognition could look at everything."""

    found: tuple[Target, ...]
    identification: Identification
    records: tuple[PersonRecord, ...]
    """The client's record, and those of the profiles merged with it."""

    @property
    def same_people(self) -> frozenset[str]:
        """Person ids that are, as a fact, the client."""
        return frozenset(
            t.person_id for t in self.found if t.certainty is Certainty.FACT and t.step is None
        )

    @property
    def maybe_people(self) -> frozenset[str]:
        """Person ids that probably are the client."""
        return frozenset(
            t.person_id for t in self.found if t.certainty is Certainty.PROBABLE and t.step is None
        )


def find_targets(context: Context, client: Person) -> Targets:
    """Recognise the client and the people the client's record names.

    A profile that an officer merged with the client tells of the same person: it is read too.
    """
    merged = open_people(context, sorted(merged_with(context, [client.id])))
    own = [client, *merged]
    ids = [person.id for person in own]
    identification = united([identify(context, person.record, ids) for person in own])
    found = [Target(person_id, Certainty.FACT) for person_id in ids]
    found += [target for match in identification.matches for target in _of_match(match)]
    for person in own:
        for related in person.record.related:
            found += _of_related(context, person, related)
    found += _merged_with_matches(context, found)
    return Targets(tuple(found), identification, tuple(person.record for person in own))


def targets_of_known(targets: Targets, stranger_id: str, known_id: str) -> Targets | None:
    """The targets of someone recognised, from those of the stranger they first seemed to be.

    None where others are that person too: their records must then be read as well.
    """
    if targets.same_people - {stranger_id, known_id}:
        return None
    own = {stranger_id, known_id}
    matches = tuple(m for m in targets.identification.matches if m.person.id != known_id)
    others = (target for target in targets.found if target.person_id not in own)
    return replace(
        targets,
        found=(Target(known_id, Certainty.FACT), *others),
        identification=replace(targets.identification, matches=matches),
    )


def _merged_with_matches(context: Context, found: list[Target]) -> list[Target]:
    """Whoever is merged with a match stands as that match does; a question stays a question."""
    known = {target.person_id for target in found if target.step is None}
    merged = []
    for certainty in (Certainty.FACT, Certainty.PROBABLE):
        own = [t.person_id for t in found if t.step is None and t.certainty is certainty]
        others = merged_with(context, own) - known
        known |= others
        merged += [Target(person_id, certainty) for person_id in sorted(others)]
    return merged


def _of_match(match: Match) -> Iterator[Target]:
    if match.is_same:
        yield Target(match.person.id, Certainty.FACT, None, match)
    elif match.verdict == "related" and match.relation:
        yield Target(match.person.id, Certainty.FACT, TieStep(match.relation), match)
    elif match.verdict is None:
        yield from _questions(match)


def _questions(match: Match) -> Iterator[Target]:
    """The same two records may ask both: one person, or kin of one household?"""
    if match.may_be_same:
        yield Target(match.person.id, Certainty.PROBABLE, None, match)
    elif match.comparison.identity is Band.POSSIBLE:
        yield Target(match.person.id, Certainty.POSSIBLE, None, match)
    if match.may_be_kin:
        step = TieStep(match.comparison.label or "FAMMEMB")
        yield Target(match.person.id, Certainty.INFERRED, step, match)


def _of_related(context: Context, client: Person, related: RelatedPerson) -> Iterator[Target]:
    """The client states what the related person is to the client; read from them it is converse."""
    step = TieStep(_from_related_to_client(related), sex=client.record.sex)
    for match in identify(context, as_person(related), [client.id]).matches:
        if match.is_same:
            yield Target(match.person.id, Certainty.FACT, step, match)
        elif match.may_be_same or _is_thinkable(match):
            yield Target(match.person.id, Certainty.PROBABLE, step, match)


def _from_related_to_client(related: RelatedPerson) -> str:
    kind = related.relation if related.relation in TIE_KINDS else _ROLE_KINDS.get(related.role)
    return TIE_KINDS[kind or "other"].converse


def _is_thinkable(match: Match) -> bool:
    """A contact row has few fields: a merely possible identity of it is already a question."""
    return match.verdict is None and match.comparison.identity is Band.POSSIBLE
