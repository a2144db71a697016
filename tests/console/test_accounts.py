"""Accounts, for administrators: open, change, close."""

from __future__ import annotations

from policy_service.domain.principals import Role
from tests.cast import World
from tests.console.office import PASSWORD, add_login, browser, signed_in

NEW = {
    "name": "Pia Post",
    "email": "pia@example.org",
    "password": PASSWORD,
    "roles": ["auditor", "approver"],
}


def test_an_administrator_opens_an_account_that_can_sign_in(world: World) -> None:
    admin = signed_in(world, "ada", Role.ADMIN)
    assert admin.post("/accounts", NEW).status_code == 303
    assert "Pia Post" in admin.get("/accounts").get_data(as_text=True)
    pia = browser(world)
    assert pia.sign_in("pia@example.org").status_code == 303
    assert pia.get("/audit").status_code == 200


def test_a_refused_account_is_not_opened_and_its_password_not_sent_back(
    sqlite_world: World,
) -> None:
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    for changed in ({"roles": []}, {"email": "nobody"}, {"roles": ["ehr"]}, {"password": "short"}):
        answer = admin.post("/accounts", NEW | changed)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert PASSWORD not in page
        assert "Pia Post" in page, "what was typed is kept"
    assert browser(sqlite_world).sign_in("pia@example.org").status_code == 401


def test_changed_roles_hold_from_the_next_request(world: World) -> None:
    admin = signed_in(world, "ada", Role.ADMIN)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    path = f"/accounts/{world.ids['account:Olga']}"
    assert admin.post(f"{path}/roles", {"roles": ["auditor"]}, path).status_code == 303
    assert officer.get("/cases").status_code == 303, "the session is over"
    officer.sign_in("olga@example.org")
    assert officer.get("/identity").status_code == 403


def test_an_administrator_changes_neither_their_own_account_nor_a_strange_one(
    sqlite_world: World,
) -> None:
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    own = f"/accounts/{sqlite_world.ids['account:Ada']}"
    given = {"roles": ["admin", "compliance"]}
    assert admin.post(f"{own}/roles", given, "/accounts").status_code == 403
    assert admin.post(f"{own}/disable", {}, "/accounts").status_code == 403
    strange = f"/accounts/{sqlite_world.ids['alma']}"
    assert admin.get(strange).status_code == 404


def test_a_closed_account_is_closed_at_once(sqlite_world: World) -> None:
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    auditor = signed_in(sqlite_world, "udo", Role.AUDITOR)
    path = f"/accounts/{sqlite_world.ids['account:Udo']}"
    assert admin.post(f"{path}/disable", {}, path).status_code == 303
    assert auditor.get("/audit").status_code == 303
    assert browser(sqlite_world).sign_in("udo@example.org").status_code == 401


def test_an_account_of_another_practice_is_not_there(postgresql_world: World) -> None:
    world = postgresql_world
    admin = signed_in(world, "ada", Role.ADMIN)
    dana = world.dana()
    assert dana is not None
    mine = add_login(world, "udo", Role.AUDITOR)
    assert admin.get(f"/accounts/{mine}").status_code == 200
    with world.desk.writing(dana) as context:
        from policy_service.services.logins import logins

        assert logins(context) == []
