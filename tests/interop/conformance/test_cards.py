"""Answers (CDS Hooks 2.0 "CDS Service Response", "Card Attributes" and below)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest

from policy_service.services.clinicians import ClinicianForm, register_clinician
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.external_identifiers import NewIdentifier, register_identifier
from tests.cast import NORA, person
from tests.interop.conformance.ehr import Ehr
from tests.interop.conformance.hooks import HOOKS, Json, appointment, bundle, context_of, patient

EACH_HOOK = pytest.mark.parametrize("hook", HOOKS)
PAIRS = (("alma", "tomas"), ("ben", "nora"), ("ben", "tomas"), ("alma", "nora"))
HTML = re.compile(r"<[A-Za-z/!]")
KNOWN = {"system", "code", "display"}


@pytest.fixture(scope="module")
def cards(ehr: Ehr) -> list[Json]:
    """Every card that six hooks and four pairs of people give."""
    found = [card for hook in HOOKS for pair in PAIRS for card in ehr.cards(hook, *pair)]
    assert found, "no card at all would prove nothing"
    return found


def suggestions_of(cards: list[Json]) -> Iterator[Json]:
    for card in cards:
        yield from card.get("suggestions", [])


@EACH_HOOK
def test_a_finding_answers_200_and_cards(ehr: Ehr, hook: str) -> None:
    answer = ehr.call(hook, "alma", "tomas")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert set(answer.json) <= {"cards", "systemActions"}
    assert answer.json["cards"], "Tomas is Alma's brother"


@EACH_HOOK
def test_nothing_to_say_is_an_empty_array_of_cards(silent_ehr: Ehr, hook: str) -> None:
    for pair in PAIRS:
        answer = silent_ehr.call(hook, *pair)
        assert (answer.status_code, answer.json) == (200, answer.json | {"cards": []})


@EACH_HOOK
def test_system_actions_are_an_array_of_whole_actions(ehr: Ehr, hook: str) -> None:
    answer = ehr.call(hook, "alma", "tomas").json
    for action in answer.get("systemActions", []):
        assert_whole_action(action)
    assert isinstance(answer.get("systemActions", []), list)


def test_each_card_has_its_required_attributes(cards: list[Json]) -> None:
    for card in cards:
        assert isinstance(card["summary"], str)
        assert card["summary"].strip()
        assert card["indicator"] in ("info", "warning", "critical")
        assert isinstance(card["source"], dict)


def test_a_summary_is_shorter_than_140_characters(ehr: Ehr, cards: list[Json]) -> None:
    assert max(len(card["summary"]) for card in cards) < 140
    long = patient("tomas", person("Maximilian-Bartholomew" * 6, "Featherstonehaugh" * 6))
    for card in ehr.cards("patient-view", "alma", "tomas", prefetch={"patient": long}):
        assert len(card["summary"]) < 140


def test_detail_is_markdown_without_html(ehr: Ehr, cards: list[Json]) -> None:
    for card in cards:
        assert not HTML.search(card.get("detail", "")), card
    hostile = patient("tomas", person("<img src=x onerror=alert(1)>", "[click](javascript:x)"))
    for card in ehr.cards("patient-view", "alma", "tomas", prefetch={"patient": hostile}):
        shown = f"{card['summary']} {card.get('detail', '')}"
        assert not HTML.search(shown)
        assert "](javascript:" not in shown


def test_suggestions_come_with_a_selection_behaviour(ehr: Ehr, cards: list[Json]) -> None:
    suggesting = [card for card in cards if "suggestions" in card]
    assert suggesting, "another clinician who can take the case is suggested somewhere"
    for card in cards:
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        assert card.get("selectionBehavior", "any") in ("at-most-one", "any")


def befriend_cora(ehr: Ehr) -> None:
    """Cora, of no licence known, is Nora's friend: to be deliberated, and so no hard no."""
    world = ehr.world
    with world.writing() as context:
        cora = register_clinician(context, ClinicianForm(person("Cora", "Mills", "1971-04-02")))
        register_identifier(context, NewIdentifier("Practitioner", "cora", clinician_id=cora))
        disclose(context, DisclosureForm(cora, "FRND", NORA))


