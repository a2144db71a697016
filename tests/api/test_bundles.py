"""POST /v1/audit/bundles: who may, what is opened, what is refused."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from policy_service.domain.principals import Scope
from policy_service.services.releases import ReleaseFilter, list_releases
from tests.cast import World

PATH = "/v1/audit/bundles"
ORDER = {"purpose": "Complaint 2026-17"}


def openings(content: bytes) -> int:
    """How many groups a bundle opens."""
    with ZipFile(BytesIO(content)) as found:
        lines = found.read("entries.jsonl").splitlines()
    return sum(len(json.loads(line)["openings"]) for line in lines)


def test_a_key_without_decision_full_gets_leaves_and_proofs_alone(sqlite_world: World) -> None:
    sqlite_world.check("ben", "nora")
    sent = sqlite_world.http(Scope.AUDIT_RELEASE).post(PATH, json=ORDER)
    assert (sent.status_code, sent.mimetype) == (200, "application/zip")
    assert openings(sent.data) == 0


def test_opening_groups_needs_the_right_to_full_decisions(sqlite_world: World) -> None:
    decision = sqlite_world.check("ben", "nora")["id"]
    order = {**ORDER, "ids": [decision], "open": ["all"]}
    refused = sqlite_world.http(Scope.AUDIT_RELEASE).post(PATH, json=order)
    assert refused.status_code == 403
    allowed = sqlite_world.http(Scope.AUDIT_RELEASE, Scope.DECISION_FULL).post(PATH, json=order)
    assert openings(allowed.data) > 3


def test_a_recipient_makes_it_a_release(sqlite_world: World) -> None:
    recipient = {"kind": "court", "name": "County court", "address": "1 Main Street"}
    order = {**ORDER, "recipient": recipient}
    assert sqlite_world.http(Scope.AUDIT_RELEASE).post(PATH, json=order).status_code == 200
    with sqlite_world.writing() as context:
        [line], _ = list_releases(context, ReleaseFilter())
    assert line.told is not None
    assert line.told.purpose == ORDER["purpose"]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"first": 0, "ids": ["b6f0c1de-0000-4000-8000-000000000000"]}, "/first"),
        ({"last": 3}, "/last"),
        ({"first": 0, "last": 99_999}, "/entries/range"),
        ({"entries": {"action": "nothing.such"}}, "/entries"),
        ({"previous": "no checkpoint"}, "/previous"),
        ({"purpose": ""}, "/purpose"),
    ],
    ids=["two ways", "last alone", "beyond the log", "no match", "no checkpoint", "no purpose"],
)
def test_bad_input_is_named(sqlite_world: World, more: dict[str, Any], pointer: str) -> None:
    answer = sqlite_world.http(Scope.AUDIT_RELEASE).post(PATH, json={**ORDER, **more})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
