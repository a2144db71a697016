"""A clinician brings in an export by keyboard; every page passes axe, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import add_login
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.e2e.pictures import keep
from tests.services.imports.contact_files import linkedin_file

PEOPLE = [f"Thorvald{n},Quill{n},quill-{n},,Featherworks" for n in range(1, 15)]
FILE = linkedin_file(*PEOPLE) + b"two,cells\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "Connections.csv"
    path.write_bytes(FILE)
    return path


def passes(page: Page, name: str) -> None:
    assert violations(page) == [], name
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(fits), f"{name} scrolls sideways"


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button).focus()
    page.keyboard.press("Enter")


def clinician(world: World) -> None:
    add_login(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])


@pytest.mark.parametrize("width", [1280, 360])
def test_an_export_is_brought_in_marked_and_taken_back(
    site: Site, export: Path, tmp_path: Path, width: int
) -> None:
    clinician(site.world)
    page = site.sign_in("ben@example.org", width)
    page.goto(f"{site.url}/console/contacts")
    passes(page, "the empty page")
    page.get_by_label("File").set_input_files(export)
    press(page, "Read the file")
    page.get_by_role("heading", name="What was understood").wait_for()
    passes(page, "the preview")
    keep(page, tmp_path, f"contacts-preview-{width}")
    press(page, "Store 14 contacts as hashes")
    page.get_by_text("parts are stored").wait_for()
    passes(page, "progress")
    run_due(site.world.desk)
    page.get_by_role("link", name="Look again").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Take it back").wait_for()
    passes(page, "a stored import")
    page.goto(f"{site.url}/console/contacts")
    page.get_by_label("both").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save what the linkedin account").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Marked mixed.").wait_for()
    passes(page, "accounts and imports")
    keep(page, tmp_path, f"contacts-{width}")
    page.get_by_role("table").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    press(page, "Take this import back")
    page.get_by_text("0 contacts are taken back.").wait_for()
    run_due(site.world.desk)
    page.reload()
    page.get_by_text("What came with this import is forgotten.").wait_for()
    passes(page, "an import taken back")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_officer_s_list_passes(site: Site, export: Path, width: int) -> None:
    clinician(site.world)
    add_login(site.world, "olga", Role.COMPLIANCE)
    page = site.sign_in("ben@example.org", width)
    page.goto(f"{site.url}/console/contacts")
    page.get_by_label("File").set_input_files(export)
    press(page, "Read the file")
    page.get_by_role("heading", name="What was understood").wait_for()
    officer = site.sign_in("olga@example.org", width)
    officer.goto(f"{site.url}/console/contact-imports")
    passes(officer, "the officer's list")
    assert "Thorvald" not in officer.content()


def test_a_refused_file_is_said_in_words_at_the_field(site: Site, tmp_path: Path) -> None:
    clinician(site.world)
    page = site.sign_in("ben@example.org")
    page.goto(f"{site.url}/console/contacts")
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind")
    page.get_by_label("File").set_input_files(path)
    press(page, "Read the file")
    page.get_by_role("alert").wait_for()
    passes(page, "a refused file")
