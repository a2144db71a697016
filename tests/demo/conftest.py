"""The demo practice as the tests found it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_service.app import create_app
from policy_service.demo import seed as seeding
from policy_service.demo.story_form import Story
from policy_service.demo.telling import Teller
from policy_service.services.desk import Desk
from tests.cast import Clock, settings_for

FEW = 40
"""Clients enough to be looked through; the stories do not depend on how many there are."""


@pytest.fixture(scope="session")
def told(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The demo practice, founded while every answer is listened to."""
    folder = tmp_path_factory.mktemp("demo")
    file = folder / "demo.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    app = create_app(settings_for(f"sqlite:///{file}", folder), Clock())
    desk: Desk = app.extensions["policy_service"]
    answers: dict[str, Any] = {"app": app, "desk": desk}
    real = seeding.tell

    def listen(teller: Teller, story: Story) -> dict[str, Any]:
        answers[story.name] = real(teller, story)
        return dict(answers[story.name])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seeding, "tell", listen)
        answers["practice"] = seeding.seed(desk, FEW)
    yield answers
    desk.database.dispose()
