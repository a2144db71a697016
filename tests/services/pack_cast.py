"""Invented packs for the tests of activation: new versions of shipped packs, and a house's own."""

from __future__ import annotations

import copy
from importlib import resources
from typing import Any

from policy_service.domain.principals import Principal, Role
from policy_service.policy.documents import document_of
from policy_service.services.pack_activation import ActivationForm, Asked, ask
from policy_service.services.pack_storing import PackUpload, store_pack
from policy_service.services.packs import Mode
from tests.cast import World

RATIONALE = "An invented pack for a test."
HOUSE_RULE: dict[str, Any] = {
    "id": "house.tie.friend",
    "title": "A friend as a client",
    "because": "The tie is {tie}.",
    "cite": [{"code": "House", "section": "1"}],
    "in_force": {"seen_in_force_on": "2026"},
    "verification": {
        "tag": "ours",
        "source": "practice policy",
        "read_on": "2026",
        "reviewed_by": None,
    },
    "when": {"tie": "friend"},
    "outcome": "prohibit",
    "kind": "by_tie",
    "tests": [
        {"given": {"tie": "friend"}, "expect": "prohibit"},
        {"given": {"tie": "none"}, "expect": "no_finding"},
    ],
}
HOUSE: dict[str, Any] = {
    "pack": {
        "pack": "house",
        "title": "House rules",
        "body": "The practice",
        "edition": "1",
        "version": "1.0.0",
        "semantics": 1,
        "fact_schema": "boundary-facts/1",
        "layer": "practice",
        "scope": {"every": True},
        "professions": ["counsellor"],
    },
    "rules": [HOUSE_RULE],
    "cases": {
        "cases": [{"name": "a stranger", "given": {}, "expect": {"outcome": "no_finding"}}],
    },
}


def house(version: str = "1.0.0", outcome: str = "prohibit", **rule: Any) -> dict[str, Any]:
    """The house pack with another version or outcome."""
    document = copy.deepcopy(HOUSE)
    document["pack"]["version"] = version
    changed = document["rules"][0] | {"outcome": outcome} | rule
    if "tests" not in rule:
        changed["tests"] = [
            {"given": {"tie": "friend"}, "expect": outcome},
            {"given": {"tie": "none"}, "expect": "no_finding"},
        ]
    document["rules"][0] = changed
    return document


def closed_house(version: str = "1.0.0") -> dict[str, Any]:
    """A house that takes nobody new: every prospective client is prohibited."""
    document = house(
        version,
        when={"client_status": "prospective"},
        because="Always.",
        kind="other",
        tests=[
            {"given": {"client_status": "prospective"}, "expect": "prohibit"},
            {"given": {"client_status": "former"}, "expect": "no_finding"},
        ],
    )
    document["cases"]["cases"][0]["expect"] = {"outcome": "prohibit"}
    return document


def shipped_document(folder: str) -> dict[str, Any]:
    """The document of a shipped pack, to be changed."""
    packs = resources.files("policy_service.policy").joinpath("packs")
    return document_of(packs.joinpath(folder))


def next_version(folder: str, version: str = "9.0.0", title: str = "") -> dict[str, Any]:
    """The same pack in a later version: nothing changes but the number and perhaps the title."""
    document = shipped_document(folder)
    document["pack"] = {**document["pack"], "version": version}
    if title:
        document["rules"][0] = {**document["rules"][0], "title": title}
    return document


def without_rule(folder: str, rule_id: str, version: str = "9.0.0") -> dict[str, Any]:
    """A later version that lost a rule; its cases say no more than that a stranger is free."""
    document = next_version(folder, version)
    document["rules"] = [rule for rule in document["rules"] if rule["id"] != rule_id]
    document["cases"] = copy.deepcopy(HOUSE["cases"])
    return document


def stored(world: World, document: dict[str, Any], who: Principal | None = None) -> str:
    """Store a document as Cleo; returns its digest."""
    with world.writing(who) as context:
        upload = PackUpload(document=document, rationale=RATIONALE)
        return store_pack(world.desk, context, upload).digest


def asked(
    world: World, digest: str, mode: Mode = Mode.ACTIVE, who: Principal | None = None
) -> Asked:
    """Ask for an activation as Cleo."""
    with world.writing(who) as context:
        return ask(world.desk, context, ActivationForm(digest, "Because it is time.", mode))


def approver(world: World) -> Principal:
    """The second person."""
    return world.account(Role.APPROVER, name="Ada")


def activated(world: World, document: dict[str, Any], mode: Mode = Mode.ACTIVE) -> str:
    """Store and put in use what one person may; returns the digest."""
    digest = stored(world, document)
    assert asked(world, digest, mode).number is not None
    return digest
