"""The pages of recognition pass axe, wide and narrow: the report, duplicates, a pair, contacts."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from policy_service.domain.principals import Role
from policy_service.services.clients import register_client
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.parties import client_row
from policy_service.services.recognition import identify
from policy_service.worker import run_due
from tests.cast import TOMAS, World
from tests.console.office import add_login
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.e2e.pictures import keep
from tests.services.test_match_reports import MARKED
from tests.services.test_measuring import measure


def known_pair(world: World) -> tuple[str, str]:
    """Tomas as a client, and as the brother whom Alma disclosed."""
    with world.reading() as context:
        client = client_row(context, world.ids["tomas"]).person_id
        return client, identify(context, TOMAS, {client}).matches[0].person.id


def settled(world: World) -> str:
    """A second profile of Nora, a verdict and a measurement; returns the page of the pair."""
    client, disclosed = known_pair(world)
    with world.writing() as context:
        world.ids["again"] = register_client(context, MARKED)
        judge(context, VerdictForm(client, disclosed, "same"))
    measure(world, pairs=50)
    return f"/identity/{client}/{disclosed}"


def passes(page: Page, name: str) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    assert violations(page) == [], name
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert page.evaluate(fits), f"{name} scrolls sideways"


@pytest.mark.parametrize("width", [1280, 360])
def test_the_report_the_duplicates_and_a_pair_pass(site: Site, tmp_path: Path, width: int) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE)
    pair = settled(world)
    page = site.sign_in("olga@example.org", width)
    for path in ("/matching", "/identity/duplicates", "/identity", "/contact-imports", pair):
        page.goto(f"{site.url}/console{path}")
        passes(page, f"{path}, nothing done yet")
    for path, button in (
        ("/matching", "Make a new report"),
        ("/identity/duplicates", "Look for duplicates among all clients"),
    ):
        page.goto(f"{site.url}/console{path}")
        page.get_by_role("button", name=button).press("Enter")
        passes(page, f"{path}, queued")
        run_due(world.desk)
        page.goto(f"{site.url}/console{path}")
        passes(page, f"{path}, done")
        keep(page, tmp_path, f"{path.rpartition('/')[2]}-{width}")
    page.get_by_role("link", name="Nora Lind and Nora Lind").press("Enter")
    page.get_by_role("heading", level=1, name="Nora Lind").wait_for()
    passes(page, "a duplicate compared")
    keep(page, tmp_path, f"identity-pair-{width}")
