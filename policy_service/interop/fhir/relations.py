"""What a RelatedPerson or a contact is to the patient, as one of our tie kinds.

**Direction.** `RelatedPerson.relationship` says what the related person is *to the patient* (R4,
section 8.3): CHILD means the related person is a child of the patient. That is also how
`PersonRecord.related` speaks, so no code is turned round here; whoever reads the tie from the other
end asks `domain.kinship.converse`.

What is not known stays unknown: an unknown code or text gives a relation without a kind, which
recognition then treats as family of unknown degree. It is never read as "no relation".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from policy_service.domain.people import RelatedRole
from policy_service.domain.relation_words import relation_code
from policy_service.domain.ties import TIE_KINDS, TieCategory, ancestors
from policy_service.interop.fhir.elements import Coding, Concept, codings

ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ROLE_CODE_SYSTEMS = frozenset(
    {
        ROLE_CODE,
        "http://hl7.org/fhir/v3/RoleCode",
        "urn:oid:2.16.840.1.113883.5.111",
    }
)
OWN_RELATIONS = "/fhir/CodeSystem/boundary-relation"
"""How the address of our own CodeSystem ends, whatever the base address of a deployment."""
_ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
_V2_CONTACT = "http://terminology.hl7.org/CodeSystem/v2-0131"
_V2_RELATION = "http://terminology.hl7.org/CodeSystem/v2-0063"
_OF_SYSTEM = {
    **{(system, "GUARD"): "guardian" for system in (*ROLE_CODE_SYSTEMS, _ROLE_CLASS)},
    (_V2_CONTACT, "E"): "employer",
    (_V2_RELATION, "NCH"): "NCHILD",
    (_V2_RELATION, "FCH"): "CHLDFOST",
    (_V2_RELATION, "LIF"): "SIGOTHR",
    (_V2_RELATION, "EME"): "employee",
}
"""Codes that mean this in one system alone."""
_CONTACT_ROLES = {
    (_V2_CONTACT, "C"): RelatedRole.EMERGENCY_CONTACT,
    (_V2_RELATION, "EMC"): RelatedRole.EMERGENCY_CONTACT,
    (_ROLE_CLASS, "ECON"): RelatedRole.EMERGENCY_CONTACT,
    (_ROLE_CLASS, "GUAR"): RelatedRole.GUARANTOR,
}
_ROLES = {
    TieCategory.PARTNER: RelatedRole.PARTNER,
    TieCategory.RELATIVE: RelatedRole.FAMILY,
    TieCategory.GUARDIAN: RelatedRole.GUARDIAN,
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What the related person is to the patient. `kind` is a tie kind, "" where it is unknown."""

    kind: str
    role: RelatedRole
    words: str = ""
    """As the EHR said it, for whoever asks back."""

    @property
    def is_known(self) -> bool:
        """False for an unknown relation, which is not the same as none."""
        return bool(self.kind)


def read_relation(concepts: Sequence[Concept]) -> Relation:
    """The nearest of several relations that are stated of one person.

    Codings of one concept are synonyms: the most exact one counts, and where two of them contradict
    each other the concept says nothing. Kin goes before the rest, for that is what rules ask first.
    """
    kinds = [kind for kind in map(_kind, concepts) if kind]
    kind = min(kinds, key=_nearness, default="")
    words = ", ".join(filter(None, (concept.words for concept in concepts)))
    return Relation(kind, _role(kinds, kind, concepts), words)


def _kind(concept: Concept) -> str:
    found = {kind for kind in map(_coding_kind, concept.coding) if kind}
    if not found:
        return relation_code(concept.text)
    exact = [one for one in sorted(found) if found <= {one, *_above(one)}]
    return exact[0] if exact else ""


def _coding_kind(coding: Coding) -> str:
    """By the code of a system we know, else by the word that is shown for it."""
    listed = _OF_SYSTEM.get((coding.system, coding.code), "")
    if listed or (coding.system, coding.code) in _CONTACT_ROLES:
        return listed
    return _by_code(coding) or relation_code(coding.display)


def _by_code(coding: Coding) -> str:
    """RoleCode and our own codes mean themselves: DAU is a natural daughter, "dau" any daughter."""
    if coding.system in ROLE_CODE_SYSTEMS or coding.system.endswith(OWN_RELATIONS):
        exact = (coding.code, coding.code.upper())
        return next((code for code in exact if code in TIE_KINDS), "")
    return relation_code(coding.code) if coding.system in ("", _V2_RELATION) else ""


def _above(kind: str) -> Iterator[str]:
    yield from ancestors(kind)
    yield TIE_KINDS[kind].neutral


def _nearness(kind: str) -> tuple[int, int]:
    tie = TIE_KINDS[kind]
    return (0, tie.degrees[0]) if tie.degrees else (1, 0)


def _role(kinds: Sequence[str], kind: str, concepts: Sequence[Concept]) -> RelatedRole:
    """A guardian is one whatever else they are; a role the record states goes before a relation's.

    A person of unknown relation is named for need, and so may be family (`gathering.targets`).
    """
    if any(TIE_KINDS[one].category is TieCategory.GUARDIAN for one in kinds):
        return RelatedRole.GUARDIAN
    stated = (_CONTACT_ROLES.get((one.system, one.code)) for one in codings(concepts))
    unstated = _ROLES.get(TIE_KINDS[kind].category, RelatedRole.OTHER) if kind else None
    return next(filter(None, stated), None) or unstated or RelatedRole.EMERGENCY_CONTACT
