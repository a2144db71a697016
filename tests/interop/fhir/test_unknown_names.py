"""A name that is nobody's id finds nothing, and is never a fault."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Scope
from tests.cast import World

SEARCHES = [
    "/fhir/DetectedIssue?patient=Patient/none",
    "/fhir/DetectedIssue?patient=none",
    "/fhir/DetectedIssue?_after=none",
    "/fhir/DetectedIssue?implicated=Practitioner/none",
    "/fhir/AuditEvent?patient=Patient/none",
    "/fhir/AuditEvent?entity=none",
    "/fhir/AuditEvent?_cursor=none",
    "/fhir/DetectedIssue/none",
    "/fhir/AuditEvent/none",
]


@pytest.mark.parametrize("path", SEARCHES)
def test_a_name_that_is_no_id_is_no_fault(world: World, path: str) -> None:
    answer = world.http(*Scope).get(path)
    assert answer.status_code < 500, answer.get_data(as_text=True)
    assert dict(answer.json or {})["resourceType"] in ("Bundle", "OperationOutcome")
