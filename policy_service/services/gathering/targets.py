"""Whom a tie path may end at: the client, whoever is or may be the client, and the client's people.

A guardian or partner of the client counts: a hit on a related person is a tie path through the
client.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select

from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.kinship import ONESELF, TieStep, converse
from policy_service.domain.people import PersonRecord, RelatedPerson, RelatedRole
from policy_service.domain.ties import TIE_KINDS
from policy_service.matching.bands import Band
from policy_service.matching.hypotheses import Hypothesis
from policy_service.matching.model import MatchModel
from policy_service.services.asked import as_person
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.people import Person, open_people
from policy_service.services.recognition import Identification, Match, identify, united

_CONTACTS = frozenset({RelatedRole.EMERGENCY_CONTACT, RelatedRole.GUARANTOR})
_CLINICIANS_AMONG = select(ClinicianRow.person_id).where(
    ClinicianRow.person_id.in_(bindparam("people", expanding=True)),
    ClinicianRow.is_active.is_(True),
)
_ROLE_KINDS = {
    "partner": "SIGOTHR",
    "guardian": "guardian",
    "family": "FAMMEMB",
    "emergency_contact": "FAMMEMB",
    "guarantor": "FAMMEMB",
}
"""What a person named without a relation is taken for: whom one names for need is mostly family."""


class Certainty(StrEnum):
    """How sure a target is: a fact, a question with evidence, or only thinkable."""

    FACT = "fact"
    PROBABLE = "probable"
    INFERRED = "inferred"
    POSSIBLE = "possible"
    HINT = "hint"
    """Only in the clinician's address book, however sure it is that it is the client."""


@dataclass(frozen=True, slots=True)
class Target:
    """A known person, and the step from that person to the client (None: the same person)."""

    person_id: str
    certainty: Certainty
    step: TieStep | None = None
    match: Match | None = None
    named_as: str = ""
    """The role in which the client's record names the person; "" where it names nobody."""

    @property
    def evidence(self) -> dict[str, Any] | None:
        """What the records say for it: reasons in words, and bits a field; no values."""
        if self.match is None:
            return None
        comparison = self.match.comparison
        named = [f"the client's record names them as {_said(self.named_as)}"]
        rows = [
            {"sentence": row.sentence, "bits": row.bits} for row in comparison.evidence if row.bits
        ]
        return {
            "reasons": [*(named if self.named_as else ()), *comparison.reasons],
            "bits": comparison.bits,
            "rows": rows,
        }


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
    for match in identification.matches:
        found += _of_match(match, context.model)
    settled = frozenset(match.person.id for match in identification.matches if match.verdict)
    for person in own:
        found += _Named(person, ids, settled).targets(context)
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


def _of_match(match: Match, model: MatchModel) -> Iterator[Target]:
    if match.is_same:
        yield Target(match.person.id, Certainty.FACT, None, match)
    elif match.verdict == "related" and match.relation:
        yield Target(match.person.id, Certainty.FACT, TieStep(match.relation), match)
    elif match.verdict is None:
        yield from _questions(match, model)


def _questions(match: Match, model: MatchModel) -> Iterator[Target]:
    """The same two records may ask both: one person, or kin of one household?"""
    if match.may_be_same:
        yield Target(match.person.id, Certainty.PROBABLE, None, match)
    elif match.comparison.identity is Band.POSSIBLE:
        yield Target(match.person.id, Certainty.POSSIBLE, None, match)
    if match.may_be_kin or _is_thinkable_kin(match):
        step = TieStep(match.comparison.label or "FAMMEMB")
        yield Target(match.person.id, _kin_certainty(match, model), step, match)


def _is_thinkable_kin(match: Match) -> bool:
    comparison = match.comparison
    return comparison.hypothesis is Hypothesis.KIN and comparison.band is Band.POSSIBLE


def _kin_certainty(match: Match, model: MatchModel) -> Certainty:
    """Merely possible kin are a question worth a case only where two groups of evidence speak."""
    if match.may_be_kin:
        return Certainty.INFERRED
    said: defaultdict[str, int] = defaultdict(int)
    for row in match.comparison.evidence:
        said[row.group] += row.bits
    telling = [group for group, bits in model.telling_bits.items() if said[group.value] >= bits]
    return Certainty.INFERRED if len(telling) > 1 else Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom the client's record names, and what is settled about those who may be meant."""

    client: Person
    own: Sequence[str]
    """Ids of the client's own person records."""
    settled: frozenset[str]
    """Persons on whom an officer has given a verdict beside the client."""

    def targets(self, context: Context) -> Iterator[Target]:
        """Everyone who is, or may be, somebody the record names."""
        for related in self.client.record.related:
            if related.relation != ONESELF:
                yield from self._of(context, related)

    def _of(self, context: Context, related: RelatedPerson) -> Iterator[Target]:
        """The client says what that person is to them; read from the person it is converse."""
        step = TieStep(_from_related_to_client(related, self.client.record.sex))
        found = identify(context, as_person(related), self.own).matches
        open_ones = [match for match in found if match.person.id not in self.settled]
        staff = clinicians_among(context, [match.person.id for match in open_ones])
        for match in open_ones:
            is_fact = related.role not in _CONTACTS and match.person.id not in staff
            certainty = _named_certainty(match, is_fact)
            if certainty is not None:
                role = related.role.value
                yield Target(match.person.id, certainty, step, match, role)


def _named_certainty(match: Match, may_be_fact: bool) -> Certainty | None:
    """A contact row has few fields: a merely possible identity of it is already a question.

    That an emergency contact or a guarantor is known here, or is the therapist, is never a fact.
    """
    if match.is_same:
        return Certainty.FACT if may_be_fact else Certainty.INFERRED
    if match.may_be_same or _is_thinkable(match):
        return Certainty.PROBABLE
    return None


def clinicians_among(context: Context, person_ids: Sequence[str]) -> frozenset[str]:
    """Which of these persons are active clinicians of the practice."""
    if not person_ids:
        return frozenset()
    return frozenset(context.session.scalars(_CLINICIANS_AMONG, {"people": sorted(person_ids)}))


def _from_related_to_client(related: RelatedPerson, sex: str) -> str:
    kind = related.relation if related.relation in TIE_KINDS else _ROLE_KINDS.get(related.role)
    return converse(kind or "other", sex)


def _said(word: str) -> str:
    return word.replace("_", " ")


def _is_thinkable(match: Match) -> bool:
    """A contact row has few fields: a merely possible identity of it is already a question."""
    return match.verdict is None and match.comparison.identity is Band.POSSIBLE
