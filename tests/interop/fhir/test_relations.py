"""What a related person is to the patient: direction, synonyms, and words nobody knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.kinship import converse
from policy_service.domain.people import RelatedRole
from policy_service.domain.ties import TIE_KINDS, TieCategory, rolecode_concepts
from policy_service.interop.fhir.elements import Coding, Concept
from policy_service.interop.fhir.relations import ROLE_CODE, ROLE_CODE_SYSTEMS, read_relation

V2_CONTACT = "http://terminology.hl7.org/CodeSystem/v2-0131"
V2_RELATION = "http://terminology.hl7.org/CodeSystem/v2-0063"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
OURS = "https://boundary.example.org/fhir/CodeSystem/boundary-relation"
SNOMED = "http://snomed.info/sct"
CODES = sorted(set(rolecode_concepts()) & set(TIE_KINDS))


def concept(system: str, code: str, display: str = "", text: str = "") -> Concept:
    return Concept((Coding(system, code, display),), text)


@pytest.mark.parametrize("system", sorted(ROLE_CODE_SYSTEMS))
def test_every_role_code_means_itself_in_every_name_of_its_system(system: str) -> None:
    assert [read_relation([concept(system, code)]).kind for code in CODES] == CODES


def test_the_patients_child_is_a_child_of_the_patient_and_not_the_other_way_round() -> None:
    relation = read_relation([concept(ROLE_CODE, "CHILD")])
    assert relation.kind == "CHILD"  # what the person is to the patient (R4, 8.3)
    assert converse(relation.kind) == "PRN"  # what the patient is to the person


@pytest.mark.parametrize(
    ("stated", "kind", "role"),
    [
        (concept(V2_RELATION, "PAR"), "PRN", RelatedRole.FAMILY),
        (concept(V2_RELATION, "SPO"), "SPS", RelatedRole.PARTNER),
        (concept(V2_RELATION, "NCH"), "NCHILD", RelatedRole.FAMILY),
        (concept(V2_RELATION, "FCH"), "CHLDFOST", RelatedRole.FAMILY),
        (concept(V2_CONTACT, "C"), "", RelatedRole.EMERGENCY_CONTACT),
        (concept(V2_CONTACT, "C", text="mother"), "", RelatedRole.EMERGENCY_CONTACT),
        (concept(V2_CONTACT, "E"), "employer", RelatedRole.OTHER),
        (concept(ROLE_CLASS, "GUARD"), "guardian", RelatedRole.GUARDIAN),
        (concept(OURS, "ex_partner"), "ex_partner", RelatedRole.OTHER),
        (concept(SNOMED, "27733009", "Sister"), "SIS", RelatedRole.FAMILY),
        (Concept(text="Step-mother"), "STPMTH", RelatedRole.FAMILY),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_code_or_a_word_is_a_relation(stated: Concept, kind: str, role: RelatedRole) -> None:
    relation = read_relation([stated])
    if stated.text == "mother":
        kind = "MTH"
    assert (relation.kind, relation.role) == (kind, role)


@pytest.mark.parametrize(
    "stated",
    [
        (),
        (concept(ROLE_CODE, "XYZZY"),),
        (concept(SNOMED, "125677006", "Relative"),)[:0],
        (Concept(text="the one from the bus"),),
        (concept("https://ehr.example.org/relations", "MTH"),),
        (concept(V2_RELATION, "UNK"),),
    ],
    ids=["nothing", "no such code", "no concept", "words", "a local system", "v2 unknown"],
)
def test_what_is_not_known_stays_unknown_and_may_be_family(stated: tuple[Concept, ...]) -> None:
    relation = read_relation(stated)
    assert not relation.is_known
    assert relation.role is RelatedRole.EMERGENCY_CONTACT  # taken for family by recognition


def test_codings_of_one_concept_are_synonyms_and_the_most_exact_counts() -> None:
    both = Concept((Coding(ROLE_CODE, "PRN"), Coding(ROLE_CODE, "NMTH")))
    assert read_relation([both]).kind == "NMTH"


def test_codings_that_contradict_each_other_say_nothing() -> None:
    both = Concept((Coding(ROLE_CODE, "MTH"), Coding(ROLE_CODE, "FRND")))
    assert not read_relation([both]).is_known


def test_of_several_relations_kin_goes_first_and_a_guardian_stays_one() -> None:
    stated = [concept(ROLE_CLASS, "GUARD"), concept(ROLE_CODE, "FRND"), concept(ROLE_CODE, "AUNT")]
    relation = read_relation(stated)
    assert (relation.kind, relation.role) == ("AUNT", RelatedRole.GUARDIAN)


def test_what_the_ehr_said_is_kept_in_its_words() -> None:
    stated = [concept(ROLE_CODE, "XYZZY", "second cousin once removed"), Concept(text="carer")]
    assert read_relation(stated).words == "second cousin once removed, carer"


@given(st.lists(st.sampled_from(CODES), max_size=4))
def test_a_known_kind_is_never_lost_among_relations(codes: list[str]) -> None:
    relation = read_relation([concept(ROLE_CODE, code) for code in codes])
    assert relation.is_known is bool(codes)
    assert relation.kind in (codes or [""])


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_any_text_gives_a_tie_kind_or_unknown(system: str, code: str, text: str) -> None:
    kind = read_relation([concept(system, code, text=text)]).kind
    assert kind == "" or TIE_KINDS[kind].category in TieCategory
