"""The pages of duties: late ones first, a proof form, a history; one's own for a clinician."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from policy_service.console import duties as module
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.services.duty_office import (
    ask,
    befriend,
    duties,
    history,
    in_care,
    practise_in,
    report,
    the_duty,
)

PROOF = {"done_on": "2026-03-02", "note": "Handed over and talked through."}


def officer(world: World) -> Browser:
    return signed_in(world, "olga", Role.COMPLIANCE)


def gwen(world: World, state: str = "US-CA") -> Browser:
    name = f"gwen-{state.lower()}"
    return signed_in(world, name, Role.CLINICIAN, clinician_id=world.ids[state])


@pytest.fixture
def owed(world: World) -> str:
    """Gwen owes Nora the brochure; the duty's id."""
    practise_in(world, "US-CA")
    report(world, "US-CA")
    return the_duty(world, "hand_over_brochure").id


def text(page: Browser, path: str) -> str:
    answer = page.get(path)
    assert answer.status_code == 200
    return str(answer.get_data(as_text=True))


def test_late_duties_stand_first_with_how_late_they_are(world: World, owed: str) -> None:
    world.check("alma", "nora")
    world.clock.advance(days=4)
    run_due(world.desk)
    page = text(officer(world), "/duties")
    late, waiting = page.index("4 days late"), page.index("Attest that nothing")
    assert late < waiting
    assert "Escalated" in page
    assert "Gwen Canyon" in page
    assert "Nora Lind" in page
    assert "duty.listed" in world.actions()


def test_the_queue_says_how_many_are_late(world: World, owed: str) -> None:
    assert "late." not in text(officer(world), "/cases")
    world.clock.advance(days=1)
    olga = signed_in(world, "olga", Role.COMPLIANCE)
    assert "1 duty is late." in text(olga, "/cases")


def test_an_administrator_is_told_how_many_and_not_which(world: World, owed: str) -> None:
    world.clock.advance(days=9)
    run_due(world.desk)
    page = text(signed_in(world, "adam", Role.ADMIN), "/accounts")
    assert "1 duty is long overdue and escalated" in page
    assert "brochure" not in page
    assert signed_in(world, "adam", Role.ADMIN).get("/duties").status_code == 403


def test_a_duty_says_why_by_when_and_what_comes_next(world: World, owed: str) -> None:
    page = text(officer(world), f"/duties/{owed}")
    assert "The source says: now." in page
    assert "728" in page
    assert page.index("2026-03-03") < page.index("2026-03-05")
    assert "duty.read" in world.actions()


def test_an_officer_proves_it_and_the_page_shows_the_proof(world: World, owed: str) -> None:
    olga = officer(world)
    assert olga.post(f"/duties/{owed}/proof", PROOF, f"/duties/{owed}").status_code == 303
    page = text(olga, f"/duties/{owed}")
    assert "Handed over and talked through." in page
    assert "Keep the proof" not in page
    assert "Done" in text(olga, "/duties?state=done")


def test_a_refused_proof_comes_back_as_it_was_typed(world: World, owed: str) -> None:
    typed = {"done_on": "2027-01-01", "note": "", "reference": "doc-9"}
    answer = officer(world).post(f"/duties/{owed}/proof", typed, f"/duties/{owed}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#f-done_on"' in page
    assert 'href="#f-note"' in page
    assert 'value="doc-9"' in page
    for day in ("", "yesterday"):
        form = PROOF | {"done_on": day}
        assert (
            officer(world).post(f"/duties/{owed}/proof", form, f"/duties/{owed}").status_code == 422
        )
    assert the_duty(world, "hand_over_brochure").state == "open"


def test_compliance_alone_says_that_it_does_not_apply(world: World, owed: str) -> None:
    path = f"/duties/{owed}/not-applicable"
    approver = signed_in(world, "ada", Role.APPROVER)
    assert "It does not apply" not in text(approver, f"/duties/{owed}")
    assert approver.post(path, {"reason": "No."}, f"/duties/{owed}").status_code == 403
    olga = officer(world)
    assert olga.post(path, {"reason": " "}, f"/duties/{owed}").status_code == 422
    assert olga.post(path, {"reason": "Another person."}, f"/duties/{owed}").status_code == 303
    assert "Another person." in text(olga, f"/duties/{owed}")


def test_an_auditor_reads_and_closes_nothing(world: World, owed: str) -> None:
    auditor = signed_in(world, "otto", Role.AUDITOR)
    page = text(auditor, f"/duties/{owed}")
    assert "Keep the proof" not in page
    answer = auditor.post(f"/duties/{owed}/proof", PROOF, "/duties/" + owed)
    assert answer.status_code == 403


def test_the_clinician_proves_their_own_and_sees_no_other(world: World, owed: str) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    mine = gwen(world)
    page = text(mine, "/me")
    assert "Hand the state&#39;s brochure" in page
    assert "Look at the conflict again" not in page
    theirs = the_duty(world, "reassess").id
    assert mine.get(f"/me/duties/{theirs}").status_code == 404
    assert mine.post(f"/me/duties/{theirs}/proof", PROOF, "/me").status_code == 404
    assert mine.get(f"/duties/{owed}").status_code == 403
    answer = mine.post(f"/me/duties/{owed}/proof", PROOF, f"/me/duties/{owed}")
    assert answer.status_code == 303
    assert the_duty(world, "hand_over_brochure").state == "done"
    done = text(mine, f"/me/duties/{owed}")
    assert "an account" not in done
    assert "It does not apply" not in done


def test_what_the_practice_owes_is_not_on_the_clinician_s_page(world: World) -> None:
    practise_in(world, "US-MN")
    in_care(world, "US-MN")
    report(world, "US-MN", "sexual_contact", direction="mutual", stated_by="other")
    own = gwen(world, "US-MN")
    assert "What I owe" not in text(own, "/me")
    for duty in duties(world):
        assert own.get(f"/me/duties/{duty.id}").status_code == 404
    page = text(officer(world), f"/duties/{duties(world, 'act_on_knowledge')[0].id}")
    assert "Not shown to the clinician" in page


def test_a_case_shows_its_duties(world: World) -> None:
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    with world.reading() as context:
        case = context.session.scalars(
            select(CaseRow.id).where(CaseRow.clinician_id == world.ids["US-OH"])
        ).one()
    page = text(officer(world), f"/cases/{case}")
    for duty in duties(world):
        assert f"/console/duties/{duty.id}" in page
    assert [move.kind for move in history(world, the_duty(world, "reassess"))] == ["raised"]


@pytest.mark.parametrize("query", ["state=waived", "owner=client", "after=x", "due_before=soon"])
def test_a_bad_filter_is_refused(sqlite_world: World, query: str) -> None:
    assert officer(sqlite_world).get(f"/duties?{query}").status_code == 422


def test_pages_of_duties_follow_one_another(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    practise_in(world, "US-OH")
    befriend(world, "US-OH")
    ask(world, "US-OH")
    monkeypatch.setattr(module, "PAGE", 2)
    page = text(officer(world), "/duties")
    assert "Later duties" in page
    last = sorted(duties(world), key=lambda duty: (duty.due_on, duty.id))[1]
    rest = text(officer(world), f"/duties?after={last.id}")
    assert "Later duties" not in rest
    assert rest.count("/console/duties/") == 1
