"""Signing in and out: sessions on the server, one answer for whatever is wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from policy_service.auth.throttle import PER_ACCOUNT
from policy_service.database.tables.directory import ConsoleSessionRow
from policy_service.domain.principals import Role, Scope
from policy_service.services.logins import RolesForm, change_roles, disable_login
from tests.cast import World
from tests.console.office import PASSWORD, add_login, browser, signed_in

COOKIE = "__Host-session"


def test_the_right_password_leads_to_the_first_page_of_the_role(world: World) -> None:
    add_login(world, "olga", Role.COMPLIANCE)
    visitor = browser(world)
    answer = visitor.sign_in("olga@example.org")
    assert (answer.status_code, answer.location) == (303, "/console/")
    assert visitor.get("/").location == "/console/cases"
    assert "Olga" in visitor.get("/cases").get_data(as_text=True)


def test_unknown_account_and_wrong_password_get_the_same_page(sqlite_world: World) -> None:
    add_login(sqlite_world, "olga", Role.COMPLIANCE)
    visitor = browser(sqlite_world)
    wrong = visitor.sign_in("olga@example.org", "not the password at all")
    nobody = visitor.sign_in("nobody@example.org", "not the password at all")
    assert wrong.status_code == nobody.status_code == 401
    said = wrong.get_data(as_text=True).replace("olga@", "nobody@")
    assert _without_token(said) == _without_token(nobody.get_data(as_text=True))


def _without_token(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)


def test_a_form_without_its_token_is_refused_and_nothing_happens(world: World) -> None:
    add_login(world, "olga", Role.COMPLIANCE)
    visitor = browser(world)
    form = {"email": "olga@example.org", "password": PASSWORD}
    answer = visitor.client.post("/console/login", data=form, **visitor.base)
    assert answer.status_code == 400
    assert visitor.get("/cases").status_code == 303
    # The control: the same form with its token is taken.
    assert visitor.sign_in("olga@example.org").status_code == 303


def test_every_form_of_the_console_asks_for_the_token(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE, Role.ADMIN)
    rules = [r for r in sqlite_world.app.url_map.iter_rules() if "POST" in (r.methods or ())]
    paths = [str(rule) for rule in rules if str(rule).startswith("/console/")]
    assert len(paths) > 15
    for path in paths:
        for name in rules[0].arguments | {"case_id", "login_id", "tie_id", "first", "second"}:
            path = path.replace(f"<uuid:{name}>", sqlite_world.ids["alma"])
        path = path.split("<")[0]
        answer = officer.client.post(path, data={}, **officer.base)
        assert answer.status_code in (400, 404, 405), path


def test_the_rest_door_needs_no_form_token(sqlite_world: World) -> None:
    answer = sqlite_world.http(Scope.DECISION_FULL).post("/v1/checks", json={})
    assert answer.status_code == 422


def test_a_replayed_cookie_is_dead_after_signing_out(world: World) -> None:
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    stolen = officer.client.get_cookie(COOKIE, domain="console.example")
    assert stolen is not None
    assert officer.post("/logout", {}, "/cases").status_code == 303
    thief = browser(world)
    thief.client.set_cookie(COOKIE, stolen.value, domain="console.example", secure=True)
    assert thief.get("/cases").location.startswith("/console/login")


def test_a_copied_cookie_works_before_signing_out(sqlite_world: World) -> None:
    """The control of the test above: what kills the cookie is the signing out."""
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    copied = officer.client.get_cookie(COOKIE, domain="console.example")
    assert copied is not None
    other = browser(sqlite_world)
    other.client.set_cookie(COOKIE, copied.value, domain="console.example", secure=True)
    assert other.get("/cases").status_code == 200


def test_the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts(sqlite_world: World) -> None:
    add_login(sqlite_world, "olga", Role.COMPLIANCE)
    said = browser(sqlite_world).sign_in("olga@example.org").headers["Set-Cookie"]
    assert said.startswith(f"{COOKIE}=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in said
    assert "Domain" not in said


def test_signing_in_again_begins_a_new_session_and_ends_the_old(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    [first] = _sessions(sqlite_world)
    officer.client.delete_cookie(COOKIE, domain="console.example")
    officer.sign_in("olga@example.org")
    hashes = _sessions(sqlite_world)
    assert len(hashes) == 2
    assert hashes != [first]


def _sessions(world: World) -> list[str]:
    with world.desk.database.directory() as session:
        return list(session.scalars(select(ConsoleSessionRow.token_hash)))


def test_the_database_holds_no_token_that_a_cookie_holds(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    with officer.client.session_transaction(**officer.base) as cookie:
        token = cookie["_user_id"]
    assert len(token) == 43
    assert token not in _sessions(sqlite_world)


@pytest.mark.parametrize("minutes", [15, 60])
def test_an_idle_session_ends(world: World, minutes: int) -> None:
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    world.clock.advance(minutes=minutes - 1 if minutes == 15 else 14)
    assert officer.get("/cases").status_code == 200
    world.clock.advance(minutes=minutes)
    assert officer.get("/cases").status_code == 303
    assert _sessions(world) == []


def test_a_busy_session_ends_after_its_longest_life(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    for _ in range(71):
        sqlite_world.clock.advance(minutes=10)
        assert officer.get("/duties").status_code == 200
    sqlite_world.clock.advance(minutes=10)
    assert officer.get("/duties").status_code == 303


def test_changed_roles_and_a_closed_account_end_the_sessions(world: World) -> None:
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    auditor = signed_in(world, "udo", Role.AUDITOR)
    admin = world.account(Role.ADMIN, name="Ada")
    with world.writing(admin) as context:
        change_roles(context, world.ids["account:Olga"], RolesForm(frozenset({Role.INTAKE})))
        disable_login(context, world.ids["account:Udo"])
    assert officer.get("/cases").status_code == auditor.get("/audit").status_code == 303
    assert browser(world).sign_in("udo@example.org").status_code == 401


def test_guessing_is_slowed_down_for_right_and_wrong_passwords_alike(sqlite_world: World) -> None:
    add_login(sqlite_world, "olga", Role.COMPLIANCE)
    visitor = browser(sqlite_world)
    for _ in range(PER_ACCOUNT):
        assert visitor.sign_in("olga@example.org", "wrong password 123").status_code == 401
    assert visitor.sign_in("olga@example.org").status_code == 429
    sqlite_world.clock.advance(minutes=16)
    assert visitor.sign_in("olga@example.org").status_code == 303


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/console//evil.example", "/v1/checks"]
)
def test_no_address_from_elsewhere_is_gone_to_after_signing_in(
    sqlite_world: World, target: str
) -> None:
    add_login(sqlite_world, "olga", Role.COMPLIANCE)
    visitor = browser(sqlite_world)
    form = {"email": "olga@example.org", "password": PASSWORD, "next": target}
    assert visitor.post("/login", form).location == "/console/"


def test_a_page_of_the_console_is_gone_back_to_after_signing_in(sqlite_world: World) -> None:
    add_login(sqlite_world, "olga", Role.COMPLIANCE)
    visitor = browser(sqlite_world)
    sent_to = visitor.get("/audit?action=case.read").location
    assert sent_to == "/console/login?next=/console/audit?action%3Dcase.read"
    form = {"email": "olga@example.org", "password": PASSWORD, "next": "/console/audit"}
    assert visitor.post("/login", form).location == "/console/audit"


def test_an_unknown_page_answers_in_the_console_s_own_words(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    answer = officer.get("/no/such/page")
    assert answer.status_code == 404
    assert "Back to the start" in answer.get_data(as_text=True)
