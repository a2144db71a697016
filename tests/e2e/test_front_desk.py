"""A front desk checks by keyboard, on a wide screen and on a phone; rosters are looked at first."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.console.office import add_login
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.e2e.pictures import keep
from tests.services.imports.test_roster_drops import in_care, open_episodes

WIDTHS = [1280, 390]


def fine(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_front_desk_checks_by_keyboard_alone(site: Site, tmp_path: Path, width: int) -> None:
    add_login(site.world, "ina", Role.INTAKE)
    page = site.sign_in("ina@example.org", width)
    page.goto(f"{site.url}/console/check?client=ehr-tomas")
    keep(page, tmp_path, f"front-desk-{width}")
    fine(page)
    page.goto(f"{site.url}/console/check?client=ehr-tomas")
    page.get_by_label("Clinician").focus()
    page.keyboard.type("Alma")
    for _ in range(4):  # number, somebody new, step, button
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Choose another clinician").wait_for()
    keep(page, tmp_path, f"front-desk-answer-{width}")
    fine(page)
    assert "Tomas" not in page.url
    assert "Tomas" not in page.content()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_held_roster_is_looked_at_and_applied(site: Site, tmp_path: Path, width: int) -> None:
    in_care(site.world)
    add_login(site.world, "olga", Role.COMPLIANCE, Role.ADMIN)
    page = site.sign_in("olga@example.org", width)
    page.goto(f"{site.url}/console/rosters")
    page.get_by_label("What it lists").select_option("episodes")
    text = open_episodes(10, *range(7)) + "e9,c9,nobody,2020,,\n"
    file = {"name": "episodes.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="See what it would change").press("Enter")
    page.get_by_role("heading", name="Apply it?").wait_for()
    keep(page, tmp_path, f"roster-{width}")
    fine(page)
    page.get_by_role("button", name="Apply", exact=True).press("Enter")
    page.get_by_text("The file is held").first.wait_for()
    fine(page)
    page.get_by_label("I have looked at it").press("Space")
    page.get_by_role("button", name="Apply", exact=True).press("Enter")
    page.get_by_text("Being applied").first.wait_for()
    run_due(site.world.desk)
    page.goto(f"{site.url}/console/rosters")
    keep(page, tmp_path, f"rosters-{width}")
    fine(page)
    assert page.get_by_text("Applied").first.is_visible()


@pytest.mark.parametrize(
    "roles",
    [(Role.COMPLIANCE,), (Role.COMPLIANCE, Role.APPROVER, Role.ADMIN), (Role.CLINICIAN,)],
    ids=lambda roles: "-".join(roles),
)
def test_the_menu_is_one_row_on_a_wide_screen(site: Site, roles: tuple[Role, ...]) -> None:
    more = {"clinician_id": site.world.ids["alma"]} if Role.CLINICIAN in roles else {}
    add_login(site.world, "olga", *roles, **more)
    page = site.sign_in("olga@example.org", 1280)
    tops = page.eval_on_selector_all(
        ".site-nav > li > a, .site-more > summary, .sign-out button",
        "all => all.map(one => { const box = one.getBoundingClientRect();"
        " return Math.round((box.top + box.bottom) / 2); })",
    )
    assert max(tops) - min(tops) < 10, f"rows at {sorted(set(tops))}"
