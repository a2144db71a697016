"""At the EHR: clients on trial, their users, and calls that nobody could answer."""

from __future__ import annotations

from dataclasses import replace

from policy_service.auth.ehr_keys import NewEhrClient, authenticate, issue_key
from policy_service.domain.principals import ActingRole, ActingUser, Principal, Role, Scope
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.ehr_clients import SILENT, set_mode
from policy_service.services.lost_calls import LostCall, keep_lost
from tests.cast import World
from tests.console.office import signed_in


def client(world: World) -> Principal:
    """An EHR client on trial."""
    scopes = frozenset({Scope.DECISION_BRIEF})
    key = issue_key(world.desk, NewEhrClient(world.practice_id, "Hill EHR", scopes))
    principal = authenticate(world.desk, f"Bearer {key}")
    with world.writing() as context:
        set_mode(context, principal.id, SILENT)
    return replace(principal, is_silent=True)


def ask(world: World, principal: Principal) -> None:
    request = CheckRequest(
        clinician_id=world.ids["alma"],
        purpose="intake",
        as_of=world.clock().date(),
        client_id=world.ids["tomas"],
        acting=ActingUser(ActingRole.INTAKE),
    )
    run_check(world.desk, principal, request, world.door())


def test_an_officer_sees_what_a_client_on_trial_would_have_been_told(world: World) -> None:
    principal = client(world)
    ask(world, principal)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert "on trial" in officer.get("/ehr").get_data(as_text=True)
    page = officer.get(f"/ehr/{principal.id}").get_data(as_text=True)
    assert "Please choose another clinician for this client." in page
    assert "Alma Reyes" in page
    assert world.actions().count("trial.read") == 1


def test_one_button_takes_a_client_live(world: World) -> None:
    principal = client(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    path = f"/ehr/{principal.id}"
    assert officer.post(f"{path}/mode", {"mode": "live"}, path).status_code == 303
    page = officer.get(path).get_data(as_text=True)
    assert "Put it on trial" in page
    assert officer.post(f"{path}/mode", {"mode": "loud"}, path).status_code == 422


def test_an_administrator_serves_clients_and_reads_no_answer(sqlite_world: World) -> None:
    principal = client(sqlite_world)
    ask(sqlite_world, principal)
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    path = f"/ehr/{principal.id}"
    assert "choose another clinician" not in admin.get(path).get_data(as_text=True)
    form = {"fhir_server": "https://ehr.example/fhir/", "answer_hours": "8"}
    assert admin.post(f"{path}/settings", form, path).status_code == 303
    assert "https://ehr.example/fhir" in admin.get("/ehr").get_data(as_text=True)
    wrong = admin.post(f"{path}/settings", {**form, "answer_hours": "soon"}, path)
    assert wrong.status_code == 422
    assert "soon" in wrong.get_data(as_text=True), "what was typed is kept"


def test_an_identifier_is_registered_once_and_removed(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    form = {
        "system": "Practitioner",
        "value": "a7",
        "means": f"clinician:{sqlite_world.ids['ben']}",
    }
    assert officer.post("/ehr/identifiers", form, "/ehr").status_code == 303
    assert officer.post("/ehr/identifiers", form, "/ehr").status_code == 409
    page = officer.get("/ehr").get_data(as_text=True)
    assert "a7" in page
    assert "Ben Okafor" in page
    gone = {"system": "Practitioner", "value": "a7"}
    assert officer.post("/ehr/identifiers/remove", gone, "/ehr").status_code == 303
    assert officer.post("/ehr/identifiers/remove", gone, "/ehr").status_code == 404
    assert officer.post("/ehr/identifiers", {**form, "means": ""}, "/ehr").status_code == 422


def test_a_call_that_was_not_answered_is_shown_until_it_is_settled(sqlite_world: World) -> None:
    principal = client(sqlite_world)
    call = LostCall("boundary-patient-view", 412, b'{"who": "<b>Tomas</b>"}', "unresolvable: /x")
    assert keep_lost(sqlite_world.desk, principal, call)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = officer.get("/ehr").get_data(as_text=True)
    assert "unresolvable" in page
    assert "<b>Tomas" not in page
    action = page.split('action="/console/ehr/calls/')[1].split("/")[0]
    assert officer.post(f"/ehr/calls/{action}/settle", {}, "/ehr").status_code == 303
    assert "unresolvable" not in officer.get("/ehr").get_data(as_text=True)


def test_a_cards_link_leads_each_to_what_they_may_see(world: World) -> None:
    decision = world.check("alma", "tomas")["id"]
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert "/console/cases/" in officer.get(f"/decisions/{decision}").headers["Location"]
    clinician = signed_in(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    assert clinician.get(f"/decisions/{decision}").headers["Location"].endswith("/console/me")
    missing = "/decisions/7c9e6679-7425-40de-944b-e07fc1f90ae7"
    assert officer.get(missing).status_code == 404
