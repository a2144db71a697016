"""The CDS Hooks checks of Inferno's CRD test kit, said again in Python.

The kit (inferno-framework/davinci-crd-test-kit, lib/davinci_crd_test_kit) is a Ruby program that
is not on PyPI, npm or Debian, so that it cannot run here. Each function names the file and method
it stands for and says what that one says: the same fields, types and words, in the same order.
Written from reading them; none of their text is copied. What is CRD's alone (coverage information,
its card types) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]
Types = Mapping[str, type | str]
URL = "URL"
SYSTEM_ACTIONS_HOOKS = ("appointment-book", "order-sign", "order-dispatch")
"""ServiceResponseValidationTest::SYSTEM_ACTIONS_HOOK_NAMES."""
SERVICE: Types = {"hook": str, "description": str, "id": str}
"""DiscoveryServicesValidationTest#required_fields."""
REQUEST: Types = {"hook": str, "hookInstance": str, "context": dict}
"""ServiceRequestRequiredFieldsValidationTest, hook_request_required_fields."""
CARD: Types = {"summary": str, "indicator": str, "source": dict}
"""CardsValidation#card_required_fields."""
CARD_OPTIONAL: Types = {
    "uuid": str, "detail": str, "suggestions": list, "overrideReasons": list, "links": list,
}  # fmt: skip
"""CardsValidation#card_optional_fields."""
SOURCE: Types = {"label": str, "topic": dict}
"""CardsValidation#source_required_fields: more than the text asks, which has no topic required."""
TOPIC: Types = {"code": str, "system": str}
"""CardsValidation#source_topic_required_fields."""
REASON: Types = {"code": str, "system": str, "display": str}
"""CardsValidation#override_reasons_required_fields."""
LINK: Types = {"label": str, "type": str, "url": URL}
"""CardsValidation#link_required_fields."""
ACTION: Types = {"type": str, "description": str}
"""SuggestionActionsValidation#action_required_fields."""
INDICATORS = ("info", "warning", "critical")
BEHAVIOURS = ("at-most-one", "any")


def presence_and_type(value: Any, fields: Types, name: str) -> Iterator[str]:
    """HookRequestFieldValidation#validate_presence_and_type for each field."""
    for field, kind in fields.items():
        found = value.get(field) if isinstance(value, dict) else None
        if found is None or found in ("", [], {}):
            yield f"{name} lacks {field}"
        elif kind == URL:
            if not urlsplit(str(found)).scheme:
                yield f"{name}.{field} is no URL"
        elif isinstance(kind, type) and not isinstance(found, kind):
            yield f"{name}.{field} is no {kind.__name__}"


def discovery_services_validation(body: Json) -> Iterator[str]:
    """discovery/discovery_services_validation_test.rb."""
    services = body.get("services")
    if not isinstance(services, list):
        yield "services is no array"
        return
    for service in services:
        yield from presence_and_type(service, SERVICE, "Service")


def service_request_required_fields(body: Json) -> Iterator[str]:
    """verify_request/service_request_required_fields_validation_test.rb."""
    yield from presence_and_type(body, REQUEST, "Request")
    if "fhirAuthorization" in body and not body.get("fhirServer"):
        yield "Request lacks fhirServer"


def service_response_validation(hook: str, body: Json) -> Iterator[str]:
    """verify_response/service_response_validation_test.rb."""
    cards = body.get("cards")
    if not isinstance(cards, list):
        yield "cards is no array"
        return
    for card in cards:
        yield from card_required_fields(card)
    actions = body.get("systemActions")
    if actions is None:
        if hook in SYSTEM_ACTIONS_HOOKS:
            yield f"systemActions must be present for {hook}"
    elif not isinstance(actions, list):
        yield "systemActions is no array"
    else:
        for action in actions:
            yield from action_fields(action)


def card_required_fields(card: Json) -> Iterator[str]:
    """CardsValidation#cards_check with its checks of summary, indicator and source."""
    yield from presence_and_type(card, CARD, "Card")
    if isinstance(card.get("summary"), str) and len(card["summary"]) >= 140:
        yield "summary is over the 140-character limit"
    if isinstance(card.get("indicator"), str) and card["indicator"] not in INDICATORS:
        yield f"indicator is {card['indicator']}"
    source = card.get("source")
    if isinstance(source, dict):
        yield from presence_and_type(source, SOURCE, "Source")
        if isinstance(source.get("topic"), dict):
            yield from presence_and_type(source["topic"], TOPIC, "Source topic")


def card_optional_fields(card: Json) -> Iterator[str]:
    """verify_response/card_optional_fields_validation_test.rb: valid_card_with_optionals?."""
    there = {name: kind for name, kind in CARD_OPTIONAL.items() if card.get(name)}
    yield from presence_and_type(card, there, "Card")
    if card.get("suggestions") and card.get("selectionBehavior") not in BEHAVIOURS:
        yield f"selectionBehavior is {card.get('selectionBehavior')}"
    for reason in card.get("overrideReasons") or []:
        yield from presence_and_type(reason, REASON, "OverrideReason Coding")
    for link in card.get("links") or []:
        yield from link_fields(link)
    for suggestion in card.get("suggestions") or []:
        yield from suggestion_fields(suggestion)


def link_fields(link: Json) -> Iterator[str]:
    """CardsValidation#card_links_check and #card_link_type_check."""
    yield from presence_and_type(link, LINK, "Link")
    if link.get("type") not in ("absolute", "smart"):
        yield f"Link.type is {link.get('type')}"
    if link.get("type") == "absolute" and link.get("appContext"):
        yield "appContext is not valid for absolute links"


def suggestion_fields(suggestion: Json) -> Iterator[str]:
    """CardsValidation#process_suggestion and #validate_and_process_actions."""
    yield from presence_and_type(suggestion, {"label": str}, "Suggestion")
    actions = suggestion.get("actions")
    if actions is None:
        return
    if not isinstance(actions, list) or not actions:
        yield "Suggestion.actions is no array with something in it"
        return
    for action in actions:
        yield from action_fields(action)


def action_fields(action: Json) -> Iterator[str]:
    """SuggestionActionsValidation#action_fields_validation."""
    yield from presence_and_type(action, ACTION, "Action")
    match action.get("type"):
        case "create" | "update":
            resource = action.get("resource")
            if not (isinstance(resource, dict) and resource.get("resourceType")):
                yield "Action lacks resource"
        case "delete":
            yield from presence_and_type(action, {"resourceId": str}, "Action")
        case other:
            yield f"Action.type is {other}"
