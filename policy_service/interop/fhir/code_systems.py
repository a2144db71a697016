"""Our own terminology: what HL7's has no word for, as CodeSystems and a ConceptMap.

Each stands at its own address below the service's public one, so a code that an EHR meets can be
looked up. The codes are those of the domain; nothing is named twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from policy_service.domain.decisions import FindingKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.override_reasons import (
    NON_ADHERENCE,
    OVERRIDE_REASONS,
    OVERRIDE_REASONS_PATH,
    TOPICS,
    TOPICS_PATH,
)
from policy_service.domain.standings import Advice, Standing
from policy_service.domain.ties import TIE_KINDS, rolecode_concepts
from policy_service.interop.fhir.relations import ROLE_CODE

PUBLISHED_ON = "2026-11-23"
"""The day on which the definitions below last changed."""
VERSION = "1.0.0"
RELATION = "boundary-relation"
OUTCOME = "boundary-outcome"
STANDING = "boundary-standing"
FINDING_KIND = "boundary-finding-kind"
AUDIT_ACTION = "boundary-audit-action"
AUDIT_ENTITY = "boundary-audit-entity"
LOG_ENTRY = "log-entry"
NAMED = "person-named"
OVERRIDE_REASON = OVERRIDE_REASONS_PATH.rpartition("/")[2]
TOPIC = TOPICS_PATH.rpartition("/")[2]
RELATION_MAP = "boundary-relation-to-rolecode"
OVERRIDE_MAP = "boundary-override-reason-to-non-adherence"

Code = tuple[str, str]
"""A code and what it is called."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One CodeSystem: all of its codes, in order; without any, they are listed elsewhere."""

    id: str
    title: str
    codes: tuple[Code, ...]


def words(code: str) -> str:
    """A code as a phrase: "hold for review" for `hold-for-review`."""
    return code.replace("_", " ").replace("-", " ").replace(".", " ")


def advice_code(advice: Advice) -> str:
    """The code of what intake is told."""
    return advice.value.replace(" ", "-")


def _named(codes: Iterable[str]) -> tuple[Code, ...]:
    return tuple((code, words(code).capitalize()) for code in codes)


def _own_relations() -> tuple[Code, ...]:
    own = (kind for code, kind in TIE_KINDS.items() if code not in rolecode_concepts())
    return tuple((kind.code, kind.words) for kind in own)


_ADVICE = tuple(advice_code(advice) for advice in Advice)
VOCABULARIES = {
    one.id: one
    for one in (
        Vocabulary(RELATION, "Relations that v3 RoleCode has no word for", _own_relations()),
        Vocabulary(OUTCOME, "Outcomes of a boundary check", _named(one.value for one in Outcome)),
        Vocabulary(
            STANDING,
            "What the practice decided, and what a front desk is told",
            _named((*(one.value for one in Standing), *_ADVICE, "recorded")),
        ),
        Vocabulary(
            FINDING_KIND, "What a finding is about", _named(one.value for one in FindingKind)
        ),
        Vocabulary(
            OVERRIDE_REASON,
            "Why a person goes ahead against a card",
            tuple((one.code, one.display) for one in OVERRIDE_REASONS),
        ),
        Vocabulary(TOPIC, "What a card is about", tuple((one.code, one.display) for one in TOPICS)),
        Vocabulary(AUDIT_ACTION, "Actions of the audit log: its own dotted words", ()),
        Vocabulary(
            AUDIT_ENTITY,
            "What an audit event refers to beside its data",
            (
                (LOG_ENTRY, "The entry of the audit log that this event shows"),
                (NAMED, "A person the entry names by pseudonym"),
            ),
        ),
    )
}


def system(base: str, vocabulary: str) -> str:
    """The canonical address of a CodeSystem; `base` is the service's public address."""
    return f"{base}/fhir/CodeSystem/{vocabulary}"


def concept(base: str, vocabulary: str, code: str, text: str = "") -> dict[str, Any]:
    """A CodeableConcept of one of our codes."""
    made: dict[str, Any] = {"coding": [coding(base, vocabulary, code)]}
    return {**made, "text": text} if text else made


