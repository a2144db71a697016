"""Stories from signing in to the decision, in a real browser without a line of JavaScript."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from policy_service.domain.deliberations import FIELDS
from policy_service.domain.principals import Role
from policy_service.services.case_steps import CaseRef
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.reviews import note
from policy_service.worker import run_due
from tests.cast import person
from tests.console.office import (
    EX,
    add_login,
    case_row,
    check,
    former_partner_case,
    friend_case,
    open_case,
)
from tests.e2e.conftest import Site

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


def _deliberate(page: Page) -> None:
    """Fill in the deliberation as its labels say."""
    page.get_by_text("Write the deliberation").click()
    for field in FIELDS:
        if field.options:
            page.locator(f"input[name={field.name}][value={field.options[0]}]").check()
        elif field.name == "review_on":
            page.get_by_label("When it is reviewed").fill("2026-09-01")
        else:
            page.locator(f"#f-{field.name}").fill(f"We thought about it: {field.label}")
    page.get_by_role("button", name="Save the deliberation").click()
    expect(page.get_by_role("status")).to_contain_text("saved as a new version")


def _decide(page: Page, choice: str) -> None:
    page.get_by_label(choice).check()
    page.locator("#f-reason").first.fill("No other clinician within two hours' drive.")
    page.get_by_role("textbox", name="Conditions").fill(
        "Monthly supervision\nNo contact outside sessions"
    )
    page.get_by_label("Valid until").fill("2026-08-31")
    page.get_by_role("button", name="Record the decision").click()


def test_an_officer_works_a_case_from_the_queue_to_the_decision(site: Site) -> None:
    add_login(site.world, "olga", Role.COMPLIANCE)
    case = friend_case(site.world)
    page = site.sign_in("olga@example.org")
    page.get_by_role("link", name="Cases").first.press("Enter")
    page.get_by_role("link", name="Carl Moss").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ines Falk")
    expect(page.get_by_text("the clinician's friend").first).to_be_visible()
    page.get_by_label("Officer").select_option(label="Olga")
    page.get_by_role("button", name="Assign").click()
    _deliberate(page)
    _decide(page, "Accept with conditions")
    expect(page.get_by_text("Monthly supervision")).to_be_visible()
    row = case_row(site.world, case)
    assert (row.state, row.standing) == ("closed", "accepted_with_conditions")
    page.get_by_role("link", name="Audit log").click()
    page.get_by_role("button", name="Verify now").press("Enter")
    again = page.get_by_role("link", name="Look again")
    expect(again).to_be_visible()
    run_due(site.world.desk)
    again.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Verified")


def test_two_people_lift_a_prohibition(site: Site) -> None:
    add_login(site.world, "olga", Role.COMPLIANCE, Role.APPROVER)
    add_login(site.world, "paul", Role.APPROVER)
    case = former_partner_case(site.world)
    first = site.sign_in("olga@example.org")
    first.goto(f"{site.url}/console/cases/{case}")
    _deliberate(first)
    _decide(first, "Ask for an override")
    expect(first.get_by_text("Someone else, with the role approver, decides")).to_be_visible()
    assert first.get_by_role("button", name="Approve the override").count() == 0
    second = site.sign_in("paul@example.org")
    second.goto(f"{site.url}/console/cases/{case}")
    second.get_by_label("Your reason").fill("I have read it and agree.")
    second.get_by_role("button", name="Approve the override").press("Enter")
    expect(second.get_by_role("status")).to_contain_text("approved")
    assert case_row(site.world, case).standing == "overridden"


def test_a_clinician_discloses_and_attests(site: Site) -> None:
    world = site.world
    add_login(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])
    page = site.sign_in("ben@example.org")
    answers = []
    for given, family in (("Nora", "Lind"), ("Quite", "Unknown")):
        page.get_by_role("link", name="Disclose a tie").press("Enter")
        page.get_by_label("The person is my").select_option(label="friend")
        page.get_by_label("Given name").fill(given)
        page.get_by_label("Family name", exact=True).fill(family)
        page.keyboard.press("Enter")
        answers.append(page.get_by_role("status").inner_text())
        expect(page.get_by_role("link", name=f"{given} {family}")).to_be_visible()
    assert answers[0] == answers[1], "a client and a stranger are told apart"
    for kind in ("Relatives", "Partners", "Friends", "Work", "Social-media connections"):
        page.get_by_label(kind).first.check()
    page.get_by_role("button", name="Attest").click()
    expect(page.get_by_text("in force until").first).to_be_visible()


def test_a_refused_form_says_where_and_keeps_what_was_typed(site: Site) -> None:
    world = site.world
    add_login(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])
    page = site.sign_in("ben@example.org")
    page.get_by_role("link", name="Disclose a tie").click()
    page.get_by_label("Given name").fill("Quite")
    page.get_by_label("Family name", exact=True).fill("Unknown")
    page.get_by_role("button", name="Disclose").click()
    page.get_by_role("alert").get_by_role("link", name="The person is my").press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("f-kind", "#f-kind")
    expect(page.get_by_label("Given name")).to_have_value("Quite")


def _probable_case(site: Site) -> str:
    """Somebody who probably is Carl's former partner, and a first note about it."""
    world = site.world
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["carl"], "ex_partner", EX, until="2011"))
    case = open_case(world, "carl", person("Vera", "Stone", "1981", sex="female"))
    with world.writing() as context:
        note(context, CaseRef(case, 1), "Asked the front desk for the full birth date.")
    return case


def test_pictures_of_the_pages_are_taken(site: Site, tmp_path: Path) -> None:
    """Kept in docs/screenshots where POLICY_TEST_PICTURES is set."""
    folder = PICTURES if "POLICY_TEST_PICTURES" in os.environ else tmp_path
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE, Role.APPROVER)
    open_case(world)
    friend_case(world)
    check(world, "ben", "nora")
    case = _probable_case(site)
    page = site.sign_in("olga@example.org")
    for name, path in (("queue", "/cases"), ("case", f"/cases/{case}"), ("audit", "/audit")):
        page.goto(f"{site.url}/console{path}")
        if name == "audit":
            page.get_by_role("button", name="Verify now").click()
        picture = page.screenshot(full_page=True)
        assert picture.startswith(b"\x89PNG")
        (folder / f"{name}.png").write_bytes(picture)
