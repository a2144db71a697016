"""A hook call that cannot be read is refused with the element's name, and is kept."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from policy_service.database.tables.prompts import LostCallRow
from policy_service.errors import FieldError, InvalidRequest
from policy_service.interop.cds.contexts import read_request
from policy_service.interop.cds.discovery import SERVICES, discovery
from policy_service.services.lost_calls import settle_call, unanswered_calls
from tests.cast import World
from tests.interop.cds.hooks import ALMA, BEN, DESK, HookEhr, booking, chart, referral

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
BOOKING: dict[str, Any] = {
    "hook": "appointment-book",
    "hookInstance": INSTANCE,
    "context": booking(DESK, ALMA, BEN),
}
BAD: dict[str, tuple[list[str], Any, str]] = {
    "no hook": (["hook"], None, "hook"),
    "another hook": (["hook"], "patient-view", "hook"),
    "no instance": (["hookInstance"], None, "hookInstance"),
    "an instance that is no UUID": (["hookInstance"], "7", "hookInstance"),
    "no context": (["context"], None, "context"),
    "a context that is a list": (["context"], [], "context"),
    "a prefetch that is a list": (["prefetch"], [], "prefetch"),
    "no user": (["context", "userId"], None, "context.userId"),
    "a user that is a group": (["context", "userId"], "Group/1", "context.userId"),
    "no patient": (["context", "patientId"], None, "context.patientId"),
    "a patient that is a path": (["context", "patientId"], "../x", "context.patientId"),
    "no appointments": (["context", "appointments"], None, "context.appointments"),
    "appointments that are a text": (["context", "appointments"], "x", "context.appointments"),
    "a token without a server": (
        ["fhirAuthorization"],
        {"access_token": "t", "token_type": "Bearer"},
        "fhirServer",
    ),
    "a server that is no URL": (["fhirServer"], "ehr", "fhirServer"),
}


def changed(path: list[str], value: Any) -> dict[str, Any]:
    body = deepcopy(BOOKING)
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    if value is None:
        inner.pop(path[-1], None)
    else:
        inner[path[-1]] = value
    return body


@pytest.mark.parametrize("case", BAD)
def test_each_defect_is_named(sqlite_world: World, case: str) -> None:
    path, value, expression = BAD[case]
    ehr = HookEhr.at(sqlite_world).ehr
    answer = ehr.post("/cds-services/boundary-appointment-book", changed(path, value))
    assert 400 <= answer.status_code < 500
    issues = (answer.json or {})["issue"]
    assert expression in [each for issue in issues for each in issue.get("expression", ())]


def test_a_defect_inside_an_appointment_is_named_in_full(sqlite_world: World) -> None:
    body = deepcopy(BOOKING)
    entry = body["context"]["appointments"]["entry"][0]["resource"]
    entry["participant"][0]["status"] = "perhaps"
    ehr = HookEhr.at(sqlite_world).ehr
    answer = ehr.post("/cds-services/boundary-appointment-book", body)
    (issue,) = (answer.json or {})["issue"]
    wanted = "context.appointments.entry[0].resource.participant[0].status"
    assert issue["expression"] == [wanted]


def test_a_call_that_was_refused_is_kept_once_until_an_officer_settles_it(world: World) -> None:
    ehr = HookEhr.at(world).ehr
    for _ in range(2):
        ehr.post("/cds-services/boundary-appointment-book", changed(["context", "userId"], None))
    with world.reading() as context:
        (kept,) = unanswered_calls(context)
        raw = context.session.scalars(select(LostCallRow)).one().sealed
    assert "draft-1" in kept.said["body"]
    assert b"draft-1" not in raw
    assert kept.said["why"] == "invalid-request: /context/userId"
    with world.writing() as context:
        settle_call(context, kept.id)
    with world.reading() as context:
        assert unanswered_calls(context) == []


def test_a_fault_of_ours_keeps_the_call_as_well(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policy_service.interop.cds import views

    def broken(*_: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(views, "answer_hook", broken)
    sqlite_world.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = HookEhr.at(sqlite_world).call("patient-view", chart(ALMA))
    assert answer.status_code == 500
    assert (answer.json or {})["resourceType"] == "OperationOutcome"
    with sqlite_world.reading() as context:
        (kept,) = unanswered_calls(context)
    assert (kept.status, kept.said["why"]) == (500, "internal-error: RuntimeError")


def test_discovery_names_one_service_for_each_hook(sqlite_world: World) -> None:
    answer = HookEhr.at(sqlite_world).ehr.get("/cds-services")
    services = (answer.json or {})["services"]
    assert services == discovery()["services"]
    ids = [service["id"] for service in services]
    assert len(set(ids)) == len(ids) == 6
    assert all(service["id"] == f"boundary-{service['hook']}" for service in services)
    assert all(service["version"] and service["hookVersion"] for service in services)
    assert all(
        "Patient/{{context.patientId}}" in service["prefetch"].values() for service in services
    )


def test_a_service_that_is_not_there_is_not_found(sqlite_world: World) -> None:
    answer = HookEhr.at(sqlite_world).ehr.post("/cds-services/boundary-nothing", BOOKING)
    assert answer.status_code == 404


def practitioners(service: str, context: dict[str, Any]) -> list[str]:
    body = {"hook": SERVICES[service].hook, "hookInstance": INSTANCE, "context": context}
    named = read_request(SERVICES[service], body).practitioners
    return [one.reference.reference for one in named]


def test_practitioners_are_named_once_and_the_user_comes_last() -> None:
    named = practitioners("boundary-appointment-book", booking(BEN, ALMA, BEN, ALMA))
    assert named == [ALMA, BEN]
    assert practitioners("boundary-order-sign", referral(DESK, ALMA)) == [ALMA, DESK]


@pytest.mark.parametrize("performer", ["Organization/1", "CareTeam/2"])
def test_who_is_no_practitioner_is_none(performer: str) -> None:
    context = {"patientId": "7", "order": "ServiceRequest/1", "performer": performer}
    assert practitioners("boundary-order-dispatch", context) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.data(), st.sampled_from(sorted(SERVICES)))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_a_call_it_is_read_or_refused(data: st.DataObject, name: str) -> None:
    """Any JSON in any place of the envelope and of the context."""
    context = dict(booking(DESK, ALMA)) | referral(DESK, ALMA)
    context |= {"performer": ALMA, "dispatchedOrders": ["a/b"], "encounterId": "e", "task": None}
    spoilt = data.draw(st.dictionaries(st.sampled_from(sorted(context)), JSON))
    body: dict[str, Any] = {
        "hook": SERVICES[name].hook,
        "hookInstance": INSTANCE,
        "context": context | spoilt,
    } | data.draw(
        st.dictionaries(st.sampled_from(["fhirServer", "fhirAuthorization", "prefetch"]), JSON)
    )
    refused: tuple[FieldError, ...] | None = None
    try:
        read_request(SERVICES[name], body)
    except InvalidRequest as error:
        refused = error.errors
    assert refused is None or refused
