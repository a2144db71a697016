"""A real server on loopback with a fresh SQLite file, for the benches that go through HTTP."""

from __future__ import annotations

import base64
import http.client
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from policy_service.app import create_desk
from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.database import migrate
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.services.desk import Desk
from policy_service.services.practices import NewPractice, found_practice
from policy_service.settings import Settings

START_SECONDS = 60


@dataclass
class House:
    """A practice with nobody in it, and how to run the service on it."""

    desk: Desk
    environment: dict[str, str]
    operator: Principal
    key: str


@contextmanager
def empty_house(workers_need: tuple[Scope, ...] = (Scope.DECISION_FULL,)) -> Iterator[House]:
    """A migrated file in a folder of its own, which goes at the end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = {
            "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
            "POLICY_KEK": base64.b64encode(secrets.token_bytes(32)).decode(),
            "POLICY_KEY_DIR": f"{folder}/keys",
        }
        migrate.upgrade(environment["DATABASE_URL"])
        desk = create_desk(Settings.from_environment(environment))
        practice_id = found_practice(desk, NewPractice("bench", "Bench", "US-TX"))
        key = issue_key(desk, NewEhrClient(practice_id, "bench", frozenset(workers_need)))
        operator = Principal(practice_id, "operator", "operator", frozenset({Role.OPERATOR}))
        yield House(desk, environment, operator, key)
        desk.database.dispose()


@contextmanager
def serving(house: House, workers: int = 2) -> Iterator[int]:
    """Granian on a free port of loopback; yields the port."""
    port = _free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POLICY_")}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(workers), "--blocking-threads", "1"]
    server = subprocess.Popen(
        [*command, "--no-ws", "--log-level", "error", "wsgi:app"],
        env=clean | house.environment,
        cwd=Path(__file__).parents[1],
    )
    try:
        _wait_until_ready(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the server did not become ready")
