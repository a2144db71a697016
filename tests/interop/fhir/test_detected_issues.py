"""DetectedIssues say what the REST door says to the same caller, and are found by no one else.

Blind equality at this door: two worlds that differ only in a hidden cause give one audience the
same bytes. A control breaks redaction on purpose and sees the comparison fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from policy_service.domain import audiences
from policy_service.domain.principals import Scope
from policy_service.interop.fhir import searching
from policy_service.interop.fhir.detected_issues import STATUSES, detected_issue
from policy_service.services import decision_search
from policy_service.services.context import Context
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.parties import client_row, clinician_row
from tests.cast import Caller, World
from tests.interop.fhir.checks import STRANGER, TOMAS, defects, issues_of, parameters

ROLES = ("system", "intake", "clinician", "compliance", "patient", "relative", "unknown")
SCOPES = ((Scope.DECISION_FULL,), (Scope.DECISION_BRIEF,))
_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z")
_RECEIPT = re.compile(rb'"value":"\{(?:[^"\\]|\\.)*"')


def asked(world: World, caller: Caller, role: str = "system", **more: Any) -> list[dict[str, Any]]:
    answer = caller.post("/fhir/$check-boundary", json=parameters(world, "ben", role=role, **more))
    assert answer.status_code == 200, answer.text
    return issues_of(answer.json or {})


def acting(world: World, role: str) -> dict[str, str]:
    """The query parameters of the two doors for one person at the EHR."""
    mine = {"acting-practitioner": f"Practitioner/{world.ids['ben']}"}
    return {"acting-role": role, **(mine if role == "clinician" else {})}


@pytest.mark.parametrize("scopes", SCOPES, ids=["full", "brief"])
@pytest.mark.parametrize("role", ROLES)
def test_what_is_read_here_is_what_rest_says_to_the_same_caller(
    shared_world: World, role: str, scopes: tuple[Scope, ...]
) -> None:
    world, caller = shared_world, shared_world.http(*scopes)
    (issue,) = asked(world, caller)
    rest = {"acting_role": role}
    rest |= {"acting_clinician_id": world.ids["ben"]} if role == "clinician" else {}
    told = caller.get(f"/v1/checks/{issue['id']}", query_string=rest).json or {}
    read = caller.get(f"/fhir/DetectedIssue/{issue['id']}", query_string=acting(world, role)).json
    assert read == detected_issue(world.settings.public_base_url, told)
    assert not defects(read or {})


def _ben(context: Context, world: World) -> str:
    return clinician_row(context, world.ids["ben"]).person_id


def _tomas(context: Context, world: World) -> str:
    return client_row(context, world.ids["tomas"]).person_id


def _brothers(context: Context, world: World) -> None:
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "BRO"))


def _friends(context: Context, world: World) -> None:
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "FRND"))


def _told_in(world: World, cause: Callable[[Context, World], None], role: str) -> list[bytes]:
    """Everything this door says of Ben and Tomas to that role, without the declared fields."""
    with world.writing() as context:
        cause(context, world)
    caller = world.http(Scope.DECISION_FULL)
    body = parameters(world, "ben", role=role)
    if role == "clinician":
        mine = {"reference": f"Practitioner/{world.ids['ben']}"}
        body["parameter"].append({"name": "actingPractitioner", "valueReference": mine})
    first = caller.post("/fhir/$check-boundary", json=body)
    (issue,) = issues_of(first.json or {})
    query = acting(world, role)
    later = [
        caller.get(path, query_string=query)
        for path in (f"/fhir/DetectedIssue/{issue['id']}", "/fhir/DetectedIssue")
    ]
    return [_blind(answer.data) for answer in (first, *later)]


def _blind(body: bytes) -> bytes:
    for pattern in (_RECEIPT, _UUID, _AT):
        body = pattern.sub(b"-", body)
    return body


BLIND_ROLES = ("intake", "clinician", "patient", "unknown")


@pytest.mark.parametrize("role", BLIND_ROLES)
def test_two_hidden_causes_are_told_in_the_same_bytes(
    world: World, twin_world: World, role: str
) -> None:
    assert _told_in(world, _brothers, role) == _told_in(twin_world, _friends, role)


def test_the_comparison_fails_when_redaction_is_broken_on_purpose(
    world: World, twin_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leak(answer: audiences.Answer, _audience: audiences.Audience) -> dict[str, Any]:
        return audiences.redact(answer, audiences.Audience.EHR)

    monkeypatch.setattr("policy_service.services.checks.redact", leak)
    assert _told_in(world, _brothers, "intake") != _told_in(twin_world, _friends, "intake")


@pytest.mark.parametrize("role", ["patient", "relative", "unknown", ""])
def test_who_may_learn_nothing_cannot_tell_a_client_from_a_stranger(
    world: World, role: str
) -> None:
    caller = world.http(Scope.DECISION_FULL)
    known = {**STRANGER, **{name: TOMAS[name] for name in ("name", "birthDate", "telecom")}}
    bodies = []
    for patient in (known, STRANGER):
        answer = caller.post(
            "/fhir/$check-boundary",
            json=parameters(world, "alma", "ben", patient=patient, role=role),
        )
        bodies.append(_blind(answer.data))
    assert bodies[0] == bodies[1]


def found(caller: Caller, **query: str) -> list[str]:
    bundle = caller.get("/fhir/DetectedIssue", query_string=query).json or {}
    assert bundle["resourceType"] == "Bundle", bundle
    assert not defects(bundle)
    return [one["id"] for one in issues_of(bundle)]


def query_for(role: str) -> dict[str, str]:
    return {"acting-role": role}


def test_the_practices_ehr_finds_every_decision_newest_first(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    (first,) = asked(world, ehr)
    world.clock.advance(minutes=1)
    (second,) = asked(world, world.http(Scope.DECISION_BRIEF), "intake", patient=STRANGER)
    assert found(ehr, **query_for("system")) == [second["id"], first["id"]]


def test_an_intake_desk_finds_what_its_own_ehr_asked_and_no_more(world: World) -> None:
    intake = world.http(Scope.DECISION_BRIEF)
    asked(world, world.http(Scope.DECISION_FULL))
    (own,) = asked(world, intake, "intake")
    assert found(intake, **query_for("intake")) == [own["id"]]


@pytest.mark.parametrize("role", ["patient", "relative", "unknown"])
def test_for_anybody_else_there_is_nothing_whatever_there_is(world: World, role: str) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    patient = {"patient": world.ids["tomas"], **query_for(role)}
    before = ehr.get("/fhir/DetectedIssue", query_string=patient).data
    asked(world, ehr)
    assert ehr.get("/fhir/DetectedIssue", query_string=patient).data == before


@pytest.mark.parametrize("patient", ["tomas", "nobody"])
def test_an_empty_page_says_that_it_is_no_answer(world: World, patient: str) -> None:
    """Unknown is never clear: an EHR that forgot to say who reads finds nothing, and is told."""
    ehr = world.http(Scope.DECISION_FULL)
    asked(world, ehr)
    query = {"patient": world.ids.get(patient, patient)}
    bundle = ehr.get("/fhir/DetectedIssue", query_string=query).json or {}
    (entry,) = bundle["entry"]
    assert entry["search"] == {"mode": "outcome"}
    assert "does not say that there is no conflict" in str(entry["resource"]["issue"])
    assert not defects(bundle)


def test_the_search_would_tell_if_it_looked_no_further_than_the_client(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: without the rule of who may find what, the list is a membership oracle."""
    ehr = world.http(Scope.DECISION_FULL)
    asked(world, ehr)
    monkeypatch.setattr(decision_search, "_may_find", lambda *_: True)
    assert found(ehr, patient=world.ids["tomas"], **query_for("unknown"))


