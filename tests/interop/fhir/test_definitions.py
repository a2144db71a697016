"""What stands at /fhir for machines: public, valid, and true."""

from __future__ import annotations

import re

import pytest

from policy_service.domain.decisions import FindingKind
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import Scope
from policy_service.domain.ties import TIE_KINDS, rolecode_concepts
from policy_service.interop.fhir.code_systems import (
    CONCEPT_MAPS,
    RELATION,
    VOCABULARIES,
    code_system,
    relation_map,
    system,
)
from policy_service.interop.fhir.relations import OWN_RELATIONS
from tests.cast import World
from tests.interop.fhir.checks import defects
from tests.interop.fhir.events import BASE

ADDRESSES = (
    "metadata",
    "OperationDefinition/check-boundary",
    *(f"ConceptMap/{name}" for name in CONCEPT_MAPS),
    *(f"CodeSystem/{name}" for name in VOCABULARIES),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_definition_needs_no_credential_and_is_valid(shared_world: World, address: str) -> None:
    answer = shared_world.app.test_client().get(f"/fhir/{address}")
    assert (answer.status_code, answer.mimetype) == (200, "application/fhir+json")
    assert not defects(answer.json or {})


@pytest.mark.parametrize(
    "address",
    ["CodeSystem/none", "ConceptMap/check-boundary", "OperationDefinition/none", "Patient/1", ""],
)
def test_what_is_not_there_answers_an_outcome(shared_world: World, address: str) -> None:
    answer = shared_world.app.test_client().get(f"/fhir/{address}")
    assert answer.status_code == 404
    assert (answer.json or {})["resourceType"] == "OperationOutcome"


def test_the_statement_names_every_route_and_no_other(shared_world: World) -> None:
    statement = shared_world.app.test_client().get("/fhir/metadata").json or {}
    (rest,) = statement["rest"]
    stated = {
        f"{one['type']}.{each['code']}" for one in rest["resource"] for each in one["interaction"]
    }
    rules = [rule.rule for rule in shared_world.app.url_map.iter_rules()]
    routed = {rule for rule in rules if rule.startswith("/fhir/") and ".well-known" not in rule}
    routed_types = {match[1] for rule in routed if (match := re.match(r"/fhir/([A-Z]\w+)", rule))}
    public = {"CodeSystem", "ConceptMap", "OperationDefinition"}
    assert routed_types == {one.partition(".")[0] for one in stated} - public
    assert "/fhir/$check-boundary" in routed
    assert [one["name"] for one in rest["operation"]] == ["check-boundary"]
    assert rest["security"]["extension"][0]["extension"][0]["valueUri"].endswith("/token")


def test_every_stated_search_parameter_is_understood(shared_world: World) -> None:
    statement = shared_world.app.test_client().get("/fhir/metadata").json or {}
    caller = shared_world.http(*Scope)
    usual = {"date": "ge2020", "reference": shared_world.ids["nora"], "token": ""}
    for resource in statement["rest"][0]["resource"]:
        for one in resource.get("searchParam", ()):
            if one["name"] == "acting-practitioner":
                continue
            query = {one["name"]: usual[one["type"]]}
            answer = caller.get(f"/fhir/{resource['type']}", query_string=query)
            assert answer.status_code == 200, (one, answer.text)


def test_our_relations_are_those_that_role_code_lacks() -> None:
    own = {code for code, _ in VOCABULARIES[RELATION].codes}
    assert own == {code for code in TIE_KINDS if code not in rolecode_concepts()}
    assert {"ex_partner", "colleague", "supervisee", "student", "employer"} <= own
    assert system(BASE, RELATION).endswith(OWN_RELATIONS)


def test_the_map_to_role_code_is_total_and_says_where_there_is_no_word() -> None:
    (group,) = relation_map(BASE)["group"]
    assert {one["code"] for one in group["element"]} == {
        code for code, _ in VOCABULARIES[RELATION].codes
    }
    for element in group["element"]:
        (target,) = element["target"]
        assert ("code" in target) is (target["equivalence"] != "unmatched")
        assert target.get("code", "FTH") in rolecode_concepts()
    unmatched = {one["code"] for one in group["element"] if "code" not in one["target"][0]}
    assert "ex_partner" in unmatched  # FMRSPS would say that they were married


def test_the_words_of_decisions_are_all_in_our_code_systems() -> None:
    codes = {name: {code for code, _ in one.codes} for name, one in VOCABULARIES.items()}
    assert codes["boundary-outcome"] == {one.value for one in Outcome}
    assert codes["boundary-finding-kind"] == {one.value for one in FindingKind}
    assert {"proceed", "hold-for-review", "choose-another-clinician", "recorded"} <= codes[
        "boundary-standing"
    ]


def test_a_code_system_counts_its_codes() -> None:
    for one in VOCABULARIES.values():
        made = code_system(BASE, one)
        assert made.get("count", 0) == len(made.get("concept", ()))
        assert (made["content"] == "complete") is bool(one.codes)
