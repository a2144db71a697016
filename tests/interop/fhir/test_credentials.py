"""What an access token opens at /fhir, and what a client on trial is told."""

from __future__ import annotations

import pytest

from policy_service.auth.ehr_keys import authenticate
from policy_service.domain.principals import Scope
from policy_service.services.ehr_clients import SILENT, set_mode
from tests.cast import World
from tests.interop.fhir.checks import defects, issues_of, parameters
from tests.signing import SigningEhr

HELD = (Scope.DECISION_FULL, Scope.AUDIT_READ)


@pytest.mark.parametrize(
    ("scope", "ask", "search", "log"),
    [
        ("system/DetectedIssue.cruds", 200, 200, 403),
        ("system/DetectedIssue.rs", 403, 200, 403),
        ("system/DetectedIssue.c", 200, 403, 403),
        ("system/AuditEvent.rs", 403, 403, 200),
        ("system/*.rs", 403, 200, 200),
        ("system/*.cruds", 200, 200, 200),
    ],
)
def test_a_token_opens_what_its_scope_says(
    sqlite_world: World, scope: str, ask: int, search: int, log: int
) -> None:
    caller = SigningEhr.registered(sqlite_world, *HELD).bearer(scope)
    answers = (
        caller.post("/fhir/$check-boundary", json=parameters(sqlite_world, "ben")),
        caller.get("/fhir/DetectedIssue"),
        caller.get("/fhir/AuditEvent"),
    )
    assert [one.status_code for one in answers] == [ask, search, log]
    for one in answers:
        assert not defects(one.json or {})


def test_a_client_on_trial_is_told_that_and_nothing_else(world: World) -> None:
    live = world.http(Scope.DECISION_FULL)
    trial = world.http(Scope.DECISION_FULL)
    client = authenticate(world.desk, trial.headers["Authorization"]).id
    with world.writing() as context:
        assert set_mode(context, client, SILENT)
    bundle = trial.post("/fhir/$check-boundary", json=parameters(world, "alma")).json or {}
    (issue,) = issues_of(bundle)
    assert not defects(bundle)
    assert issue["code"]["coding"][0]["code"] == "recorded"
    assert not {"severity", "evidence", "detail"} & set(issue)
    assert "trial" in bundle["entry"][-1]["resource"]["issue"][0]["details"]["text"]
    for caller in (trial, live):
        found = caller.get("/fhir/DetectedIssue?acting-role=system").json or {}
        assert issues_of(found) == []
