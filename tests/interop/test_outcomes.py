"""Every refusal under /cds-services and /fhir is an OperationOutcome that names an element."""

from __future__ import annotations

import pytest

from policy_service import errors
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.outcomes import element_path, outcome_resource
from tests.cast import World

_CODES = (
    "invalid structure required value invariant security login unknown expired forbidden "
    "suppressed processing not-supported duplicate multiple-matches not-found deleted too-long "
    "code-invalid extension too-costly business-rule conflict transient lock-error no-store "
    "exception timeout incomplete throttled informational"
)
ISSUE_TYPES = frozenset(_CODES.split())
"""FHIR R4, value set issue-type (required binding)."""


@pytest.mark.parametrize("path", ["/cds-services/x/y/z", "/fhir/nothing/here/at/all"])
def test_an_address_that_is_not_there_answers_an_outcome(sqlite_world: World, path: str) -> None:
    answer = sqlite_world.app.test_client().get(path)
    assert answer.status_code == 404
    issue = (answer.json or {})["issue"][0]
    assert (issue["severity"], issue["code"]) == ("error", "not-found")
    assert issue["expression"] == ["http.path"]


def test_a_method_that_is_not_there_names_those_that_are(sqlite_world: World) -> None:
    answer = sqlite_world.app.test_client().delete("/fhir/.well-known/smart-configuration")
    assert answer.status_code == 405
    assert answer.mimetype == "application/fhir+json"
    assert "GET" in answer.headers["Allow"]
    assert (answer.json or {})["issue"][0]["code"] == "not-supported"


def test_each_field_is_an_issue_of_its_own() -> None:
    wrong = [
        FieldError("/context/patientId", "Missing."),
        FieldError("/prefetch/list/entry/0/resource", "Of another type.", ("Bundle", "Patient")),
        FieldError("/query/date", "No date."),
    ]
    issues = outcome_resource(InvalidRequest(errors=wrong))["issue"]
    assert [issue["expression"] for issue in issues] == [
        ["context.patientId"],
        ["prefetch.list.entry[0].resource"],
        ["http.date"],
    ]
    assert issues[1]["diagnostics"] == "Of another type. Allowed: Bundle, Patient."


@pytest.mark.parametrize("kind", errors.PROBLEMS, ids=lambda kind: kind.slug)
def test_every_refusal_has_a_code_and_says_what_happened(
    kind: type[errors.ServiceError],
) -> None:
    made = outcome_resource(kind() if kind is not errors.MethodNotAllowed else kind(["GET"]))
    (issue,) = made["issue"]
    assert issue["severity"] == "error"
    assert issue["code"] in ISSUE_TYPES
    assert issue["details"]["text"] == kind.title
    assert issue["diagnostics"]


def test_a_pointer_becomes_an_element_path() -> None:
    assert element_path("") == ""
    assert element_path("/a/0/b~1c") == "a[0].b/c"
    assert element_path("/header/Prefer") == "http.Prefer"
