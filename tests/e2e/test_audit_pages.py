"""The audit pages pass axe, wide and narrow, and an officer walks them as people do."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from policy_service.domain.principals import Role
from policy_service.services.oversight import ask_for_check, mark_reviewed
from policy_service.worker import run_due
from tests.audit.logs import stop
from tests.cast import World
from tests.console.office import add_login, check
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.tampering import tamper


def _passes(page: Page, path: str, width: int) -> None:
    assert violations(page) == [], path
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, f"{path} scrolls sideways at {width}"


def _verified(world: World) -> str:
    with world.writing() as context:
        mark_reviewed(context, 0, 3, "The first week, nothing unusual.")
        asked = ask_for_check(context)
    run_due(world.desk)
    return asked


def _waiting(world: World) -> str:
    with world.writing() as context:
        return ask_for_check(context)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_audit_pages_pass(site: Site, width: int, tmp_path: Path) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE)
    entry = check(world, "alma", "tomas")
    paths = ["/releases", "/releases/new?action=check.decided", "/audit/receipts"]
    paths += [f"/audit/checks/{_verified(world)}", f"/audit/checks/{_waiting(world)}"]
    paths += ["/audit", f"/audit/{entry}"]
    page = site.sign_in("olga@example.org", width)
    for path in paths:
        page.goto(f"{site.url}/console{path}")
        _passes(page, path, width)
    file = tmp_path / "receipts.jsonl"
    file.write_text(world.check("ben", "nora")["receipt"] + "\nnonsense\n")
    page.goto(f"{site.url}/console/audit/receipts")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", name="Lines that do not match").wait_for()
    _passes(page, "the answer about receipts", width)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_of_a_log_in_trouble_pass(site: Site, width: int) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE)
    page = site.sign_in("olga@example.org", width)
    page.goto(f"{site.url}/console/audit")  # signs a head
    tamper(
        world.desk.database,
        "UPDATE audit_leaf SET leaf_index = -1 WHERE leaf_index = 3",
        "UPDATE audit_leaf SET leaf_index = 3 WHERE leaf_index = 4",
        "UPDATE audit_leaf SET leaf_index = 4 WHERE leaf_index = -1",
    )
    found = _verified(world)
    for path in (f"/audit/checks/{found}", "/audit"):
        page.goto(f"{site.url}/console{path}")
        _passes(page, path, width)
    page.get_by_role("heading", name="The log gives alarm").wait_for()
    stop(world)
    page.goto(f"{site.url}/console/audit")
    page.get_by_role("link", name="Save all entries").wait_for()
    _passes(page, "a log that takes no entry", width)


def test_an_officer_releases_entries_and_a_client_s_accounting_shows_it(site: Site) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE)
    page = site.sign_in("olga@example.org")
    page.goto(f"{site.url}/console/audit?subject={world.ids['tomas']}")
    page.get_by_role("link", name="release it").click()
    page.get_by_label("Who receives").select_option("court")
    page.get_by_label("Name").fill("County court")
    page.get_by_label("What for").fill("Order 12")
    page.get_by_role("button", name="Record the release").click()
    page.get_by_text("The release is recorded.").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save what was released").click()
    assert saved.value.suggested_filename == "audit-entries.csv"
    page.goto(f"{site.url}/console/releases?subject={world.ids['tomas']}")
    page.get_by_text("Order 12").wait_for()
    page.goto(f"{site.url}/console/releases?subject={world.ids['nora']}")
    page.get_by_text("No release matches.").wait_for()
