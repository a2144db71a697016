"""Which role may open which page, and that reading leaves an entry."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from policy_service.database.tables.audit import EntryRow
from policy_service.domain.principals import Role
from tests.cast import World
from tests.console.office import Browser, add_login, friend_case, open_case, signed_in

PAGES = {
    "/cases": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR, Role.CONSULTANT},
    "/duties": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR},
    "/identity": {Role.COMPLIANCE, Role.APPROVER},
    "/identity/duplicates": {Role.COMPLIANCE, Role.APPROVER},
    "/matching": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR},
    "/audit": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR},
    "/audit/checkpoint": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR},
    "/previews": {Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR},
    "/erasures": {Role.COMPLIANCE, Role.APPROVER},
    "/ask-ahead": {Role.CLINICIAN},
    "/me": {Role.CLINICIAN},
    "/me/disclose": {Role.CLINICIAN},
    "/accounts": {Role.ADMIN},
    "/ehr-clients": {Role.COMPLIANCE, Role.ADMIN},
    "/webhooks": {Role.ADMIN},
    "/notices": {Role.COMPLIANCE, Role.APPROVER},
    "/rules": set(Role),
}
ROLES = (
    Role.COMPLIANCE,
    Role.APPROVER,
    Role.AUDITOR,
    Role.CONSULTANT,
    Role.CLINICIAN,
    Role.ADMIN,
    Role.INTAKE,
    Role.OPERATOR,
)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_opens_its_pages_and_no_other(sqlite_world: World, role: Role) -> None:
    world = sqlite_world
    case = open_case(world)
    pages = {**PAGES, f"/cases/{case}": PAGES["/duties"]}
    more = {"clinician_id": world.ids["alma"]} if role is Role.CLINICIAN else {}
    person = signed_in(world, "pat", role, **more)
    for path, allowed in pages.items():
        refused = 404 if role is Role.CONSULTANT and path.startswith("/cases/") else 403
        assert person.get(path).status_code == (200 if role in allowed else refused), path


def test_nobody_opens_a_page_without_signing_in(sqlite_world: World) -> None:
    visitor = Browser(sqlite_world.app.test_client())
    for path in [*PAGES, "/", f"/cases/{sqlite_world.ids['alma']}"]:
        answer = visitor.get(path)
        assert answer.status_code == 303, path
        assert answer.location.startswith("/console/login")


def test_an_auditor_reads_and_changes_nothing(world: World) -> None:
    case = friend_case(world)
    auditor = signed_in(world, "udo", Role.AUDITOR)
    page = auditor.get(f"/cases/{case}").get_data(as_text=True)
    for form in ("note", "assign", "deliberation", "disposition", "consultation"):
        assert f"/cases/{case}/{form}" not in page
        sent = auditor.post(f"/cases/{case}/{form}", {"version": "1"}, "/cases/" + case)
        assert sent.status_code in (403, 422), form


def test_a_case_of_another_practice_is_byte_equal_to_none(postgresql_world: World) -> None:
    world = postgresql_world
    case = open_case(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert officer.get(f"/cases/{case}").status_code == 200
    never = officer.get(f"/cases/{world.ids['alma']}")
    assert never.status_code == 404
    dana = world.dana()
    assert dana is not None
    from policy_service.errors import NotFound
    from policy_service.services.case_files import open_case as read_case

    with world.desk.writing(dana) as context, pytest.raises(NotFound):
        read_case(context, case, dict)


@pytest.mark.parametrize(
    ("path", "action"),
    [("/cases", "case.listed"), ("/cases/CASE", "case.read"), ("/audit", "audit.read")],
)
def test_reading_leaves_an_entry_with_the_reader_s_name(
    world: World, path: str, action: str
) -> None:
    case = open_case(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert officer.get(path.replace("CASE", case)).status_code == 200
    assert (action, f"account:{world.ids['account:Olga']}") in _entries(world)


def _entries(world: World) -> list[tuple[str, str]]:
    with world.reading() as context:
        rows = context.session.execute(select(EntryRow.action, EntryRow.actor_ref))
        return [(action, actor) for action, actor in rows]


def test_a_refused_read_leaves_no_page_and_no_entry(sqlite_world: World) -> None:
    case = open_case(sqlite_world)
    clinician = signed_in(
        sqlite_world, "alma", Role.CLINICIAN, clinician_id=sqlite_world.ids["alma"]
    )
    page = clinician.get(f"/cases/{case}")
    assert page.status_code == 403
    assert "Tomas" not in page.get_data(as_text=True)
    assert "case.read" not in [action for action, _ in _entries(sqlite_world)]


def test_the_menu_names_only_pages_that_open(sqlite_world: World) -> None:
    for number, role in enumerate((Role.COMPLIANCE, Role.AUDITOR, Role.ADMIN)):
        person = signed_in(sqlite_world, f"p{number}", role)
        page = person.get("/", follow_redirects=True).get_data(as_text=True)
        for path, allowed in product(PAGES, [role]):
            if f'href="/console{path}"' in page:
                assert allowed in PAGES[path], path


def test_an_intake_account_comes_to_the_check_of_the_front_desk(sqlite_world: World) -> None:
    add_login(sqlite_world, "ina", Role.INTAKE)
    home = signed_in(sqlite_world, "ina").get("/")
    assert (home.status_code, home.location) == (303, "/console/check")
