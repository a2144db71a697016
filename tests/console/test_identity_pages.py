"""Who is who: the open questions, and a verdict that settles one."""

from __future__ import annotations

from urllib.parse import urlsplit

from policy_service.console.evidence_drawing import sections
from policy_service.domain.principals import Role
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.identity_questions import (
    IdentityQuestion,
    identity_questions,
    open_pair,
)
from policy_service.services.parties import client_row
from policy_service.services.people import UNNAMED, register_hashed
from tests.cast import NORA, World, person
from tests.console.office import EX, add_clinician, check, signed_in

PERHAPS = person("Vera", "Stone", "1981", sex="female")


def _question(world: World) -> IdentityQuestion:
    """Somebody who probably is Carl's former partner asks for care."""
    add_clinician(world, "carl")
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["carl"], "ex_partner", EX))
    check(world, "carl", PERHAPS)
    with world.writing() as context:
        [question] = identity_questions(context)
    return question


def test_a_probable_match_is_a_question_until_an_officer_judges(world: World) -> None:
    question = _question(world)
    assert (question.band, question.hypothesis) == ("probable", "SELF")
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    listed = officer.get("/identity").get_data(as_text=True)
    path = f"/identity/{question.client_person}/{question.other_person}"
    assert path in listed
    page = officer.get(path).get_data(as_text=True)
    assert "1981-03-04" in page
    assert "The birth dates agree in the year." in page
    assert officer.post(path, {"verdict": "different"}).status_code == 303
    assert "Different" in officer.get(path).get_data(as_text=True)
    with world.writing() as context:
        assert identity_questions(context) == []


def test_a_verdict_needs_a_word_and_a_relation_needs_a_kind(sqlite_world: World) -> None:
    question = _question(sqlite_world)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    path = f"/identity/{question.client_person}/{question.other_person}"
    for form in ({}, {"verdict": "perhaps"}, {"verdict": "related"}):
        assert officer.post(path, form).status_code == 422
    related = {"verdict": "related", "relation": "SIS"}
    assert officer.post(path, related).status_code == 303


def test_an_approver_compares_and_does_not_judge(sqlite_world: World) -> None:
    question = _question(sqlite_world)
    approver = signed_in(sqlite_world, "paul", Role.APPROVER)
    path = f"/identity/{question.client_person}/{question.other_person}"
    assert approver.get(path).status_code == 200
    assert approver.post(path, {"verdict": "same"}).status_code == 403


def test_the_evidence_is_drawn_and_the_table_says_the_same(sqlite_world: World) -> None:
    question = _question(sqlite_world)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    path = f"/identity/{question.client_person}/{question.other_person}"
    page = officer.get(path).get_data(as_text=True)
    with sqlite_world.writing() as context:
        pair = open_pair(context, question.client_person, question.other_person)
    assert pair.explained is not None
    comparison = pair.explained.comparison
    assert (comparison.band, comparison.hypothesis) == (question.band, question.hypothesis)
    lines = [line for part in sections(comparison) for line in part.lines]
    assert page.count('class="ev-self"') == page.count('class="ev-kin"') == len(lines) + 1
    for bits in (comparison.self_bits, comparison.kin_bits):
        assert f"<strong>{bits / 100:+.2f}</strong>" in page
    assert "nothing was counted here yet" in page


def test_a_third_party_kept_as_hashes_is_compared_and_never_named(sqlite_world: World) -> None:
    world = sqlite_world
    with world.writing() as context:
        hashed = register_hashed(context, NORA)
        again = register_hashed(context, NORA)
        nora = client_row(context, world.ids["nora"]).person_id
    officer = signed_in(world, "olga", Role.COMPLIANCE)
    for path in (f"/identity/{nora}/{hashed}", f"/identity/{hashed}/{nora}"):
        page = officer.get(path).get_data(as_text=True)
        assert "kept as a hash" in page
        assert "The birth dates agree." in page
        assert UNNAMED.replace("'", "&#39;") in page
    both = officer.get(f"/identity/{hashed}/{again}").get_data(as_text=True)
    assert "Of both only hashes are kept" in both
    assert "Lind" not in both


def test_the_case_page_leads_to_the_comparison(sqlite_world: World) -> None:
    question = _question(sqlite_world)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = officer.get(f"/cases/{question.case_id}").get_data(as_text=True)
    assert urlsplit(f"/console/identity/{question.client_person}/").path in page
    assert "probable as the same person" in page
    assert "The given names agree." in page
