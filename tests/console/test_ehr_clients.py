"""EHR clients in the console: registered, rotated with an overlap, withdrawn."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.console.ehr_words import CLIENT_MODES, SCOPES
from policy_service.domain.principals import Role, Scope
from policy_service.services.ehr_clients import MODES, ehr_clients
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.signing import ISSUER, SigningEhr, key_set, signing_key

NEW: dict[str, Any] = {
    "name": "Clinic EHR",
    "issuer": ISSUER,
    "jwks": key_set(signing_key("ES384")),
    "origins": "https://ehr.example.org http://localhost:8080",
    "scopes": ["decision.brief", "audit.read"],
}


def registered(world: World, officer: Browser) -> SigningEhr:
    answer = officer.post("/ehr-clients", NEW)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return SigningEhr(world, answer.location.rsplit("/", 1)[1])


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.ADMIN])
def test_a_client_registered_here_may_ask_at_once(world: World, role: Role) -> None:
    officer = signed_in(world, "olga", role)
    ehr = registered(world, officer)
    assert ehr.is_accepted(ehr.token("/cds-services"))
    assert ehr.access_token("system/AuditEvent.rs")
    page = officer.get(f"/ehr-clients/{ehr.client_id}").get_data(as_text=True)
    for said in (ehr.client_id, ISSUER, "es384-1", "https://ehr.example.org", "/token"):
        assert said in page
    assert "Clinic EHR" in officer.get("/ehr-clients").get_data(as_text=True)


def test_a_refused_client_is_told_by_field_and_what_was_typed_stays(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    wrong = {
        "jwks": "{}",
        "jwks_url": "http://10.0.0.1/keys",
        "origins": "nonsense",
        "scopes": [],
        "name": "",
    }
    for field, value in wrong.items():
        answer = officer.post("/ehr-clients", NEW | {field: value})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422, field
        assert f'id="e-{field}"' in page
        assert ISSUER in page
    assert officer.post("/ehr-clients", NEW | {"scopes": ["king"]}).status_code == 422
    registered(sqlite_world, officer)
    assert officer.post("/ehr-clients", NEW).status_code == 409


def test_keys_are_rotated_with_an_overlap_and_withdrawn_one_by_one(world: World) -> None:
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    ehr = registered(world, officer)
    here = f"/ehr-clients/{ehr.client_id}"
    new = {"jwks": key_set(signing_key("ES384", 2)), "overlap_days": "3"}
    assert officer.post(f"{here}/keys", new, here).status_code == 303
    assert ehr.is_accepted(ehr.token("/cds-services"))
    page = officer.get(here).get_data(as_text=True)
    assert "2026-03-05" in page or "5 March 2026" in page, "when the old key ends"
    for path in _withdrawals(page, "es384-1"):
        assert officer.post(path, {}, here).status_code == 303
    assert not ehr.is_accepted(ehr.token("/cds-services"))
    ehr.key = signing_key("ES384", 2)
    assert ehr.is_accepted(ehr.token("/cds-services"))


def _withdrawals(page: str, kid: str) -> list[str]:
    rows = [row for row in page.split("<tr>") if f"<code>{kid}</code>" in row]
    return [row.split('action="/console')[1].split('"')[0] for row in rows]


@pytest.mark.parametrize("days", ["", "-1", "91", "two", "99999"])
def test_an_overlap_that_is_none_is_refused(sqlite_world: World, days: str) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    ehr = registered(sqlite_world, officer)
    here = f"/ehr-clients/{ehr.client_id}"
    sent = officer.post(f"{here}/keys", {"jwks": NEW["jwks"], "overlap_days": days}, here)
    assert sent.status_code == 422
    assert 'id="e-overlap_days"' in sent.get_data(as_text=True)


def test_a_withdrawn_client_is_shown_and_cannot_be_changed(world: World) -> None:
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    ehr = registered(world, officer)
    here = f"/ehr-clients/{ehr.client_id}"
    assert officer.post(f"{here}/withdraw", {}, here).status_code == 303
    assert not ehr.is_accepted(ehr.token("/cds-services"))
    page = officer.get(here).get_data(as_text=True)
    assert "withdrawn" in page
    assert f'action="/console{here}' not in page
    assert officer.post(f"{here}/withdraw", {}, "/ehr-clients").status_code == 404


def test_a_client_with_an_api_key_is_listed_and_ends_here_too(sqlite_world: World) -> None:
    caller = sqlite_world.http(Scope.AUDIT_READ)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = officer.get("/ehr-clients").get_data(as_text=True)
    here = page.split('href="/console/ehr-clients/')[1].split('"')[0]
    assert "psk_" in officer.get(f"/ehr-clients/{here}").get_data(as_text=True)
    assert caller.get("/v1/audit/checkpoint").status_code == 200
    officer.post(f"/ehr-clients/{here}/withdraw", {}, f"/ehr-clients/{here}")
    assert caller.get("/v1/audit/checkpoint").status_code == 401


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.APPROVER, Role.OPERATOR])
def test_nobody_else_opens_or_changes_a_client(sqlite_world: World, role: Role) -> None:
    ehr = registered(sqlite_world, signed_in(sqlite_world, "olga", Role.COMPLIANCE))
    other = signed_in(sqlite_world, "otto", role)
    here = f"/ehr-clients/{ehr.client_id}"
    assert other.get(here).status_code == 403
    for path in (here, f"{here}/withdraw", f"{here}/keys", "/ehr-clients"):
        assert other.post(path, NEW, "/rules").status_code in (403, 405)
    assert ehr.is_accepted(ehr.token("/cds-services"))


def test_the_client_of_another_practice_is_not_there(postgresql_world: World) -> None:
    ehr = registered(postgresql_world, signed_in(postgresql_world, "olga", Role.COMPLIANCE))
    with postgresql_world.elsewhere() as context:
        assert ehr_clients(context) == []
    assert ehr.client_id


def test_its_two_pages_lead_to_each_other_and_the_menu_marks_one(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    ehr = registered(sqlite_world, officer)
    keys, answers = f"/ehr-clients/{ehr.client_id}", f"/ehr/{ehr.client_id}"
    for here, there in ((keys, answers), (answers, keys)):
        page = officer.get(here).get_data(as_text=True)
        assert f'href="/console{there}"' in page
        assert page.count('aria-current="page"') == 1


def test_every_scope_and_mode_is_said_in_words() -> None:
    assert SCOPES.keys() == {scope.value for scope in Scope}
    assert CLIENT_MODES.keys() == set(MODES)
