"""Erasures in the console: found, looked at, held, asked for by one and carried out by another."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from policy_service.database.tables.erasures import ErasureRow
from policy_service.domain.principals import Role
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.services.erasing.test_orders import SEVEN_YEARS, person_of


@pytest.fixture
def olga(world: World) -> Browser:
    """The officer who asks."""
    world.clock.advance(days=SEVEN_YEARS)
    return signed_in(world, "olga", Role.COMPLIANCE)


def _page(officer: Browser, path: str = "/erasures") -> str:
    return officer.get(path).get_data(as_text=True)


def _asked(world: World, olga: Browser, client: str = "tomas") -> str:
    """Ask on the person's page; returns the address of the form that carries it out."""
    path = f"/erasures/people/{person_of(world, client)}"
    assert olga.post(path, {"ground": "person_asked"}).status_code == 303
    with world.reading() as context:
        newest = select(ErasureRow.id).order_by(ErasureRow.asked_at.desc())
        return f"/erasures/{context.session.scalars(newest).first()}"


@pytest.mark.parametrize("query", ["client=ehr-tomas", "given=Tomas&family=Reyes"])
def test_a_person_is_found_by_the_ehrs_id_or_by_name(
    world: World, olga: Browser, query: str
) -> None:
    assert person_of(world, "tomas") in _page(olga, f"/erasures?{query}")
    assert "Nobody was found" in _page(olga, "/erasures?client=nobody")


def test_the_page_shows_what_would_go_and_who_is_likely_the_same(
    world: World, olga: Browser
) -> None:
    world.check("alma", "tomas")
    page = _page(olga, f"/erasures/people/{person_of(world, 'tomas')}")
    assert "Checks" in page
    assert "replay answers erased" in page
    assert "likely of the same person" in page
    assert "erasure.examined" in world.actions()


def test_two_people_erase(world: World, olga: Browser) -> None:
    waiting = _asked(world, olga)
    assert "Somebody else must carry it out" in _page(olga)
    refused = olga.post(f"{waiting}/carry-out", {"sure": "yes"}, "/erasures")
    assert refused.status_code == 403
    ada = signed_in(world, "ada", Role.APPROVER)
    unsure = ada.post(f"{waiting}/carry-out", {}, "/erasures")
    assert (unsure.status_code, "Tick the box" in unsure.get_data(as_text=True)) == (422, True)
    assert ada.post(f"{waiting}/carry-out", {"sure": "yes"}, "/erasures").status_code == 303
    page = _page(ada)
    assert "The person is erased." in page
    assert "Tomas" not in page


def test_a_hold_is_placed_and_lifted_with_a_reason(world: World, olga: Browser) -> None:
    path = f"/erasures/people/{person_of(world, 'nora')}"
    assert olga.post(f"{path}/holds", {"reason": " "}, path).status_code == 422
    olga.post(f"{path}/holds", {"reason": "Complaint 12"}, path)
    page = _page(olga, path)
    assert "Complaint 12" in page
    assert "A legal hold stands" in page
    assert "Refused" in olga.client.get(_follow(olga, path), **olga.base).get_data(as_text=True)
    hold = page.split(f"{path}/holds/")[1].split('"')[0]
    assert olga.post(f"{path}/holds/{hold}", {"reason": ""}, path).status_code == 422
    olga.post(f"{path}/holds/{hold}", {"reason": "Closed"}, path)
    assert "Lifted: Closed" in _page(olga, path)


def _follow(olga: Browser, path: str) -> str:
    answer = olga.post(path, {"ground": "court_order"})
    assert answer.status_code == 303
    return str(answer.location)


def test_asking_without_a_ground_is_refused_at_the_field(world: World, olga: Browser) -> None:
    answer = olga.post(f"/erasures/people/{person_of(world, 'nora')}", {"ground": ""})
    assert answer.status_code == 422
    assert 'id="e-ground"' in answer.get_data(as_text=True)


def test_what_was_asked_may_be_dropped(world: World, olga: Browser) -> None:
    waiting = _asked(world, olga, "nora")
    assert olga.post(f"{waiting}/drop", {}, "/erasures").status_code == 303
    assert "Dropped" in _page(olga)


@pytest.mark.parametrize(("years", "status"), [("10", 303), ("0", 422), ("ten", 422)])
def test_the_floor_is_a_number_of_years(
    world: World, olga: Browser, years: str, status: int
) -> None:
    assert olga.post("/erasures/floor", {"years": years}, "/erasures").status_code == status
    assert f"{10 if status == 303 else 6} years" in _page(olga)
