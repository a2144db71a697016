"""The client of signed tokens in docs/integrating.md, run against a live server as it stands."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from policy_service.app import app_over, utc_now
from policy_service.domain.principals import Scope
from tests.cast import World
from tests.signing import ISSUER, SigningEhr, signing_key

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"
SNIPPET = re.compile(r"```python\n(import time\n.+?)```", re.DOTALL)


@pytest.fixture
def live(sqlite_world: World) -> Iterator[str]:
    """The world's service on a free port of this machine, by the clock on the wall."""
    sqlite_world.desk.clock = utc_now
    server = make_server("127.0.0.1", 0, lambda *call: app(*call), threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    sqlite_world.settings = replace(sqlite_world.settings, public_base_url=base)
    app = app_over(sqlite_world.desk, sqlite_world.settings)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield base
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_client_in_the_page_gets_services_a_token_and_an_answer(
    sqlite_world: World, live: str
) -> None:
    (snippet,) = SNIPPET.findall(PAGE.read_text(encoding="utf-8"))
    ehr = SigningEhr.registered(sqlite_world, Scope.DECISION_BRIEF, Scope.AUDIT_READ)
    assert ISSUER in snippet
    names: dict[str, Any] = {
        "BASE": live,
        "CLIENT_ID": ehr.client_id,
        "KEY": signing_key("ES384"),
    }
    exec(compile(snippet, str(PAGE), "exec"), names)  # noqa: S102  # the page's own words
    assert {service["hook"] for service in names["services"]} >= {"patient-view"}
    assert names["token"]["scope"] == "system/DetectedIssue.rs system/AuditEvent.rs"
    assert names["issues"].headers["Content-Type"].startswith("application/fhir+json")
    assert names["issues"].status_code in (200, 404)
