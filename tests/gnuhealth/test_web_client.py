"""The dialog in the web client that GNU Health's users have, in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from policy_service.domain.standings import MESSAGES, Advice
from tests.conftest import skip_tier
from tests.gnuhealth.hospital import PASSWORD, Hospital, slot
from tests.gnuhealth.practice import Practice
from tests.gnuhealth.test_story import at

pytestmark = pytest.mark.gnuhealth
NODE = Path(__file__).parent / "web" / "node_modules"
PICTURE = Path(__file__).parents[2] / "docs" / "screenshots" / "gnuhealth-dialog.png"
COMPONENTS = {
    "jquery": "jquery", "bootstrap": "bootstrap", "moment": "moment", "gettext.js": "gettext.js",
    "d3/dist": "d3", "c3": "c3", "papaparse": "papaparse", "fullcalendar": "fullcalendar",
    "mousetrap": "mousetrap", "sortablejs": "Sortable",
}  # fmt: skip


@pytest.fixture
def web_root(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """The web client as its own packaging would lay it out."""
    if not (NODE / "tryton-sao" / "index.html").is_file():
        skip_tier(pytestconfig, "gnuhealth", "make gnuhealth has not installed the web client")
    root = tmp_path / "sao"
    shutil.copytree(NODE / "tryton-sao", root)
    for source, target in COMPONENTS.items():
        shutil.copytree(NODE / source, root / "bower_components" / target)
    return root


BOOK = """values => {
    window.booked = null;
    Sao.rpc({method: 'model.gnuhealth.appointment.create', params: [[values], {}]},
        Sao.Session.current_session).then(ids => { window.booked = ids; });
}"""
"""The web client's own call: it shows the dialog, and after YES it sends the booking again."""


def _sign_in(page: Page, hospital: Hospital) -> None:
    page.goto(f"http://127.0.0.1:{hospital.port}/#{hospital.database}")
    page.locator("#login").fill("front.desk")
    page.locator(".login-dialog button[type=submit]").click()
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_function("Sao.main_menu_screen")


def test_the_front_desk_sees_the_dialog_and_books_after_yes(
    on_sqlite: tuple[Hospital, Practice], web_root: Path, running_browser: Browser
) -> None:
    hospital, practice = on_sqlite
    hospital.web_root = web_root
    hospital.restart()
    anna, marco = hospital.id("anna"), hospital.id("marco")
    desk = hospital.sign_in("front.desk")
    values = slot(anna, marco, at(0))
    page = running_browser.new_page(viewport={"width": 1100, "height": 640})
    page.set_default_timeout(90_000)
    _sign_in(page, hospital)
    page.evaluate(
        "() => Sao.Tab.create({model: 'gnuhealth.appointment', mode: ['tree', 'form'],"
        " name: 'Appointments'})"
    )
    page.evaluate(BOOK, values)
    dialog = page.locator(".user-warning-dialog")
    expect(dialog).to_contain_text(MESSAGES[Advice.HOLD_FOR_REVIEW])
    page.screenshot(path=PICTURE)
    dialog.get_by_role("button", name="No").click()
    expect(dialog).to_be_hidden()
    assert desk.appointments(anna, marco) == []
    assert practice.feedback() == []
    page.evaluate(BOOK, values)
    page.locator(".user-warning-dialog").get_by_role("button", name="Yes").click()
    page.wait_for_function("window.booked")
    page.close()
    assert len(desk.appointments(anna, marco)) == 1
    assert [outcome for outcome, _ in practice.feedback()] == ["overridden"]
