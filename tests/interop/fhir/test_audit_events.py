"""Every entry of the log is a valid AuditEvent that keeps the BALP profile it claims."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from policy_service.interop.fhir.audit_events import Shown, audit_event, ndjson
from policy_service.interop.fhir.audit_patterns import is_known
from tests.cast import World
from tests.interop.fhir.balp import PROFILES, wrong
from tests.interop.fhir.checks import defects, parameters
from tests.interop.fhir.events import (
    ACTORS,
    BASE,
    BUILT,
    CLIENT,
    CLINICIAN,
    actions,
    entry,
    every_event,
    prefixes_put_together,
)

READER = (Scope.AUDIT_READ,)
NAMING_READER = (Scope.AUDIT_READ, Scope.REGISTRY_READ)


@pytest.mark.parametrize("action", actions())
def test_the_kind_of_every_action_was_chosen(action: str) -> None:
    assert is_known(action), f"{action}: give its last word a kind in audit_patterns"


def test_no_action_is_put_together_in_a_way_the_tests_do_not_know() -> None:
    assert prefixes_put_together() == set(BUILT)
    assert {"check.decided", "case.opened", "duty.overdue", "release.recorded"} <= set(actions())


def test_every_event_is_valid_and_keeps_its_claim() -> None:
    found = Counter(fault for event in every_event() for fault in [*defects(event), *wrong(event)])
    assert not found


def test_each_pattern_is_claimed_with_and_without_a_patient() -> None:
    claimed = {
        profile.removeprefix(PROFILES)
        for event in every_event()
        for profile in event.get("meta", {}).get("profile", [])
    }
    bare = {"Create", "Update", "Read", "Query"}
    assert claimed == bare | {f"Patient{name}" for name in bare} | {"PrivacyDisclosure.Source"}


def test_what_the_service_did_by_itself_claims_no_rest_pattern() -> None:
    for actor in ("system:worker", None):
        event = audit_event(BASE, Shown(entry("check.decided", actor, ()), frozenset()))
        assert "meta" not in event


_BREAKS = {
    "agent 110153 who, network": lambda event: event["agent"][0].pop("network"),
    "agent 110152": lambda event: event["agent"].pop(1),
    "source.observer": lambda event: event["source"].update(observer={"display": "another"}),
    "subtype": lambda event: event["subtype"].pop(0),
    "entity patient": lambda event: event["entity"].pop(0),
    "entity data": lambda event: event["entity"].pop(1),
    "action, outcome": lambda event: event.update(action="U"),
}


@pytest.mark.parametrize("fault", sorted(_BREAKS))
def test_the_table_sees_what_is_broken_on_purpose(fault: str) -> None:
    shown = Shown(entry("check.decided", ACTORS[0], (CLIENT, CLINICIAN)), frozenset({CLIENT}))
    event = audit_event(BASE, shown)
    assert not wrong(event)
    broken = deepcopy(event)
    _BREAKS[fault](broken)
    assert fault in wrong(broken)


def test_a_decision_is_the_creation_of_its_detected_issue() -> None:
    shown = Shown(entry("check.decided", ACTORS[0], (CLIENT, CLINICIAN)), frozenset({CLIENT}))
    event = audit_event(BASE, shown)
    assert event["meta"]["profile"] == [f"{PROFILES}PatientCreate"]
    what = [one["what"] for one in event["entity"]]
    assert what[0]["identifier"]["value"] == CLIENT
    assert what[1]["reference"] == f"DetectedIssue/{event['id']}"
    details = {one["type"]: one["valueString"] for one in event["entity"][-1]["detail"]}
    assert details["outcome"] == "deliberate"
    assert (details["index"], details["leaf_hash"]) == ("7", "00" * 32)


def test_source_and_destination_of_a_read_are_those_of_a_write_reversed() -> None:
    roles = {}
    for action in ("client.registered", "case.read", "case.listed"):
        event = audit_event(BASE, Shown(entry(action, ACTORS[0], ())))
        roles[action] = [one["type"]["coding"][0]["code"] for one in event["agent"]]
    assert roles["client.registered"] == ["110153", "110152"]
    assert roles["case.read"] == ["110152", "110153"]
    assert roles["case.listed"] == ["110153", "110152"]  # BALP: the parameters flow to the server


def test_an_export_over_a_written_log_is_valid_line_by_line(world: World) -> None:
    world.http(*Scope).post("/fhir/$check-boundary", json=parameters(world, "alma", "ben"))
    answer = world.http(*NAMING_READER).get("/fhir/AuditEvent?_format=application/fhir%2Bndjson")
    assert (answer.status_code, answer.mimetype) == (200, "application/fhir+ndjson")
    events = [json.loads(line) for line in answer.get_data(as_text=True).splitlines()]
    assert not [fault for one in events for fault in [*defects(one), *wrong(one)]]
    claimed = Counter(one.get("meta", {}).get("profile", [""])[0] for one in events)
    assert claimed[f"{PROFILES}PatientCreate"] >= 2
    assert "audit.exported" in [one["action"] for one in _log(world)]


def _log(world: World) -> list[dict[str, Any]]:
    page = world.http(*READER).get("/v1/audit/entries").json or {}
    return [one["entry"] for one in page["entries"]]


def test_pages_follow_their_next_links_through_the_whole_log(world: World) -> None:
    reader = world.http(*READER)
    size = (reader.get("/v1/audit/entries").json or {})["size"] + 1
    seen, path = [], "/fhir/AuditEvent?_count=7"
    while path:
        bundle = reader.get(path).json or {}
        assert not defects(bundle)
        seen += [one["resource"]["id"] for one in bundle.get("entry", ())]
        links = {one["relation"]: one["url"] for one in bundle["link"]}
        path = links.get("next", "").removeprefix(world.settings.public_base_url)
    assert len(seen) == len(set(seen)) == size


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("subtype=client.registered", 2),
        ("date=ge2026-03-02&date=lt2026-03-03&subtype=client.registered", 2),
        ("date=lt2026-03-02", 0),
        ("date=2026&subtype=log.created", 1),
        ("agent=account:nobody", 0),
    ],
)
def test_a_search_finds_what_matches(shared_world: World, search: str, count: int) -> None:
    answer = shared_world.http(*READER).get(f"/fhir/AuditEvent?{search}")
    assert len((answer.json or {}).get("entry", ())) == count


def test_the_patient_is_told_only_to_who_may_ask_who_that_is(world: World) -> None:
    world.http(*Scope).post("/fhir/$check-boundary", json=parameters(world, "ben"))
    search = "/fhir/AuditEvent?subtype=check.decided"
    told = {
        scopes: world.http(*scopes).get(search).json["entry"][-1]["resource"]
        for scopes in (READER, NAMING_READER)
    }
    assert told[READER]["meta"]["profile"] == [f"{PROFILES}Create"]
    assert told[NAMING_READER]["meta"]["profile"] == [f"{PROFILES}PatientCreate"]


def test_filtering_by_a_client_needs_the_right_to_name_clients(world: World) -> None:
    search = f"/fhir/AuditEvent?patient=Patient/{world.ids['tomas']}"
    assert world.http(*READER).get(search).status_code == 403
    assert (world.http(*NAMING_READER).get(search).json or {})["entry"]


def test_the_log_is_not_for_who_may_only_decide(sqlite_world: World) -> None:
    answer = sqlite_world.http(Scope.DECISION_FULL).get("/fhir/AuditEvent")
    assert answer.status_code == 403
    assert (answer.json or {})["resourceType"] == "OperationOutcome"


def test_an_export_holds_no_more_than_a_line_at_a_time() -> None:
    asked = 0

    def source() -> Any:
        nonlocal asked
        while True:
            asked += 1
            yield Shown(entry("check.decided", ACTORS[0], ()))

    lines = ndjson(BASE, source())
    for _ in range(3):
        next(lines)
    assert asked == 3


def test_an_event_shows_the_leaf_and_nothing_else(sqlite_world: World) -> None:
    """Names, birth dates and telephone numbers of the cast are nowhere in the export."""
    text = sqlite_world.http(*NAMING_READER).get("/fhir/AuditEvent?_format=ndjson").text
    for private in ("Reyes", "Okafor", "Tomas", "1983-09-24", "512 555 0147", "5125550147"):
        assert private not in text
