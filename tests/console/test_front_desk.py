"""The check of a front desk: one word to act on, and nothing of a person in any address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Role
from policy_service.services.clinicians import ClinicianForm, register_clinician
from tests.cast import ALMA, World, person
from tests.console.office import Browser, browser, signed_in

KEY = re.compile(r'name="key" value="([^"]+)"')


@pytest.fixture
def ina(world: World) -> Browser:
    """Ina sits at the front desk and is nothing else."""
    return signed_in(world, "ina", Role.INTAKE)


def decisions(world: World) -> int:
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(DecisionRow)).scalar_one()


def form(world: World, **more: str) -> dict[str, Any]:
    return {"clinician": world.ids["alma"], "purpose": "booking", "client": "ehr-tomas", **more}


def test_a_known_client_is_checked_by_number(world: World, ina: Browser) -> None:
    answer = ina.post("/check", form(world))
    assert answer.status_code == 303
    page = ina.get(answer.location.removeprefix("/console")).get_data(as_text=True)
    assert "Choose another clinician</h1>" in page
    assert "Please choose another clinician for this client." in page
    assert "Alma Reyes" in page
    assert decisions(world) == 1


def test_a_front_desk_sees_the_standing_and_nothing_it_rests_on(world: World, ina: Browser) -> None:
    where = ina.post("/check", form(world)).location.removeprefix("/console")
    page = ina.get(where).get_data(as_text=True)
    for hidden in ("Prohibit", "681.", "brother", "What it rests on", "Tomas"):
        assert hidden not in page
    cleo = signed_in(world, "rona", Role.COMPLIANCE)
    assert "What it rests on" in cleo.get(where).get_data(as_text=True)


def test_somebody_new_is_described_and_registered_under_the_number(
    world: World, ina: Browser
) -> None:
    new = {"given": "Gale", "family": "Rivers", "birth_date": "1990-05", "phone": "+1 512 555 0190"}
    answer = ina.post("/check", form(world, client="chart-77", clinician=world.ids["ben"], **new))
    assert answer.status_code == 303
    with world.reading() as context:
        row = context.session.scalars(select(ClientRow).filter_by(external_id="chart-77")).one()
    again = ina.post("/check", form(world, client="chart-77", clinician=world.ids["ben"]))
    assert again.status_code == 303
    assert row.id


def test_no_address_holds_anything_of_a_person(world: World, ina: Browser) -> None:
    new = {"given": "Gale", "family": "Rivers", "phone": "+1 512 555 0190"}
    answer = ina.post("/check", form(world, client="", **new))
    assert re.fullmatch(r"/console/check/[0-9a-f-]{36}", answer.location)


def test_a_bookmark_fills_in_the_numbers(world: World, ina: Browser) -> None:
    with world.writing() as context:
        record = person("Carl", "Moss", "1975-05-05")
        carl = register_clinician(context, ClinicianForm(record, "staff-7"))
    page = ina.get("/check?client=chart-12&clinician=staff-7&purpose=transfer").get_data(
        as_text=True
    )
    assert 'value="chart-12"' in page
    assert f'value="{carl}" selected' in page
    assert 'value="transfer" selected' in page
    assert decisions(world) == 0, "looking is no check"


def test_an_address_cannot_bring_markup_or_names_along(ina: Browser) -> None:
    page = ina.get("/check?client=<b>x</b>&clinician=nobody&purpose=lunch&given=Tomas").get_data(
        True
    )
    assert "<b>x</b>" not in page
    assert "Tomas" not in page


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({"clinician": ""}, "clinician", "Choose a clinician."),
        ({"purpose": "lunch"}, "purpose", "Choose one."),
        ({"client": ""}, "client", "say who it is."),
        ({"client": "chart-404"}, "client", "Nobody is on record under this number"),
        ({"client": "x" * 101}, "client", "At most 100 characters"),
        ({"given": "Gale"}, "family", "A name is required."),
        ({"given": "G", "family": "R", "birth_date": "May"}, "birth_date", "A date such as"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_must_be_typed_twice(
    world: World, ina: Browser, more: dict[str, str], field: str, said: str
) -> None:
    refused = ina.post("/check", form(world, **more))
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert f'id="e-{field}"' in page
    assert said in page
    assert decisions(world) == 0


def test_the_same_form_sent_twice_is_one_check(world: World, ina: Browser) -> None:
    key = KEY.search(ina.get("/check").get_data(as_text=True))
    assert key
    sent = [ina.post("/check", form(world, key=key[1])).location for _ in range(2)]
    assert sent[0] == sent[1]
    assert decisions(world) == 1


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.AUDITOR, Role.ADMIN, Role.CONSULTANT])
def test_nobody_else_may_ask_here(world: World, role: Role) -> None:
    more = {"clinician_id": world.ids["alma"]} if role is Role.CLINICIAN else {}
    other = signed_in(world, "olga", role, **more)
    assert other.get("/check").status_code == 403


def test_whoever_is_not_signed_in_comes_back_after_signing_in(world: World) -> None:
    stranger = browser(world)
    asked = stranger.get("/check?client=chart-12")
    assert asked.status_code == 303
    assert "next=/console/check?client%3Dchart-12" in asked.location
    assert ALMA.names[0].family not in asked.get_data(as_text=True)


def test_an_emergency_is_never_held_up(world: World, ina: Browser) -> None:
    where = ina.post("/check", form(world, purpose="emergency")).location
    page = ina.get(where.removeprefix("/console")).get_data(as_text=True)
    assert "Proceed</h1>" in page