def test_a_clinician_finds_their_own_and_not_a_colleagues(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    (bens,) = asked(world, ehr)
    mine = {"acting-practitioner": world.ids["ben"], "acting-role": "clinician"}
    almas = {"acting-practitioner": world.ids["alma"], "acting-role": "clinician"}
    assert (found(ehr, **mine), found(ehr, **almas)) == ([bens["id"]], [])


def test_a_search_is_narrowed_by_patient_day_and_status(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    (tomas,) = asked(world, ehr)
    world.clock.advance(days=2)
    (ines,) = asked(world, ehr, patient=STRANGER)
    system = query_for("system")
    assert found(ehr, patient=f"Patient/{world.ids['tomas']}", **system) == [tomas["id"]]
    assert found(ehr, patient="ehr-8", **system) == [ines["id"]]
    assert found(ehr, identified="lt2026-03-03", **system) == [tomas["id"]]
    assert found(ehr, identified="2026-03-04", **system) == [ines["id"]]
    by_status = [one for status in STATUSES for one in found(ehr, status=status, **system)]
    assert sorted(by_status) == sorted([tomas["id"], ines["id"]])


def test_pages_follow_their_next_links(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    made = []
    for _ in range(5):
        made += [one["id"] for one in asked(world, ehr)]
        world.clock.advance(seconds=1)
    path, seen = "/fhir/DetectedIssue?acting-role=system&_count=2", []
    while path:
        bundle = ehr.get(path).json or {}
        assert len(issues_of(bundle)) <= 2
        seen += [one["id"] for one in issues_of(bundle)]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        path = links.get("next", "").removeprefix(world.settings.public_base_url)
    assert seen == made[::-1]


def test_a_page_that_looked_at_enough_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_EXAMINED", 2)
    ehr = world.http(Scope.DECISION_FULL)
    (wanted,) = asked(world, ehr, patient=STRANGER)
    for _ in range(3):
        world.clock.advance(seconds=1)
        asked(world, ehr)
    path = f"/fhir/DetectedIssue?acting-role=system&status={wanted['status']}"
    seen, pages = [], 0
    while path:
        bundle = ehr.get(path).json or {}
        seen, pages = seen + [one["id"] for one in issues_of(bundle)], pages + 1
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        path = links.get("next", "").removeprefix(world.settings.public_base_url)
    assert wanted["id"] in seen
    assert pages == 2


def test_a_search_may_be_posted_as_a_form(world: World) -> None:
    ehr = world.http(Scope.DECISION_FULL)
    (issue,) = asked(world, ehr)
    form = {"acting-role": "system", "patient": world.ids["tomas"]}
    answer = ehr.post("/fhir/DetectedIssue/_search", data=form)
    assert [one["id"] for one in issues_of(answer.json or {})] == [issue["id"]]
    assert ehr.post("/fhir/DetectedIssue/_search", json=form).status_code == 415


@pytest.mark.parametrize(
    ("query", "element"),
    [
        ("colour=red", "http.colour"),
        ("identified=yesterday", "http.identified"),
        ("identified=ap2026", "http.identified"),
        ("identified=ge2026-13", "http.identified"),
        ("status=cancelled", "http.status"),
        ("patient=Practitioner/7", "http.patient"),
        ("patient=a&patient=b", "http.patient"),
        ("acting-role=boss", "http.acting-role"),
        ("acting-role=clinician&acting-practitioner=nobody", "http.acting-practitioner"),
        ("_count=many", "http._count"),
        ("_format=xml", "http._format"),
        ("_after=00000000-0000-4000-8000-000000000000", "http._after"),
        ("_after=x", "http._after"),
        ("patient=%00", "http.patient"),
    ],
)
def test_a_wrong_search_parameter_is_named(shared_world: World, query: str, element: str) -> None:
    answer = shared_world.http(Scope.DECISION_FULL).get(f"/fhir/DetectedIssue?{query}")
    assert answer.status_code == 422, answer.text
    assert not defects(answer.json or {})
    assert [one["expression"] for one in (answer.json or {})["issue"]] == [[element]]


def test_another_practices_issue_is_one_that_never_was(postgresql_world: World) -> None:
    (issue,) = asked(postgresql_world, postgresql_world.http(Scope.DECISION_FULL))
    dana = postgresql_world.http(Scope.DECISION_FULL, dana=True)
    answer = dana.get(f"/fhir/DetectedIssue/{issue['id']}?acting-role=system")
    never = dana.get("/fhir/DetectedIssue/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.data) == (404, never.data)
    assert found(dana, **query_for("system")) == []


def test_a_standing_that_was_decided_is_a_mitigation() -> None:
    told = {"id": "x", "at": "2026-03-02T09:00:00.000000Z", "standing": "declined"}
    issue = detected_issue("https://b.example.org", told)
    assert issue["status"] == "amended"
    assert issue["mitigation"][0]["action"]["coding"][0]["code"] == "declined"
    assert not defects(issue)
