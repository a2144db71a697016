"""Cases worked on through the forms: what is kept, what is refused, and who may decide."""

from __future__ import annotations

import pytest

from policy_service.domain.principals import Role
from tests.cast import World, person
from tests.console.office import (
    Browser,
    add_clinician,
    answers,
    case_row,
    check,
    former_partner_case,
    friend_case,
    open_case,
    signed_in,
)

ACCEPT = {
    "disposition": "accept_with_conditions",
    "reason": "No other clinician within two hours' drive.",
    "conditions": "Monthly supervision\nNo contact outside sessions",
    "valid_until": "2026-08-31",
}
DECLINE = {"disposition": "decline", "reason": "Another clinician can take this client."}
OVERRIDE = ACCEPT | {"disposition": "override"}


def _officer(world: World) -> Browser:
    return signed_in(world, "olga", Role.COMPLIANCE)


def _send(who: Browser, case: str, form: str, **given: str) -> int:
    return who.post(f"/cases/{case}/{form}", given, f"/cases/{case}").status_code


def test_a_case_is_deliberated_and_accepted_with_conditions(world: World) -> None:
    case, officer = friend_case(world), _officer(world)
    assert _send(officer, case, "deliberation", **answers()) == 303
    assert _send(officer, case, "disposition", **ACCEPT) == 303
    row = case_row(world, case)
    assert (row.state, row.standing) == ("closed", "accepted_with_conditions")
    assert (row.outcome, row.valid_until) == ("deliberate", "2026-08-31")
    page = officer.get(f"/cases/{case}").get_data(as_text=True)
    assert "Monthly supervision" in page
    assert "Accepted with conditions" in page


def test_an_incomplete_deliberation_is_kept_and_does_not_allow_acceptance(world: World) -> None:
    case, officer = friend_case(world), _officer(world)
    assert _send(officer, case, "deliberation", **answers(mitigation="")) == 303
    assert _send(officer, case, "disposition", **ACCEPT) == 409
    assert case_row(world, case).state == "open"
    page = officer.get(f"/cases/{case}").get_data(as_text=True)
    assert "Thought about: Benefit to the clinician" in page


def test_an_override_takes_two_people(world: World) -> None:
    case = former_partner_case(world)
    officer = signed_in(world, "olga", Role.COMPLIANCE, Role.APPROVER)
    assert _send(officer, case, "deliberation", **answers()) == 303
    assert _send(officer, case, "disposition", **ACCEPT) == 409
    assert _send(officer, case, "disposition", **OVERRIDE) == 303
    assert case_row(world, case).state == "awaiting_approval"
    assert _send(officer, case, "override", verdict="approve", reason="I agree.") == 403
    assert case_row(world, case).standing == "in_review"
    second = signed_in(world, "paul", Role.APPROVER)
    assert _send(second, case, "override", verdict="approve", reason="I agree.") == 303
    row = case_row(world, case)
    assert (row.state, row.standing, row.outcome) == ("closed", "overridden", "prohibit")


def test_a_refused_override_opens_the_case_again(sqlite_world: World) -> None:
    world = sqlite_world
    case, officer = former_partner_case(world), _officer(world)
    _send(officer, case, "deliberation", **answers())
    _send(officer, case, "disposition", **OVERRIDE)
    second = signed_in(world, "paul", Role.APPROVER)
    assert _send(second, case, "override", verdict="refuse", reason="Not necessary.") == 303
    row = case_row(world, case)
    assert (row.state, row.standing) == ("open", "in_review")


def test_a_prohibition_that_cannot_be_waived_can_only_be_declined(world: World) -> None:
    case, officer = open_case(world), _officer(world)
    assert not case_row(world, case).waivable
    _send(officer, case, "deliberation", **answers())
    assert _send(officer, case, "disposition", **ACCEPT) == 409
    assert _send(officer, case, "disposition", **OVERRIDE) == 409
    assert _send(officer, case, "disposition", **DECLINE) == 303
    assert case_row(world, case).standing == "declined"


