"""`$check-boundary`: a recorded check per practitioner, and refusals that record nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Role, Scope
from policy_service.services.external_identifiers import NewIdentifier, register_identifier
from tests.cast import Caller, World
from tests.interop.fhir.checks import ROLE_CODE, STRANGER, TOMAS, defects, issues_of, parameters

PATH = "/fhir/$check-boundary"


@pytest.fixture
def ehr(world: World) -> Caller:
    """An EHR that sees everything but names."""
    return world.http(Scope.DECISION_FULL)


def decisions(world: World) -> int:
    with world.reading() as context:
        return context.session.scalar(select(func.count()).select_from(DecisionRow)) or 0


def with_parameter(body: dict[str, Any], name: str, **value: Any) -> dict[str, Any]:
    """The body with one parameter more, in place of one of that name."""
    others = [one for one in body["parameter"] if one["name"] != name]
    return {**body, "parameter": [*others, {"name": name, **value}]}


def refused(ehr: Caller, body: Any, status: int = 422) -> list[str]:
    """The elements an OperationOutcome names."""
    answer = ehr.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    outcome = answer.json or {}
    assert outcome["resourceType"] == "OperationOutcome"
    assert not defects(outcome)
    return [one["expression"][0] for one in outcome["issue"]]


def test_each_practitioner_is_a_check_of_their_own(world: World, ehr: Caller) -> None:
    before = decisions(world)
    answer = ehr.post(PATH, json=parameters(world, "alma", "ben"))
    bundle = answer.json or {}
    assert (answer.status_code, answer.mimetype) == (200, "application/fhir+json")
    assert not defects(bundle)
    alma, ben = issues_of(bundle)
    assert decisions(world) == before + 2
    assert alma["implicated"][0]["reference"] == f"Practitioner/{world.ids['alma']}"
    assert (alma["severity"], alma["code"]["coding"][0]["code"]) == ("high", "prohibit")
    assert ben["code"]["coding"][0]["code"] == "no_finding"
    assert alma["patient"] == {"reference": "Patient/ehr-7", "type": "Patient"}
    assert bundle["entry"][-1]["resource"]["resourceType"] == "OperationOutcome"


def test_what_is_not_known_is_a_warning_and_never_final(world: World, ehr: Caller) -> None:
    bundle = ehr.post(PATH, json=parameters(world, "alma", patient=STRANGER)).json or {}
    (issue,) = issues_of(bundle)
    assert issue["status"] == "preliminary"
    assert "severity" not in issue
    assert any("Not known" in one["code"][0]["text"] for one in issue["evidence"])
    (said,) = bundle["entry"][-1]["resource"]["issue"]
    assert (said["severity"], said["code"]) == ("warning", "incomplete")


def test_a_finding_cites_its_authority(world: World, ehr: Caller) -> None:
    (issue,) = issues_of(ehr.post(PATH, json=parameters(world, "alma")).json or {})
    texts = [one["code"][0].get("text", "") for one in issue["evidence"]]
    assert any("ACA A.5.d (2014)" in text for text in texts)


def test_the_practitioners_of_an_appointment_are_checked(world: World, ehr: Caller) -> None:
    with world.writing() as context:
        row = context.session.get_one(ClinicianRow, (world.practice_id, world.ids["ben"]))
        row.external_id = "doc-2"
    appointment = {
        "resourceType": "Appointment",
        "status": "proposed",
        "participant": [
            {"actor": {"reference": "Patient/ehr-7"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/doc-2"}, "status": "needs-action"},
            {
                "actor": {"reference": f"Practitioner/{world.ids['alma']}"},
                "status": "needs-action",
            },
        ],
    }
    body = with_parameter(parameters(world), "appointment", resource=appointment)
    found = issues_of(ehr.post(PATH, json=body).json or {})
    assert [one["implicated"][0]["reference"] for one in found] == [
        "Practitioner/doc-2",
        f"Practitioner/{world.ids['alma']}",
    ]


def test_a_clinician_named_twice_is_checked_once(world: World, ehr: Caller) -> None:
    bundle = ehr.post(PATH, json=parameters(world, "ben", "ben")).json or {}
    assert len(issues_of(bundle)) == 1


def test_a_practitioner_is_known_by_a_registered_identifier(world: World, ehr: Caller) -> None:
    with world.writing(world.account(Role.ADMIN, name="Ada")) as context:
        register_identifier(
            context, NewIdentifier("urn:npi", "1234567893", clinician_id=world.ids["ben"])
        )
    npi = {"identifier": {"system": "urn:npi", "value": "1234567893"}}
    body = with_parameter(parameters(world), "practitioner", valueReference=npi)
    (issue,) = issues_of(ehr.post(PATH, json=body).json or {})
    assert issue["implicated"] == [{**npi, "type": "Practitioner"}]


def test_an_id_on_another_server_names_nobody_here(world: World, ehr: Caller) -> None:
    with world.writing() as context:
        row = context.session.get_one(ClinicianRow, (world.practice_id, world.ids["ben"]))
        row.external_id = "doc-2"
    away = {"reference": "https://elsewhere.example.org/fhir/Practitioner/doc-2"}
    body = with_parameter(parameters(world), "practitioner", valueReference=away)
    assert refused(ehr, body) == ["parameter[3]"]


def test_people_the_client_names_are_looked_at(world: World, ehr: Caller) -> None:
    husband = {
        "resourceType": "RelatedPerson",
        "patient": {"reference": "Patient/ehr-8"},
        "relationship": [{"coding": [{"system": ROLE_CODE, "code": "HUSB"}]}],
        **{name: TOMAS[name] for name in ("name", "birthDate", "telecom")},
    }
    body = parameters(world, "alma", patient=STRANGER)
    (alone,) = issues_of(ehr.post(PATH, json=body).json or {})
    named = with_parameter(body, "relatedPerson", resource=husband)
    (married,) = issues_of(ehr.post(PATH, json=named).json or {})
    assert alone["code"]["coding"][0]["code"] == "advise"  # Alma has attested nothing
    assert married["code"]["coding"][0]["code"] in ("deliberate", "prohibit")


def test_a_client_may_be_named_by_the_id_this_service_gave(world: World, ehr: Caller) -> None:
    tomas = {"reference": f"Patient/{world.ids['tomas']}"}
    body = with_parameter(parameters(world, "alma"), "patient", valueReference=tomas)
    (issue,) = issues_of(ehr.post(PATH, json=body).json or {})
    assert issue["patient"] == {**tomas, "type": "Patient"}


def test_a_bare_id_of_the_ehr_is_refused_alike_whether_or_not_it_is_a_clients(
    world: World, ehr: Caller
) -> None:
    """Otherwise a guessed number would tell who is a client here."""
    ehr.post(PATH, json=parameters(world, "ben", patient=TOMAS))
    answers = [
        ehr.post(
            PATH,
            json=with_parameter(parameters(world, "ben"), "patient", valueReference=reference),
        )
        for reference in ({"reference": "Patient/ehr-7"}, {"reference": "Patient/ehr-9"})
    ]
    assert answers[0].status_code == 422
    assert answers[0].data == answers[1].data


def test_a_retry_with_its_key_gets_the_same_answers(world: World, ehr: Caller) -> None:
    body = parameters(world, "alma", "ben")
    key = {"Idempotency-Key": "booking-1"}
    first = ehr.post(PATH, json=body, headers=key)
    count = decisions(world)
    assert ehr.post(PATH, json=body, headers=key).data == first.data
    assert decisions(world) == count
    assert first.status_code == 200
    other = ehr.post(PATH, json=parameters(world, "ben"), headers=key)
    assert other.status_code == 422
    assert (other.json or {})["issue"][0]["code"] == "duplicate"


def test_a_mistake_anywhere_records_nothing(world: World, ehr: Caller) -> None:
    before = decisions(world)
    nobody = {"reference": "Practitioner/nobody"}
    body = parameters(world, "alma")
    body["parameter"].append({"name": "practitioner", "valueReference": nobody})
    assert refused(ehr, body) == ["parameter[4]"]
    assert decisions(world) == before


_WITHOUT_NAME = {name: part for name, part in TOMAS.items() if name != "name"}


@pytest.mark.parametrize(
    ("name", "value", "element"),
    [
        ("purpose", {"valueCode": "event"}, "parameter[3].valueCode"),
        ("purpose", {"valueCode": "x"}, "parameter[3].valueCode"),
        ("actingRole", {"valueCode": "boss"}, "parameter[3].valueCode"),
        ("locationOfService", {"valueCode": "Texas"}, "parameter[4].valueCode"),
        ("patient", {"resource": {**TOMAS, "birthDate": "x"}}, "parameter[3].resource.birthDate"),
        ("patient", {"resource": _WITHOUT_NAME}, "parameter[3].resource.name"),
        ("patient", {"resource": {"resourceType": "Group"}}, "parameter[3].resource.resourceType"),
        ("patient", {"resource": {**TOMAS, "id": "a/b"}}, "parameter[3].resource.id"),
        ("patient", {"valueString": "Tomas"}, "parameter[3].resource"),
        ("patient", {"valueReference": {"reference": 7}}, "parameter[3].valueReference.reference"),
        ("appointment", {"resource": {"resourceType": "Appointment"}}, None),
        ("relatedPerson", {"resource": {"resourceType": "Person"}}, None),
        ("practitioner", {"valueString": "Ben"}, "parameter[3].valueReference"),
        ("colour", {"valueCode": "red"}, "parameter[4].name"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named(
    shared_world: World, name: str, value: dict[str, Any], element: str | None
) -> None:
    ehr = shared_world.http(Scope.DECISION_FULL)
    found = refused(ehr, with_parameter(parameters(shared_world, "ben"), name, **value))
    assert all(one.startswith("parameter[4].resource") for one in found) or found == [element]


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {**body, "parameter": [one for one in body["parameter"] if one["name"] != name]}


@pytest.mark.parametrize("name", ["purpose", "patient", "practitioner"])
def test_a_missing_parameter_is_named(shared_world: World, name: str) -> None:
    ehr = shared_world.http(Scope.DECISION_FULL)
    assert refused(ehr, _without(parameters(shared_world, "ben"), name)) == ["parameter"]


def test_a_parameter_that_is_there_twice_is_refused(shared_world: World) -> None:
    body = deepcopy(parameters(shared_world, "ben"))
    body["parameter"].append(body["parameter"][0])
    assert refused(shared_world.http(Scope.DECISION_FULL), body) == ["parameter[4].name"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"resourceType": "Patient"}, 422),
        ({"resourceType": "Parameters"}, 422),
        ({"resourceType": "Parameters", "parameter": [7]}, 422),
        ({"resourceType": "Parameters", "parameter": {}}, 422),
        ([], 400),
    ],
    ids=str,
)
def test_a_body_that_is_no_parameters_is_refused(
    shared_world: World, body: Any, status: int
) -> None:
    assert refused(shared_world.http(Scope.DECISION_FULL), body, status)


def test_who_may_not_decide_may_not_ask(shared_world: World) -> None:
    body = parameters(shared_world, "ben")
    refused(shared_world.http(Scope.AUDIT_READ), body, 403)
    answer = shared_world.app.test_client().post(PATH, json=body)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert (answer.json or {})["issue"][0]["code"] == "login"
