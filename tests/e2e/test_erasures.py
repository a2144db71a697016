"""An erasure as two officers walk it, and its pages as axe sees them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from policy_service.domain.principals import Role
from tests.console.office import add_login
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.services.erasing.test_orders import SEVEN_YEARS, asked, person_of

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_pass(site: Site, width: int) -> None:
    world = site.world
    world.check("ben", "nora")
    person = person_of(world, "tomas")
    asked(world, "tomas")
    asked(world, "nora")
    add_login(world, "olga", Role.COMPLIANCE)
    page = site.sign_in("olga@example.org", width)
    for path in (
        "/erasures",
        "/erasures?given=Tomas&family=Reyes",
        f"/erasures/people/{person}",
        f"/erasures/people/{person_of(world, 'nora')}",
    ):
        page.goto(f"{site.url}/console{path}")
        assert violations(page) == [], path
        assert _fits(page), f"{path} scrolls sideways at {width}"


def test_two_officers_erase_a_person_and_pictures_are_taken(site: Site, tmp_path: Path) -> None:
    """Kept in docs/screenshots where POLICY_TEST_PICTURES is set."""
    folder = PICTURES if "POLICY_TEST_PICTURES" in os.environ else tmp_path
    world = site.world
    world.check("alma", "tomas")
    asked(world, "tomas")
    world.clock.advance(days=SEVEN_YEARS)
    world.check("ben", "nora")
    asked(world, "nora")
    add_login(world, "olga", Role.COMPLIANCE)
    add_login(world, "ada", Role.APPROVER)
    olga = site.sign_in("olga@example.org")
    olga.goto(f"{site.url}/console/erasures")
    olga.get_by_label("The EHR's id of the client").fill("ehr-tomas")
    olga.get_by_role("button", name="Find").press("Enter")
    olga.get_by_role("link", name="Tomas Reyes").first.press("Enter")
    olga.get_by_label("Place a hold: why").fill("Complaint 12 of the state board")
    olga.get_by_role("button", name="Place the hold").press("Enter")
    expect(olga.get_by_text("A legal hold stands").first).to_be_visible()
    (folder / "erasure.png").write_bytes(olga.screenshot(full_page=True))
    olga.get_by_label("Why it is lifted").fill("The board closed the complaint")
    olga.get_by_role("button", name="Lift the hold").press("Enter")
    olga.get_by_label("certain the same").first.check()
    olga.get_by_label("Ground").select_option(label="The person asked")
    olga.get_by_role("button", name="Ask", exact=True).press("Enter")
    expect(olga.get_by_text("Somebody else must carry it out.").first).to_be_visible()
    ada = site.sign_in("ada@example.org")
    ada.goto(f"{site.url}/console/erasures")
    (folder / "erasures.png").write_bytes(ada.screenshot(full_page=True))
    ada.get_by_label("It cannot be undone").first.check()
    ada.get_by_role("button", name="Erase Tomas Reyes").press("Enter")
    expect(ada.get_by_text("The person is erased.")).to_be_visible()
    expect(ada.get_by_text("Tomas")).to_have_count(0)
