"""A live server in a thread and Debian's Chromium: the stories are walked as people walk them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from policy_service.app import create_desk
from policy_service.services import passwords
from policy_service.services.practices import NewPractice, found_practice
from tests.cast import Clock, World, populate, settings_for
from tests.console.office import PASSWORD


@dataclass
class Site:
    """The running console and whoever looks at it."""

    world: World
    url: str
    browser: Browser

    def visitor(self, width: int = 1280) -> Page:
        """A fresh browser window; the CSP is bypassed so that axe can be injected, no more."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            bypass_csp=True,
            java_script_enabled=True,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    def sign_in(self, email: str, width: int = 1280) -> Page:
        """Sign in by keyboard alone."""
        page = self.visitor(width)
        page.goto(f"{self.url}/console/")
        page.get_by_label("E-mail address").focus()
        page.keyboard.type(email)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sign out").wait_for()
        return page


@pytest.fixture
def site(empty_console: World, running_browser: Browser) -> Iterator[Site]:
    """The standing cast behind a live server on loopback."""
    world = populate(empty_console)
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(world, f"http://127.0.0.1:{server.server_port}", running_browser)
    server.shutdown()
    thread.join()
    server.server_close()
    for context in running_browser.contexts:
        context.close()


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in tests/console."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def empty_console(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A service over plain http, whose cookie may therefore not be a `__Host-` one."""
    clock = Clock()
    settings = replace(settings_for(sqlite_url, tmp_path), cookie_secure=False)
    desk = create_desk(settings, clock)
    practice = found_practice(desk, NewPractice("elm", "Elm Street Practice", "US-TX"))
    yield World(settings, desk, clock, practice, None)
    desk.database.dispose()
