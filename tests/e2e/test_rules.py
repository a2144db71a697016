"""The rule pages, as people walk them and as axe sees them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from policy_service.domain.principals import Role
from tests.console.office import add_login, former_partner_case
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = (
    "/rules",
    "/rules/baseline",
    "/rules/baseline/baseline.ties.lesser-tie-as-client",
    "/rules/aca-2014/aca.a5c.within-five-years",
    "/rules/apa-2016/apa.10-07.partner-tie",
)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_rule_pages_pass(site: Site, width: int) -> None:
    add_login(site.world, "ina", Role.INTAKE)
    page = site.sign_in("ina@example.org", width)
    for path in PAGES:
        page.goto(f"{site.url}/console{path}")
        assert violations(page) == [], path
        fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert fits, f"{path} scrolls sideways at {width}"


def test_from_a_finding_to_its_rule_and_on_to_its_pack(site: Site) -> None:
    add_login(site.world, "olga", Role.COMPLIANCE)
    case = former_partner_case(site.world)
    page = site.sign_in("olga@example.org")
    page.goto(f"{site.url}/console/cases/{case}")
    page.get_by_role("article").get_by_role(
        "link", name="baseline.intimacy.former-partner-as-client"
    ).first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Former partner as client")
    expect(page.get_by_text("The clinician's tie is former partner.")).to_be_visible()
    page.get_by_role("link", name="Practice baseline, 1").press("Enter")
    expect(page.get_by_role("table", name="rules")).to_be_visible()
    page.get_by_role("link", name="Rules").first.press("Enter")
    expect(page.get_by_role("link", name="ACA Code of Ethics")).to_be_visible()


def test_a_picture_of_a_rule_is_taken(site: Site, tmp_path: Path) -> None:
    """Kept in docs/screenshots where POLICY_TEST_PICTURES is set."""
    folder = PICTURES if "POLICY_TEST_PICTURES" in os.environ else tmp_path
    add_login(site.world, "ina", Role.INTAKE)
    page = site.sign_in("ina@example.org")
    page.goto(f"{site.url}/console{PAGES[3]}")
    picture = page.screenshot(full_page=True)
    assert picture.startswith(b"\x89PNG")
    (folder / "rule.png").write_bytes(picture)
