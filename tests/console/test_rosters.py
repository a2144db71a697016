"""Rosters in the console: looked at first, then applied."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.services.imports.test_roster_drops import TEN, clients, in_care, open_episodes


@pytest.fixture
def cleo(world: World) -> Browser:
    return signed_in(world, "rona", Role.COMPLIANCE)


def bring(cleo: Browser, kind: str, text: str) -> Any:
    file = (BytesIO(text.encode()), "roster.csv")
    return cleo.post("/rosters", {"kind": kind, "file": file})


def page_of(cleo: Browser, answer: Any) -> tuple[str, str]:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    where = answer.location.removeprefix("/console")
    return where, cleo.get(where).get_data(as_text=True)


def test_a_file_is_shown_then_applied(world: World, cleo: Browser) -> None:
    where, page = page_of(cleo, bring(cleo, "clients", TEN))
    assert "<code>c3</code>" in page
    assert "Berg" not in page, "a preview names nobody"
    assert clients(world) == 0
    assert cleo.post(f"{where}/apply", {}, seen_on=where).status_code == 303
    run_due(world.desk)
    assert clients(world) == 10
    assert "Applied" in cleo.get(where).get_data(as_text=True)
    again, page = page_of(cleo, bring(cleo, "clients", TEN))
    assert again == where
    assert "brought before" in page


def test_a_held_file_is_applied_only_by_who_says_they_looked(world: World, cleo: Browser) -> None:
    in_care(world)
    where, page = page_of(cleo, bring(cleo, "episodes", open_episodes(10, *range(10))))
    assert "It would end most of the care that is open here." in page
    refused = cleo.post(f"{where}/apply", {}, seen_on=where)
    assert refused.status_code == 422
    assert 'id="e-confirm"' in refused.get_data(as_text=True)
    taken = cleo.post(f"{where}/apply", {"confirm": "most_ended"}, seen_on=where)
    assert taken.status_code == 303


def test_what_will_be_asked_and_what_was_refused_is_said(world: World, cleo: Browser) -> None:
    _, page = page_of(cleo, bring(cleo, "clients", TEN + "x1,Bo,Holm,,\nx2,Bo,Holm,1980-02-30,\n"))
    assert "1 new or changed line without a birth date" in page
    assert "A date that exists" in page


def test_a_discarded_file_changes_nothing(world: World, cleo: Browser) -> None:
    where, _ = page_of(cleo, bring(cleo, "clients", TEN))
    assert cleo.post(f"{where}/discard", {}, seen_on=where).status_code == 303
    assert "Discarded" in cleo.get(where).get_data(as_text=True)
    run_due(world.desk)
    assert clients(world) == 0


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [("", TEN, "kind"), ("clients", "", "file"), ("clients", "external_id\n", "file")],
    ids=["no kind", "no file", "no columns"],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    cleo: Browser, kind: str, text: str, field: str
) -> None:
    refused = bring(cleo, kind, text)
    assert refused.status_code == 422
    assert f'id="e-{field}"' in refused.get_data(as_text=True)


def test_a_file_larger_than_allowed_is_refused(world: World, cleo: Browser) -> None:
    settings = world.app.extensions["policy_service_settings"]
    assert bring(cleo, "clients", TEN + "\n" * settings.max_upload_bytes).status_code == 413


@pytest.mark.parametrize("role", [Role.INTAKE, Role.AUDITOR, Role.CONSULTANT])
def test_others_may_not(world: World, role: Role) -> None:
    assert signed_in(world, "olga", role).get("/rosters").status_code == 403
