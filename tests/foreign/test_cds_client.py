"""@medplum/core (npm), unmodified, as a CDS Hooks client of a live server.

In Node and in Chromium: discovery, prefetch filled from the EHR's own FHIR server, calls, cards,
overriding with feedback; in the browser across origins, with the preflight that makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from policy_service.database.tables.prompts import CardFeedbackRow
from tests.foreign.conftest import Run
from tests.foreign.ehr_site import EhrSite, serving_site
from tests.foreign.live import Live, serving
from tests.interop.conformance.hooks import HOOKS, RESOURCES, Json, context_of
from tests.interop.conformance.registering import Registration, register
from tests.interop.conformance.tokens import SigningKey, key_of

pytestmark = pytest.mark.foreign
EACH_ALGORITHM = pytest.mark.parametrize("alg", ["ES384", "RS384"])


@pytest.fixture(scope="module")
def live(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server for all tests of the module."""
    with serving(sqlite_template, tmp_path_factory.mktemp("live")) as started:
        yield started


@pytest.fixture
def site() -> Iterator[EhrSite]:
    """The EHR's web site, an origin of its own."""
    with serving_site() as started:
        yield started


def play_of(live: Live, site: EhrSite, key: SigningKey, issuer: str) -> Json:
    """Every hook about Alma and her brother, each card overridden."""
    calls = [
        {
            "hook": hook,
            "user": RESOURCES["Practitioner/alma"],
            "context": context_of(hook, "alma", "tomas"),
            "override": True,
        }
        for hook in HOOKS
    ]
    told = {"base": live.url, "issuer": issuer, "jwk": key.private_jwk, "fhir": site.url}
    return told | {"calls": calls}


def registered(live: Live, site: EhrSite, alg: str, origin: str | None = None) -> Json:
    """A client registered by configuration alone, and what it is to play."""
    key, issuer = key_of(alg, f"live-{site.port}"), site.url
    register(live.world, issuer, key, Registration(origins=(origin or site.url,)))
    return play_of(live, site, key, issuer)


def feedback_of(live: Live) -> dict[str | None, CardFeedbackRow]:
    """What was reported, by card."""
    with live.world.reading() as context:
        return {row.prompt_id: row for row in context.session.scalars(select(CardFeedbackRow))}


def assert_played(live: Live, site: EhrSite, told: Json) -> None:
    """Every hook was answered with a card that names no private fact wrongly, and overridden."""
    assert [answer["hook"] for answer in told["answers"]] == list(HOOKS)
    assert {service["hook"] for service in told["services"]} == set(HOOKS)
    assert any(path.startswith("/fhir/Patient/tomas") for path in site.asked)
    cards = [card for answer in told["answers"] for card in answer["cards"]]
    assert all(answer["cards"] for answer in told["answers"])
    kept = feedback_of(live)
    assert {kept[card["uuid"]].outcome for card in cards} == {"overridden"}
    assert all(kept[card["uuid"]].is_conformant for card in cards)


@EACH_ALGORITHM
def test_medplum_in_node_is_answered_and_reports_back(
    medplum: Run, live: Live, site: EhrSite, alg: str
) -> None:
    play = live.folder / f"{alg}.json"
    play.write_text(json.dumps(registered(live, site, alg)), encoding="utf-8")
    done = medplum(play)
    assert done.returncode == 0, done.stdout + done.stderr
    assert_played(live, site, json.loads(done.stdout))


def seen_by(running_browser: Browser, site: EhrSite, play: Json) -> dict[str, Any]:
    """What the page shows when it has played."""
    site.play = play
    page = running_browser.new_page()
    page.goto(site.url)
    told: dict[str, Any] = json.loads(page.locator("#told").inner_text(timeout=60_000))
    page.close()
    return told


@EACH_ALGORITHM
def test_medplum_in_a_browser_is_answered_across_origins(
    medplum: Run, running_browser: Browser, live: Live, site: EhrSite, alg: str
) -> None:
    told = seen_by(running_browser, site, registered(live, site, alg))
    assert "answers" in told, told
    assert_played(live, site, told)


def test_a_browser_of_another_origin_gets_nothing(
    medplum: Run, running_browser: Browser, live: Live, site: EhrSite
) -> None:
    """Control: the same client, of an origin that is not listed, is stopped by the browser."""
    play = registered(live, site, "ES384", origin="https://elsewhere.example.org")
    assert "answers" not in seen_by(running_browser, site, play)


def test_medplum_with_another_key_gets_nothing(medplum: Run, live: Live, site: EhrSite) -> None:
    """Control: the issuer is registered, the key is a stranger's."""
    play = registered(live, site, "ES384")
    play["jwk"] = key_of("ES384", "stranger").private_jwk | {"kid": play["jwk"]["kid"]}
    file = live.folder / "stranger.json"
    file.write_text(json.dumps(play), encoding="utf-8")
    done = medplum(file)
    assert done.returncode == 1
    assert "answers" not in json.loads(done.stdout)
