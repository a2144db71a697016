"""Cards are as CDS Hooks 2.0 and Inferno's CRD checks ask, and as blind as their answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from policy_service.domain.audiences import Audience
from policy_service.interop.cds.cards import Setting, Told, card_of
from policy_service.services.ehr_clients import ClientSettings, change_settings
from tests.cast import World
from tests.interop.cds.hooks import ALMA, DESK, PATIENT, HookEhr, booking, chart, referral
from tests.interop.empties import empties
from tests.signing import BASE

SETTING = Setting("https://policy.example", "Elm", "p1", lambda: "0" * 36)


def assert_is_card(card: dict[str, Any]) -> None:
    """What the standard and Inferno's card validation ask of any card."""
    assert UUID(card["uuid"])
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] in ("info", "warning", "critical")
    assert {"label", "topic"} <= set(card["source"])
    assert {"system", "code"} <= set(card["source"]["topic"])
    assert ("suggestions" in card) == ("selectionBehavior" in card)
    assert card.get("selectionBehavior", "any") in ("any", "at-most-one")
    for reason in card.get("overrideReasons", ()):
        assert {"code", "system", "display"} == set(reason)
    for link in card.get("links", ()):
        assert {"label", "type", "url"} == set(link)
    for suggestion in card.get("suggestions", ()):
        assert suggestion["label"]
        for action in suggestion.get("actions", [{"type": "create", "description": "-"}]):
            assert action["type"] in ("create", "update", "delete")
            assert action["description"]
    assert list(empties(card)) == []


@pytest.mark.parametrize("user", [DESK, ALMA])
def test_every_card_is_well_formed(sqlite_world: World, user: str) -> None:
    ehr = HookEhr.at(sqlite_world)
    cards = ehr.cards("appointment-book", booking(user, ALMA))
    cards += ehr.cards("appointment-book", booking(user, ALMA), prefetch={})
    assert cards
    for card in cards:
        assert_is_card(card)


def test_a_card_links_to_its_decision(sqlite_world: World) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("patient-view", chart(ALMA))
    assert card["links"][0]["url"].startswith(f"{BASE}/console/decisions/")


def test_another_clinician_is_suggested_in_the_very_draft_without_a_reason(
    sqlite_world: World,
) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("appointment-book", booking(DESK, ALMA))
    (suggestion,) = card["suggestions"]
    assert suggestion["label"] == "Ben Okafor can take this client"
    (action,) = suggestion["actions"]
    assert action["type"] == "update"
    actors = [one["actor"]["reference"] for one in action["resource"]["participant"]]
    assert actors == [PATIENT, "Practitioner/ben"]


def test_a_referral_without_an_id_is_created_anew_for_the_other_clinician(
    sqlite_world: World,
) -> None:
    (card,) = HookEhr.at(sqlite_world).cards("order-sign", referral(DESK, ALMA))
    (action,) = card["suggestions"][0]["actions"]
    assert action["type"] == "create"
    assert [one["reference"] for one in action["resource"]["performer"]] == ["Practitioner/ben"]


def test_a_detected_issue_is_offered_where_it_was_asked_for_and_says_nothing(
    sqlite_world: World,
) -> None:
    ehr = HookEhr.at(sqlite_world)
    with sqlite_world.writing() as context:
        wanted = ClientSettings(suggests_issues=True)
        change_settings(context, sqlite_world.desk.outbound, ehr.ehr.client_id, wanted)
    (card,) = ehr.cards("patient-view", chart(ALMA))
    (suggestion,) = card["suggestions"]
    resource = suggestion["actions"][0]["resource"]
    assert resource["resourceType"] == "DetectedIssue"
    assert resource["code"]["text"] == "Boundary review recorded"
    assert set(resource) == {"resourceType", "status", "code", "patient", "reference"}


def told(audience: Audience, **body: Any) -> Told:
    whole = {"id": "0" * 36, "message": "Recorded."} | body
    return Told("Alma Reyes", audience, whole, "booking")


def finding(outcome: str, *, waivable: bool) -> dict[str, Any]:
    return {
        "title": "Relative",
        "because": "A sibling is a relative.",
        "citations": [],
        "outcome": outcome,
        "waivable": waivable,
    }


def full(outcome: str, *, waivable: bool) -> Told:
    lists: dict[str, Any] = {"obligations": [], "ask": [], "unverified": []}
    found = [finding(outcome, waivable=waivable)]
    rest = {"complete": True, "could_become": outcome, **lists}
    return told(Audience.EHR, outcome=outcome, standing="in_review", findings=found, **rest)


def reasons(of: Told) -> int:
    card = card_of(of, SETTING, [])
    assert card is not None
    return len(card.body.get("overrideReasons", ()))


def test_a_prohibition_that_cannot_be_lifted_offers_no_override_reason() -> None:
    assert reasons(full("prohibit", waivable=True)) > 0
    assert reasons(full("prohibit", waivable=False)) == 0
    assert reasons(full("deliberate", waivable=True)) > 0


def test_a_front_desk_is_offered_reasons_by_the_standing_alone() -> None:
    assert reasons(told(Audience.INTAKE, standing="hold for review")) > 0
    assert reasons(told(Audience.INTAKE, standing="choose another clinician")) == 0


@pytest.mark.parametrize("audience", [Audience.ANYONE, Audience.SILENT])
def test_who_may_know_nothing_gets_no_card_whatever_is_the_case(audience: Audience) -> None:
    assert card_of(told(audience, standing="choose another clinician"), SETTING, []) is None


def test_a_long_name_never_makes_a_summary_too_long() -> None:
    body = told(Audience.INTAKE, standing="hold for review").body
    held = Told("A" * 300, Audience.INTAKE, body, "booking")
    card = card_of(held, SETTING, [])
    assert card is not None
    assert len(card.body["summary"]) < 140


def test_words_that_look_like_markup_are_not() -> None:
    one = {**finding("deliberate", waivable=True), "title": "<b>*x*</b> [y](z)"}
    shown = told(Audience.TREATING_CLINICIAN, standing="hold for review", findings=[one])
    card = card_of(shown, SETTING, [])
    assert card is not None
    assert "\\<b\\>\\*x\\*" in card.body["detail"]
