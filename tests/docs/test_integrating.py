"""docs/integrating.md is executed: each request in order, each answer as the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from policy_service.domain.principals import Scope
from tests.cast import Caller, World, empty_world
from tests.signing import SigningEhr

PAGE = Path(__file__).parents[2] / "docs" / "integrating.md"
STEP = re.compile(
    r"```http\n(?P<method>[A-Z]+) (?P<path>\S+)\n(?P<headers>(?:[\w-]+: .+\n)*)"
    r"(?:\n(?P<body>.+)\n)?```\n\n"
    r"Answers (?P<status>\d{3})(?:; keep `(?P<part>[\w.]+)` as `(?P<name>\w+)`)?",
)


def test_the_walkthrough_works_as_written(sqlite_url: str, tmp_path: Path) -> None:
    world = empty_world(sqlite_url, tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    steps = list(STEP.finditer(text))
    assert len(steps) == text.count("```http"), "a request without an answer under it"
    kept: dict[str, str] = {}
    ehr = SigningEhr.registered(world)
    for step in steps:
        response = _send(_caller(world, ehr, step["path"]), step, kept)
        assert response.status_code == int(step["status"]), f"{step['path']}: {response.text}"
        if step["name"]:
            kept[step["name"]] = _part(response.json, step["part"])
    assert kept.keys() == {"clinician", "check", "client", "card", "issue"}
    world.desk.database.dispose()


def _caller(world: World, ehr: SigningEhr, path: str) -> Caller:
    """By a signed token at the door of CDS Hooks, by an API key elsewhere."""
    if not path.startswith("/cds-services"):
        return world.http(*Scope)
    return Caller(world.app.test_client(), {"Authorization": f"Bearer {ehr.token(path)}"})


def _part(body: Any, path: str) -> str:
    """`cards.0.uuid` of a body."""
    for name in path.split("."):
        body = body[int(name) if name.isdigit() else name]
    return str(body)


def _send(caller: Caller, step: re.Match[str], kept: dict[str, str]) -> TestResponse:
    def filled(text: str) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda found: kept[found[1]], text)

    headers = dict(line.split(": ", 1) for line in step["headers"].splitlines())
    body = {"json": json.loads(filled(step["body"]))} if step["body"] else {}
    return caller.client.open(
        filled(step["path"]), method=step["method"], headers=caller.headers | headers, **body
    )


def test_every_scope_is_explained() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for scope in Scope:
        assert f"`{scope.value}`" in text
