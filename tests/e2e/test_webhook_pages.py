"""The pages of webhooks and notices pass axe, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from policy_service.domain.notices import Pause
from policy_service.domain.principals import Role
from policy_service.services.mailer import Mailer
from policy_service.services.webhooks.delivery_lists import ping
from policy_service.services.webhooks.endpoints import pause
from policy_service.worker import Worker
from tests.cast import World
from tests.console.office import add_login
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.e2e.pictures import keep
from tests.interop.webhooks.ehr import ehr_at
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import Post, endpoint_at, open_loopback


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


def _passes(page: Page, name: str, width: int, folder: Path) -> None:
    assert violations(page) == [], name
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, f"{name} scrolls sideways at {width}"
    keep(page, folder, f"{name}-{width}")


def _busy(world: World, host: Host) -> Post:
    """An endpoint that took one event, refused another, and waits with a third."""
    post = endpoint_at(open_loopback(world), host)
    world.check("alma", "tomas")
    Worker(world.desk).run_due()
    host.status = 404
    with post.writing() as context:
        ping(context, post.id)
    Worker(world.desk).run_due()
    return post


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_of_webhooks_pass(site: Site, host: Host, width: int, tmp_path: Path) -> None:
    world = site.world
    ehr = ehr_at(world, host, "rest")
    ehr.records["appointments/a1"] = {"client_ids": ["ehr-nora"], "clinician_ids": ["dr-who"]}
    for number, kind in enumerate(("appointment", "invoice", "client")):
        ehr.send({"type": f"{kind}.updated", "data": {"id": "a1"}}, f"evt_{number}")
        world.clock.advance(minutes=3)
        ehr.take()
    host.answer = None
    post = _busy(world, host)
    add_login(world, "ada", Role.ADMIN)
    page = site.sign_in("ada@example.org", width)
    pages = {
        "webhooks": "/webhooks",
        "webhook-endpoint": f"/webhooks/endpoints/{post.id}",
        "webhook-source": f"/webhooks/sources/{ehr.id}",
    }
    for name, path in pages.items():
        page.goto(f"{site.url}/console{path}")
        _passes(page, name, width, tmp_path)
    page.goto(f"{site.url}/console/webhooks/sources/new")
    _passes(page, "webhook-new", width, tmp_path)
    page.goto(f"{site.url}/console/webhooks")
    page.get_by_role("link", name="Tell another system").click()
    page.get_by_label("Name").fill("Billing")
    page.get_by_label("Address").fill("https://10.0.0.9/hook")
    page.get_by_role("button", name="Add the endpoint").click()
    page.get_by_role("alert").wait_for()
    _passes(page, "webhook-refused", width, tmp_path)
    page.goto(f"{site.url}/console/webhooks/endpoints/{post.id}")
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("heading", name="The secret").wait_for()
    assert page.get_by_label("Secret").input_value().startswith("whsec_")
    _passes(page, "webhook-secret", width, tmp_path)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_of_notices_passes(site: Site, host: Host, width: int, tmp_path: Path) -> None:
    world = site.world
    world.desk.mailer = Mailer("smtps", "mail.example", 465, "policy@elm.example", site.url)
    post = _busy(world, host)
    with post.writing() as context:
        pause(context, context.session.merge(post.row()), Pause.FAILING)
    add_login(world, "olga", Role.COMPLIANCE)
    page = site.sign_in("olga@example.org", width)
    page.goto(f"{site.url}/console/notices")
    _passes(page, "notices", width, tmp_path)
    page.goto(f"{site.url}/console/cases")
    page.get_by_role("heading", name="Nobody is told").wait_for()
    _passes(page, "queue-paused", width, tmp_path)