def coding(base: str, vocabulary: str, code: str) -> dict[str, str]:
    """A Coding of one of our codes, with its display. KeyError for a code that is not ours."""
    display = dict(VOCABULARIES[vocabulary].codes)[code]
    return {"system": system(base, vocabulary), "code": code, "display": display}


def code_system(base: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """The CodeSystem resource, complete."""
    return {
        "resourceType": "CodeSystem",
        "id": vocabulary.id,
        "url": system(base, vocabulary.id),
        **_published(vocabulary.id, vocabulary.title),
        "caseSensitive": True,
        **_content(vocabulary.codes),
    }


def _content(codes: tuple[Code, ...]) -> dict[str, Any]:
    if not codes:
        return {"content": "not-present"}
    concepts = [{"code": code, "display": display} for code, display in codes]
    return {"content": "complete", "count": len(codes), "concept": concepts}


def _published(name: str, title: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "name": "".join(map(str.capitalize, name.split("-"))),
        "title": title,
        "status": "active",
        "experimental": False,
        "date": PUBLISHED_ON,
        "publisher": "policy_service",
    }


# Own code: how its nearest RoleCode relates to it, and that code. "wider": RoleCode says less.
_NEAREST = {
    "aunt_or_uncle": ("wider", "EXT"),
    "great_grandchild": ("wider", "EXT"),
    "chosen_family": ("inexact", "FAMMEMB"),
    "dating_partner": ("wider", "SIGOTHR"),
}
_COMMENTS = {
    "ex_partner": "A former partner is not a former spouse, the only one RoleCode has a word for.",
    "chosen_family": "Family by choice: RoleCode's family member is one by blood, law or marriage.",
}


def relation_map(base: str) -> dict[str, Any]:
    """ConceptMap from our relations to v3 RoleCode. What has no counterpart says so."""
    target = "http://terminology.hl7.org/ValueSet/v3-PersonalRelationshipRoleType"
    elements = [_mapped(*code) for code in VOCABULARIES[RELATION].codes]
    group = {"source": system(base, RELATION), "target": ROLE_CODE, "element": elements}
    return _concept_map(base, (RELATION_MAP, "Our relations as v3 RoleCode", target), group)


def override_map(base: str) -> dict[str, Any]:
    """ConceptMap from our override reasons to the nearest of HL7's."""
    elements = [
        {
            "code": one.code,
            "display": one.display,
            "target": [
                {"equivalence": "inexact", "code": one.hl7, "comment": "The nearest concept."}
                if one.hl7
                else {"equivalence": "unmatched"}
            ],
        }
        for one in OVERRIDE_REASONS
    ]
    group = {"source": system(base, OVERRIDE_REASON), "target": NON_ADHERENCE, "element": elements}
    about = (OVERRIDE_MAP, "Our override reasons as HL7's", f"{NON_ADHERENCE}?vs")
    return _concept_map(base, about, group)


def _concept_map(base: str, about: tuple[str, str, str], group: dict[str, Any]) -> dict[str, Any]:
    """`about` is the map's id and title, and the value set it maps to."""
    name, title, target = about
    return {
        "resourceType": "ConceptMap",
        "id": name,
        "url": f"{base}/fhir/ConceptMap/{name}",
        **_published(name, title),
        "sourceUri": f"{group['source']}?vs",
        "targetUri": target,
        "group": [group],
    }


CONCEPT_MAPS = {RELATION_MAP: relation_map, OVERRIDE_MAP: override_map}


def _mapped(code: str, display: str) -> dict[str, Any]:
    equivalence, target = _NEAREST.get(code, ("unmatched", ""))
    said: dict[str, Any] = {"equivalence": equivalence}
    if target:
        said |= {"code": target, "display": rolecode_concepts()[target]["display"]}
    if code in _COMMENTS:
        said["comment"] = _COMMENTS[code]
    return {"code": code, "display": display, "target": [said]}