@pytest.mark.parametrize("form", [DECLINE, ACCEPT])
def test_nobody_decides_their_own_case(world: World, form: dict[str, str]) -> None:
    case = friend_case(world)
    both = {Role.CLINICIAN, Role.COMPLIANCE}
    subject = signed_in(world, "carl", *both, clinician_id=world.ids["carl"])
    assert _send(subject, case, "deliberation", **answers()) == 303
    assert _send(subject, case, "disposition", **form) == 403
    assert case_row(world, case).state == "open"


def test_a_case_that_moved_since_it_was_read_is_left_alone(world: World) -> None:
    case, officer = friend_case(world), _officer(world)
    assert _send(officer, case, "note", text="First.") == 303
    stale = officer.post(
        f"/cases/{case}/note", {"text": "Second.", "version": "1"}, f"/cases/{case}"
    )
    assert stale.status_code == 412
    page = stale.get_data(as_text=True)
    assert "Changed since you read it" in page
    assert "Second." in page, "what was typed is not lost"
    assert case_row(world, case).version == 2


def test_an_accepted_case_reopens_when_the_facts_change(sqlite_world: World) -> None:
    world = sqlite_world
    case, officer = friend_case(world), _officer(world)
    _send(officer, case, "deliberation", **answers())
    _send(officer, case, "disposition", **ACCEPT)
    check(world, "carl", person("Ines", "Falk", "1970-02-02", phones=("+1 512 555 0177",)))
    assert case_row(world, case).state == "closed", "the same facts are covered"
    world.clock.advance(days=200)
    check(world, "carl", person("Ines", "Falk", "1970-02-02", phones=("+1 512 555 0177",)))
    assert case_row(world, case).state == "open"
    page = officer.sign_in("olga@example.org") and officer.get(f"/cases/{case}")
    assert "Reopened" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"conditions": " \n "}, "conditions"),
        ({"valid_until": "2026-03-02"}, "valid_until"),
        ({"valid_until": "2030-01-01"}, "valid_until"),
        ({"valid_until": "soon"}, "valid_until"),
        ({"disposition": "whatever"}, "disposition"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_decided(
    sqlite_world: World, changed: dict[str, str], field: str
) -> None:
    case, officer = friend_case(sqlite_world), _officer(sqlite_world)
    _send(officer, case, "deliberation", **answers())
    answer = officer.post(f"/cases/{case}/disposition", ACCEPT | changed, f"/cases/{case}")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f'href="#f-{field}"' in page
    assert f'id="f-{field}"' in page
    assert case_row(sqlite_world, case).state == "open"


SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def test_what_people_write_is_never_taken_for_markup(sqlite_world: World) -> None:
    world = sqlite_world
    record = person(SCRIPT[:60], '"><b>Falk', "1970-02-02", phones=("+1 512 555 0177",))
    add_clinician(world, "carl")
    case, officer = friend_case(world), _officer(world)
    check(world, "carl", record)
    texts = {name: SCRIPT if len(text) > 12 else text for name, text in answers().items()}
    _send(officer, case, "deliberation", **texts | {"review_on": "2026-09-01"})
    _send(officer, case, "note", text=SCRIPT)
    for path in ("/cases", f"/cases/{case}", "/identity", "/audit", f"/cases?kind={SCRIPT}"):
        page = officer.get(path).get_data(as_text=True)
        assert "<script" not in page, path
        assert "<img" not in page, path
        assert "<b>Falk" not in page, path
    assert "&lt;script&gt;" in officer.get(f"/cases/{case}").get_data(as_text=True)


def test_no_page_carries_a_script_or_an_inline_style(sqlite_world: World) -> None:
    case, officer = friend_case(sqlite_world), _officer(sqlite_world)
    for path in ("/cases", f"/cases/{case}", "/audit", "/duties", "/identity"):
        answer = officer.get(path)
        page = answer.get_data(as_text=True)
        assert "<script" not in page
        assert " style=" not in page
        assert " on" + "click" not in page
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