def test_override_reasons_are_whole_codings(fresh_ehr: Ehr) -> None:
    befriend_cora(fresh_ehr)
    found = fresh_ehr.cards("appointment-book", "cora", "nora")
    codings = [reason for card in found for reason in card.get("overrideReasons", [])]
    assert codings, "a card that may be overridden offers reasons"
    for coding in codings:
        assert set(coding) == KNOWN
        assert all(isinstance(text, str) and text.strip() for text in coding.values())
        assert coding["system"].startswith(f"{fresh_ehr.base}/fhir/CodeSystem/")


def test_a_prohibition_that_cannot_be_waived_offers_no_reason(ehr: Ehr) -> None:
    """Control for the test above: Alma's brother is a hard no."""
    for hook in HOOKS:
        for card in ehr.cards(hook, "alma", "tomas"):
            assert "overrideReasons" not in card


def test_each_card_has_a_uuid_of_its_own(ehr: Ehr, cards: list[Json]) -> None:
    uuids = [card["uuid"] for card in cards]
    assert all(str(UUID(uuid)) == uuid for uuid in uuids)
    assert len(set(uuids)) == len(uuids)


def test_each_source_has_a_label_and_absolute_addresses(ehr: Ehr, cards: list[Json]) -> None:
    for card in cards:
        source = card["source"]
        assert source["label"].strip()
        assert source["url"].startswith(ehr.base)
        assert "icon" not in source or source["icon"].startswith(ehr.base)
        assert set(source["topic"]) <= KNOWN
        assert source["topic"]["code"]
        assert source["topic"]["system"]


def assert_whole_action(action: Json) -> None:
    """Type, description, and what the type asks for."""
    assert action["type"] in ("create", "update", "delete")
    assert action["description"].strip()
    if action["type"] == "delete":
        assert re.fullmatch(r"[A-Z][A-Za-z]+/[A-Za-z0-9.\-]{1,64}", action["resourceId"])
    else:
        assert action["resource"]["resourceType"]


def test_each_suggestion_and_action_is_whole(cards: list[Json]) -> None:
    suggestions = list(suggestions_of(cards))
    assert suggestions
    for suggestion in suggestions:
        assert suggestion["label"].strip()
        assert str(UUID(suggestion["uuid"])) == suggestion["uuid"]
        for action in suggestion.get("actions", []):
            assert_whole_action(action)
    uuids = [suggestion["uuid"] for suggestion in suggestions]
    assert len(set(uuids)) == len(uuids)


def test_an_update_holds_the_whole_resource(ehr: Ehr) -> None:
    """The appointment as it came, with another clinician in it, and nothing lost on the way."""
    context = context_of("appointment-book", "alma", "tomas")
    booked = appointment("tomas", "alma") | {"comment": "first session", "minutesDuration": 50}
    context["appointments"] = bundle(booked)
    found = ehr.cards("appointment-book", "alma", "tomas", context=context)
    actions = [action for one in suggestions_of(found) for action in one.get("actions", [])]
    updates = [action["resource"] for action in actions if action["type"] == "update"]
    assert updates, "an appointment with a finding suggests another clinician"
    for resource in updates:
        kept = {name: value for name, value in resource.items() if name != "participant"}
        assert kept == {name: value for name, value in booked.items() if name != "participant"}


def test_each_link_is_whole_and_absolute(ehr: Ehr, cards: list[Json]) -> None:
    links = [link for card in cards for link in card.get("links", [])]
    assert links, "a card leads to its case"
    for link in links:
        assert link["label"].strip()
        assert link["url"].startswith(f"{ehr.base}/")
        assert link["type"] == "absolute"
        assert "appContext" not in link
