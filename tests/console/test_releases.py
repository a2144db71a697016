"""Releases in the console: asked to whom and what for, recorded, listed by client, saved."""

from __future__ import annotations

import csv
import io

import pytest

from policy_service.domain.principals import Role
from tests.cast import World
from tests.console.office import Browser, signed_in

FORM = {
    "kind": "board",
    "recipient/name": "Board of Counselors",
    "recipient/address": "12 Pine Road",
    "purpose": "Complaint 7",
    "format": "csv",
}


def _officer(world: World) -> Browser:
    return signed_in(world, "olga", Role.COMPLIANCE)


def _release(world: World, officer: Browser, query: str = "") -> str:
    made = officer.post(f"/releases/new{query}", FORM)
    assert made.status_code == 303, made.get_data(as_text=True)
    return made.headers["Location"].rpartition("made=")[2]


def test_a_release_asks_records_and_gives_the_file(world: World) -> None:
    officer = _officer(world)
    release = _release(world, officer, "?action=client.registered")
    page = officer.get("/releases").get_data(as_text=True)
    assert "Board of Counselors" in page
    assert "2 of the first" in page
    rows = list(
        csv.DictReader(
            io.StringIO(officer.get(f"/releases/{release}/entries").get_data(as_text=True))
        )
    )
    assert [row["action"] for row in rows] == ["client.registered"] * 2
    assert {"release.recorded", "release.listed", "release.fetched"} <= set(world.actions())


def test_the_accounting_of_a_client_lists_what_told_about_them(world: World) -> None:
    officer = _officer(world)
    _release(world, officer, f"?subject={world.ids['tomas']}")
    for name, known in (("tomas", True), ("nora", False)):
        query = f"?subject={world.ids[name]}"
        assert ("Complaint 7" in officer.get(f"/releases{query}").get_data(as_text=True)) is known
        rows = officer.get(f"/releases.csv{query}").get_data(as_text=True).splitlines()
        assert len(rows) == 1 + known


@pytest.mark.parametrize("field", ["kind", "recipient/name", "purpose", "format"])
def test_a_release_that_does_not_say_all_is_refused_at_its_field(
    sqlite_world: World, field: str
) -> None:
    officer = _officer(sqlite_world)
    refused = officer.post("/releases/new", FORM | {field: ""})
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert f'href="#f-{field}"' in page
    assert f'id="f-{field}"' in page
    assert "release.recorded" not in sqlite_world.actions()


def test_an_auditor_reads_the_accounting_and_releases_nothing(sqlite_world: World) -> None:
    auditor = signed_in(sqlite_world, "udo", Role.AUDITOR)
    assert auditor.get("/releases").status_code == 200
    assert auditor.get("/releases/new").status_code == 403
    assert auditor.get(f"/releases/{sqlite_world.ids['alma']}/entries").status_code == 403
