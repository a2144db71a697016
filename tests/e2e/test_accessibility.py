"""Every page passes axe, wide and narrow, and a bad page does not."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import ActingUser, Role
from policy_service.services.parties import client_row
from policy_service.services.preview_reading import share_preview
from policy_service.services.recognition import identify
from policy_service.services.replay_orders import order_replay
from policy_service.worker import run_due
from tests.care import current_client, former_client
from tests.cast import TOMAS, World, person
from tests.console.office import add_login, check, former_partner_case, friend_case, open_case
from tests.e2e.accessibility import violations
from tests.e2e.conftest import Site
from tests.previewing import account, ask, render
from tests.services.duty_office import duties, practise_in, report
from tests.services.pack_cast import activated, asked, house, stored
from tests.signing import SigningEhr

BAD = """<!doctype html><html lang="en"><head><title>Bad</title></head><body><main><h1>Bad</h1>
<p style="color:#bbb;background:#fff">Too faint</p><img src="x.png"><input type="text"></main>
</body></html>"""


def test_axe_objects_to_a_bad_page(site: Site) -> None:
    page = site.visitor()
    page.set_content(BAD)
    objected = {line.split(":")[0] for line in violations(page)}
    assert {"color-contrast", "image-alt", "label"} <= objected


@pytest.mark.parametrize("width", [1280, 360])
def test_the_officer_s_pages_pass(site: Site, width: int) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE, Role.ADMIN)
    cases = [open_case(world), friend_case(world), former_partner_case(world)]
    page = site.sign_in("olga@example.org", width)
    paths = ["/cases", "/audit", "/duties", "/identity", "/accounts", "/nothing/here"]
    paths += ["/previews", shared_preview(world)]
    paths += [f"/cases/{case}" for case in cases]
    paths += [pair_page(world)]
    practise_in(world, "US-CA")
    report(world, "US-CA")
    paths += [f"/duties/{duty.id}" for duty in duties(world)]
    paths += [f"/accounts/{world.ids['account:Olga']}", f"/audit/{check(world, 'ben', 'nora')}"]
    paths += ["/ehr-clients", f"/ehr-clients/{SigningEhr.registered(world).client_id}"]
    for path in paths:
        page.goto(f"{site.url}/console{path}")
        _open_all(page)
        assert violations(page) == [], path
        assert _fits(page), f"{path} scrolls sideways at {width}"


def pair_page(world: World) -> str:
    """Tomas as a client and as the brother whom Alma disclosed."""
    with world.reading() as context:
        client = client_row(context, world.ids["tomas"]).person_id
        disclosed = identify(context, TOMAS, {client}).matches[0].person.id
    return f"/identity/{client}/{disclosed}"


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_of_packs_pass(site: Site, width: int) -> None:
    world = site.world
    add_login(world, "olga", Role.COMPLIANCE)
    world.check("ben", "nora")
    old = activated(world, house("1.0.0", "prohibit"))
    new = stored(world, house("1.1.0", "advise"))
    asked(world, new)
    with world.writing() as context:
        replay = order_replay(world.desk, context, new, with_digests=True)
    world.clock.advance(minutes=1)
    run_due(world.desk)
    page = site.sign_in("olga@example.org", width)
    paths = ["/packs", f"/packs/{old}", f"/packs/{new}/change", f"/packs/{old}/change?mode=retired"]
    paths += [f"/packs/replays/{replay}", f"/packs/{old}/analysis", f"/packs/{old}/shadow"]
    for path in paths:
        page.goto(f"{site.url}/console{path}")
        _open_all(page)
        assert violations(page) == [], path
        assert _fits(page), f"{path} scrolls sideways at {width}"


@pytest.mark.parametrize("width", [1280, 360])
def test_the_clinician_s_pages_pass(site: Site, width: int) -> None:
    world = site.world
    add_login(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    open_case(world)
    page = site.sign_in("alma@example.org", width)
    tie = f"/me/disclosures/{world.ids['brother_tie']}"
    own = [f"/me/duties/{duty.id}" for duty in duties(world, "attest")]
    for path in ("/me", "/me/disclose", tie, *own, *own_previews(world)):
        page.goto(f"{site.url}/console{path}")
        _open_all(page)
        assert violations(page) == [], path
        assert _fits(page), f"{path} scrolls sideways at {width}"


def own_previews(world: World) -> list[str]:
    """The form, and Alma's answers about a former and a present client."""
    alma, console = world.ids["alma"], account(world, world.ids["alma"])
    clients = [
        former_client(world, alma, "2025", person("Ines", "Marchetti", "1991-08-14")),
        current_client(world, alma, person("Lea", "Holm", "1992-01-02")),
    ]
    asked = [
        ask(world, alma, Contemplated.ROMANCE, client_id=one, principal=console) for one in clients
    ]
    return ["/ask-ahead", *(f"/ask-ahead/{answer['id']}" for answer in asked)]


def shared_preview(world: World) -> str:
    """An answer that Alma shared."""
    preview_id = own_previews(world)[-1].rpartition("/")[2]
    with world.writing(account(world, world.ids["alma"])) as context:
        share_preview(context, preview_id, ActingUser(), render(world))
    return f"/previews/{preview_id}"


def test_the_login_page_and_a_refusal_pass(site: Site) -> None:
    page = site.visitor()
    page.goto(f"{site.url}/console/login")
    assert violations(page) == []
    page.get_by_label("E-mail address").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong password 123")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert violations(page) == []


def test_the_first_tab_stop_skips_to_the_content(site: Site) -> None:
    page = site.visitor()
    page.goto(f"{site.url}/console/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def _open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
