"""Inferno's CRD kit against the service, with both algorithms (see inferno.py).

Each test names the test of the kit it stands for. Controls spoil a true answer in the way each
check is there for, and the check must name it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.interop.conformance.ehr import SERVICES, Ehr
from tests.interop.conformance.hooks import HOOKS, Json, body_of
from tests.interop.conformance.inferno import (
    card_optional_fields,
    card_required_fields,
    discovery_services_validation,
    service_request_required_fields,
    service_response_validation,
)
from tests.interop.conformance.test_cards import befriend_cora
from tests.interop.conformance.tokens import es384

EACH_ALGORITHM = pytest.mark.parametrize("alg", ["ES384", "RS384"])
EACH_HOOK = pytest.mark.parametrize("hook", HOOKS)


@EACH_ALGORITHM
def test_discovery_endpoint_test(clients: dict[str, Ehr], alg: str) -> None:
    """crd_v201_discovery_endpoint_test: GET with a token of this algorithm, 200, JSON."""
    answer = clients[alg].get(SERVICES)
    assert answer.status_code == 200
    assert isinstance(answer.json, dict)


@EACH_ALGORITHM
def test_discovery_services_validation(clients: dict[str, Ehr], alg: str) -> None:
    """crd_v201_discovery_services_validation."""
    body = clients[alg].get(SERVICES).json
    assert body["services"], "the kit skips an empty list"
    assert list(discovery_services_validation(body)) == []


@EACH_ALGORITHM
@EACH_HOOK
def test_service_call_and_request_fields(clients: dict[str, Ehr], alg: str, hook: str) -> None:
    """crd_service_call_test, crd_v201_service_request_required_fields_validation."""
    body = body_of(hook, "alma", "tomas")
    assert list(service_request_required_fields(body)) == []
    answer = clients[alg].send(hook, body)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")


@EACH_ALGORITHM
@EACH_HOOK
def test_service_response_validation(clients: dict[str, Ehr], alg: str, hook: str) -> None:
    """crd_service_response_validation."""
    for pair in (("alma", "tomas"), ("ben", "nora")):
        answer = clients[alg].call(hook, *pair).json
        assert list(service_response_validation(hook, answer)) == []


@EACH_ALGORITHM
@EACH_HOOK
def test_card_optional_fields_validation(clients: dict[str, Ehr], alg: str, hook: str) -> None:
    """crd_card_optional_fields_validation."""
    cards = clients[alg].cards(hook, "alma", "tomas")
    assert cards
    assert [fault for card in cards for fault in card_optional_fields(card)] == []


def test_cards_with_override_reasons_are_valid_too(fresh_ehr: Ehr) -> None:
    befriend_cora(fresh_ehr)
    cards = fresh_ehr.cards("appointment-book", "cora", "nora")
    assert any("overrideReasons" in card for card in cards)
    assert [fault for card in cards for fault in card_optional_fields(card)] == []


@EACH_ALGORITHM
def test_an_issuer_that_is_not_registered_gets_401(clients: dict[str, Ehr], alg: str) -> None:
    """The kit's own issuer, before anybody registered it."""
    known = clients[alg]
    stranger = Ehr(known.world, "https://inferno.example.org/custom/crd_server", known.key)
    assert stranger.get(SERVICES).status_code == 401
    other_key = Ehr(known.world, known.issuer, es384("not registered"))
    assert other_key.get(SERVICES).status_code == 401


def _set(*path: Any, to: Any) -> Callable[[Json], None]:
    def spoil(card: Json) -> None:
        place: Any = card
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return spoil


SPOILT: dict[str, tuple[Callable[[Json], None], str]] = {
    "no summary": (_set("summary", to=None), "Card lacks summary"),
    "long summary": (_set("summary", to="x" * 140), "summary is over the 140-character limit"),
    "hard-stop": (_set("indicator", to="hard-stop"), "indicator is hard-stop"),
    "no source": (_set("source", to=None), "Card lacks source"),
    "no topic": (_set("source", "topic", to=None), "Source lacks topic"),
    "topic without code": (_set("source", "topic", "code", to=""), "Source topic lacks code"),
    "no behaviour": (_set("selectionBehavior", to=None), "selectionBehavior is None"),
    "all": (_set("selectionBehavior", to="all"), "selectionBehavior is all"),
    "link type": (_set("links", 0, "type", to="relative"), "Link.type is relative"),
    "link address": (_set("links", 0, "url", to="console"), "Link.url is no URL"),
    "app context": (
        _set("links", 0, "appContext", to="x"),
        "appContext is not valid for absolute links",
    ),
    "no label": (_set("suggestions", 0, "label", to=""), "Suggestion lacks label"),
    "empty actions": (
        _set("suggestions", 0, "actions", to=[]),
        "Suggestion.actions is no array with something in it",
    ),
    "action type": (
        _set("suggestions", 0, "actions", 0, "type", to="patch"),
        "Action.type is patch",
    ),
    "no description": (
        _set("suggestions", 0, "actions", 0, "description", to=None),
        "Action lacks description",
    ),
    "no resource": (
        _set("suggestions", 0, "actions", 0, "resource", to={}),
        "Action lacks resource",
    ),
    "reason without display": (
        _set("overrideReasons", to=[{"code": "x", "system": "urn:x"}]),
        "OverrideReason Coding lacks display",
    ),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_card_is_named(ehr: Ehr, case: str) -> None:
    card = next(
        each for each in ehr.cards("appointment-book", "alma", "tomas") if "suggestions" in each
    )
    spoil, fault = SPOILT[case]
    spoilt = copy.deepcopy(card)
    spoil(spoilt)
    assert [*card_required_fields(card), *card_optional_fields(card)] == []
    assert fault in [*card_required_fields(spoilt), *card_optional_fields(spoilt)]


@pytest.mark.parametrize("hook", ["appointment-book", "order-sign", "order-dispatch"])
def test_a_missing_key_of_an_answer_is_named(ehr: Ehr, hook: str) -> None:
    answer = ehr.call(hook, "alma", "tomas").json
    without = {name: value for name, value in answer.items() if name != "systemActions"}
    assert list(service_response_validation(hook, without)) == [
        f"systemActions must be present for {hook}"
    ]
    assert list(service_response_validation(hook, {})) == ["cards is no array"]
    assert list(discovery_services_validation({"services": [{"hook": "x", "id": 7}]})) == [
        "Service lacks description",
        "Service.id is no str",
    ]
