"""Outside consultants: who may be asked, what they see, and when they decide."""

from __future__ import annotations

from policy_service.domain.principals import Role
from tests.cast import World
from tests.console.office import (
    add_login,
    answers,
    case_row,
    former_partner_case,
    friend_case,
    signed_in,
)
from tests.console.test_cases import ACCEPT, _send


def test_a_consultant_sees_the_case_put_to_them_without_names_and_no_other(world: World) -> None:
    put, other = friend_case(world), former_partner_case(world)
    add_login(world, "ken", Role.CONSULTANT)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    consultant = signed_in(world, "ken")
    assert "Carl" not in consultant.get("/cases").get_data(as_text=True)
    whom = world.ids["account:Ken"]
    assert _send(officer, put, "consultation", consultant_id=whom, question="Is it wise?") == 303
    page = consultant.get(f"/cases/{put}").get_data(as_text=True)
    assert "Is it wise?" in page
    assert "name withheld" in page
    assert "Ines" not in page
    assert "Falk" not in page
    assert consultant.get(f"/cases/{other}").status_code == 404
    assert _send(consultant, put, "advice", advice="Refer on, and write down why.") == 303
    assert case_row(world, put).state == "open"
    assert "Refer on" in officer.get(f"/cases/{put}").get_data(as_text=True)


def test_a_closed_case_is_out_of_the_consultant_s_sight(sqlite_world: World) -> None:
    world = sqlite_world
    case = friend_case(world)
    add_login(world, "ken", Role.CONSULTANT)
    officer, consultant = signed_in(world, "olga", Role.COMPLIANCE), signed_in(world, "ken")
    _send(officer, case, "consultation", consultant_id=world.ids["account:Ken"], question="?")
    assert consultant.get(f"/cases/{case}").status_code == 200
    _send(officer, case, "disposition", disposition="decline", reason="No.")
    assert consultant.get(f"/cases/{case}").status_code == 404


def test_whoever_reports_to_the_subject_is_not_independent(world: World) -> None:
    case = friend_case(world)
    subject = add_login(world, "carl", Role.CLINICIAN, clinician_id=world.ids["carl"])
    middle = add_login(world, "mia", Role.INTAKE, reports_to=subject)
    below = add_login(world, "ken", Role.CONSULTANT, reports_to=middle)
    free = add_login(world, "kim", Role.CONSULTANT)
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    assert _send(officer, case, "consultation", consultant_id=below, question="Well?") == 422
    assert case_row(world, case).state == "open"
    assert _send(officer, case, "consultation", consultant_id=free, question="Well?") == 303


def test_in_a_solo_practice_cases_wait_visibly_until_a_consultant_decides(world: World) -> None:
    case = friend_case(world)
    roles = (Role.CLINICIAN, Role.COMPLIANCE)
    subject = signed_in(world, "carl", *roles, clinician_id=world.ids["carl"])
    assert "No decider" in subject.get("/cases").get_data(as_text=True)
    assert "No decider" in subject.get(f"/cases/{case}").get_data(as_text=True)
    add_login(world, "ken", Role.CONSULTANT)
    _send(subject, case, "deliberation", **answers())
    whom = world.ids["account:Ken"]
    assert _send(subject, case, "consultation", consultant_id=whom, question="May I?") == 303
    consultant = signed_in(world, "ken")
    assert _send(consultant, case, "disposition", **ACCEPT) == 303
    assert case_row(world, case).standing == "accepted_with_conditions"


def test_where_an_officer_may_decide_the_consultant_only_advises(sqlite_world: World) -> None:
    world = sqlite_world
    case = friend_case(world)
    add_login(world, "ken", Role.CONSULTANT)
    officer, consultant = signed_in(world, "olga", Role.COMPLIANCE), signed_in(world, "ken")
    _send(officer, case, "deliberation", **answers())
    _send(officer, case, "consultation", consultant_id=world.ids["account:Ken"], question="?")
    assert _send(consultant, case, "disposition", **ACCEPT) == 403
    assert "No decider" not in officer.get("/cases").get_data(as_text=True)
