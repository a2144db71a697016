"""Calls of a service (CDS Hooks 2.0 "Calling a CDS Service", "Extensions", "Hooks")."""

from __future__ import annotations

from typing import Any

import pytest

from tests.interop.conformance.ehr import SERVICES, Ehr, refused
from tests.interop.conformance.hooks import (
    FHIR_SERVER,
    HOOKS,
    authorization,
    body_of,
    context_of,
    prefetch_of,
    service_id,
)

EACH_HOOK = pytest.mark.parametrize("hook", HOOKS)
CALLED = f"{SERVICES}/{service_id('patient-view')}"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_service_is_called_by_post_alone(ehr: Ehr, method: str) -> None:
    headers = {"Authorization": f"Bearer {ehr.token(CALLED)}"}
    answer = ehr.world.app.test_client().open(CALLED, method=method, headers=headers)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.json["resourceType"] == "OperationOutcome"


@EACH_HOOK
@pytest.mark.parametrize("field", ["hook", "hookInstance", "context"])
@pytest.mark.parametrize("value", [None, 7, "", []], ids=["missing", "number", "empty", "array"])
def test_a_call_without_a_required_field_is_refused_and_named(
    ehr: Ehr, hook: str, field: str, value: Any
) -> None:
    refused(ehr.call(hook, "alma", "tomas", **{field: value}), 422, field)


@EACH_HOOK
def test_a_hook_that_is_not_the_services_is_refused_and_named(ehr: Ehr, hook: str) -> None:
    refused(ehr.call(hook, "alma", "tomas", hook="allergyintolerance-create"), 422, "hook")


@EACH_HOOK
def test_a_context_without_a_required_field_is_refused_and_named(ehr: Ehr, hook: str) -> None:
    context = context_of(hook, "alma", "tomas")
    without = {name: value for name, value in context.items() if name != "patientId"}
    refused(ehr.call(hook, "alma", "tomas", context=without), 422, "context.patientId")


def test_authorization_without_a_server_is_refused(ehr: Ehr) -> None:
    answer = ehr.call("patient-view", "alma", "tomas", fhirAuthorization=authorization())
    refused(answer, 422, "fhirServer")
    whole = {"fhirAuthorization": authorization(), "fhirServer": FHIR_SERVER}
    assert ehr.call("patient-view", "alma", "tomas", **whole).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("access_token", None),
        ("access_token", ""),
        ("token_type", None),
        ("token_type", "MAC"),
        ("expires_in", "soon"),
        ("scope", 3),
        ("subject", {}),
    ],
    ids=lambda value: str(value),
)
def test_an_authorization_that_cannot_be_read_is_refused_and_named(
    ehr: Ehr, field: str, value: Any
) -> None:
    given = {"fhirServer": FHIR_SERVER, "fhirAuthorization": authorization(**{field: value})}
    answer = ehr.call("patient-view", "alma", "tomas", **given)
    refused(answer, 422, f"fhirAuthorization.{field}")


@pytest.mark.parametrize("field", ["expires_in", "scope", "subject"])
def test_what_nothing_here_needs_of_an_authorization_may_be_missing(ehr: Ehr, field: str) -> None:
    """The EHR owes it; a check that would be refused for it would help nobody."""
    given = {"fhirServer": FHIR_SERVER, "fhirAuthorization": authorization(**{field: None})}
    assert ehr.call("patient-view", "alma", "tomas", **given).status_code == 200


def test_two_hook_instances_are_two_decisions(ehr: Ehr) -> None:
    before = len(ehr.world.actions())
    for _ in range(2):
        assert ehr.call("patient-view", "alma", "tomas").status_code == 200
    assert ehr.world.actions()[before:].count("check.decided") == 2


def test_elements_of_another_fhir_version_are_passed_over(ehr: Ehr) -> None:
    """R5 has Patient.link.type as a code too, and elements that R4 does not know."""
    prefetch = prefetch_of("patient-view", "alma", "tomas")
    newer = {"virtualServiceUrl": "x", "communication": [{"preferred": True}], "text": {"div": 3}}
    prefetch["patient"] = prefetch["patient"] | newer
    plain = ehr.call("patient-view", "alma", "tomas").json
    changed = ehr.call("patient-view", "alma", "tomas", prefetch=prefetch).json
    assert [card["summary"] for card in changed["cards"]] == [
        card["summary"] for card in plain["cards"]
    ]


@EACH_HOOK
def test_extensions_are_passed_over(ehr: Ehr, hook: str) -> None:
    body = body_of(hook, "alma", "tomas")
    own = {"com.example.timestamp": "2017-11-27T22:13:25Z", "com.example.deep": {"a": [1, None]}}
    body["extension"] = own
    body["context"]["extension"] = own
    answer = ehr.send(hook, body)
    assert answer.status_code == 200, answer.text
    assert "extension" not in answer.text
