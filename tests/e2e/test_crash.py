"""kill -9 under load loses no answered decision, forks nothing, and the log verifies."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.database import migrate
from policy_service.domain.principals import Scope
from tests.cast import empty_world, populate, settings_for
from tests.e2e.served import Served

pytestmark = pytest.mark.slow
KILLS = 3
CLIENTS = 3
BETWEEN_KILLS = 12


def _body(clinician: str, number: int) -> dict[str, Any]:
    person = {
        "names": [{"given": "Gale", "family": f"Rivers{number}"}],
        "birth_date": "1990-01-01",
        "emails": [f"gale{number}@example.org"],
    }
    return {
        "clinician": {"id": clinician},
        "client": {"person": person},
        "purpose": "intake",
        "acting_user": {"role": "system"},
    }


class Load:
    """Threads that ask and remember which answers they got."""

    def __init__(self, served: Served, key: str, clinician: str) -> None:
        self.served, self.key, self.clinician = served, key, clinician
        self.answered: dict[str, str] = {}
        self.asked: dict[str, dict[str, Any]] = {}
        self.enough = threading.Event()

    def run(self) -> None:
        """Ask until the server is gone."""
        while True:
            retry_key = str(uuid4())
            body = _body(self.clinician, len(self.asked))
            self.asked[retry_key] = body
            try:
                response = self.served.check(self.key, body, retry_key)
            except requests.RequestException:
                return
            assert response.status_code == 201, response.text
            self.answered[retry_key] = response.json()["id"]
            if len(self.answered) % BETWEEN_KILLS == 0:
                self.enough.set()


def test_kill_9_loses_no_answered_decision(bare_database_url: str, tmp_path: Path) -> None:
    migrate.upgrade(bare_database_url)
    settings = settings_for(bare_database_url, tmp_path)
    world = empty_world(bare_database_url, tmp_path)
    world.clock.now = datetime.now(UTC)  # the server's clock is the real one: keys must be valid
    populate(world)
    scopes = frozenset({Scope.DECISION_FULL})
    key = issue_key(world.desk, NewEhrClient(world.practice_id, "load", scopes))
    world.desk.database.dispose()
    served = Served(
        {
            "DATABASE_URL": bare_database_url,
            "POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            "POLICY_KEY_DIR": str(settings.key_dir),
        }
    )
    load = Load(served, key, world.ids["ben"])
    try:
        for _ in range(KILLS):
            _ask_then_kill(served, load)
        served.start()
        _every_answer_is_there(served, load)
        verified = served.flask("audit", "verify")
    finally:
        served.kill()
    assert verified.returncode == 0, verified.stdout
    assert "ok:" in verified.stdout


def _ask_then_kill(served: Served, load: Load) -> None:
    served.start()
    load.enough.clear()
    threads = [threading.Thread(target=load.run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    assert load.enough.wait(60), "no answers came"
    served.kill()
    for thread in threads:
        thread.join()


def _every_answer_is_there(served: Served, load: Load) -> None:
    """Answered decisions read back; a lost answer is found by its key, not decided again."""
    assert len(load.answered) >= KILLS * BETWEEN_KILLS
    for retry_key, check_id in load.answered.items():
        again = served.check(load.key, load.asked[retry_key], retry_key)
        assert again.json()["id"] == check_id
    unknown = set(load.asked) - set(load.answered)
    for retry_key in unknown:
        first = served.check(load.key, load.asked[retry_key], retry_key)
        second = served.check(load.key, load.asked[retry_key], retry_key)
        assert first.content == second.content
