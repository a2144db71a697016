"""Dana, of another practice, asks for everything of ours: her 404 is that of what never existed.

Byte for byte, on PostgreSQL, where two practices share the tables; every address with an id in it.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from policy_service.api import RESOURCES
from policy_service.domain.accounts import ConnectionState, Direction
from policy_service.domain.principals import Scope
from policy_service.services.accounts import AccountForm, ConnectionForm, add_account, connect
from policy_service.services.attestations import attest
from policy_service.services.clinicians import licences_of, memberships_of
from policy_service.services.disclosures import TieForm, state_tie
from policy_service.services.episodes import ClientPart, ClinicianPart, EpisodeForm, open_episode
from policy_service.services.events import EventForm, events_of, report_event
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.parties import client_row, clinician_row
from tests.cast import ALL_KINDS, World

PERSON = {"names": [{"given": "Eve", "family": "Stranger"}]}
OFFICER = {"acting_user": {"role": "compliance"}}
REASON = {"reason": "none of hers"}
BODIES: dict[str, dict[str, Any]] = {
    "clinicians.correct": {"person": PERSON},
    "clients.correct": {"person": PERSON},
    "clients.merge": REASON | {"into": str(uuid4())},
    "licences.add_licence": {"jurisdiction": "US-TX", "licence_type": "LPC"},
    "licences.add_membership": {"body": "ACA"},
    "licences.lapse_licence": REASON | {"valid_to": "2025"},
    "licences.end_membership": REASON | {"valid_to": "2025"},
    "disclosures.disclose": {"kind": "FRND", "person": PERSON},
    "disclosures.revise": REASON | {"kind": "FRND"},
    "attestations.attest": {"kinds": ["friends"]},
    "accounts.add_for_clinician": {"platform": "x", "handle": "eve"},
    "accounts.add_for_client": {"platform": "x", "handle": "eve"},
    "accounts.classify": {"kind": "personal"},
    "accounts.change_connection": {"state": "removed"},
    "episodes.revise": REASON
    | {
        "episode": {
            "clients": [{"client_id": str(uuid4())}],
            "clinicians": [{"clinician_id": str(uuid4())}],
        }
    },
    "ties.revise": REASON | OFFICER | {"kind": "FRND"},
    "ties.withdraw": REASON | OFFICER,
    "events.move": REASON | {"client_id": str(uuid4())},
}
OWN = {
    "clinicians", "licences", "disclosures", "attestations", "accounts", "clients", "episodes",
    "ties", "identity_verdicts", "events",
}  # fmt: skip


def addresses(app: Flask) -> list[tuple[str, str, str]]:
    """Endpoint, method and rule of every registry address with an id in it."""
    return [
        (rule.endpoint, method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) & {"GET", "PUT", "POST"})
        if rule.endpoint.partition(".")[0] in OWN and "<uuid:" in rule.rule
    ]


@pytest.fixture
def ours(postgresql_world: World) -> dict[str, str]:
    """One id of ours for every kind of address."""
    world, ids = postgresql_world, postgresql_world.ids
    form = EventForm(ids["alma"], ids["nora"], "gift")
    report_event(world.desk, world.cleo, form, world.door())
    with world.writing() as context:
        alma = clinician_row(context, ids["alma"]).person_id
        nora = client_row(context, ids["nora"]).person_id
        account = add_account(context, alma, AccountForm("x", "alma"))
        far = ConnectionForm(account, "x", "y", Direction.MUTUAL, ConnectionState.ACCEPTED)
        parts = (ClientPart(ids["nora"]),), (ClinicianPart(ids["alma"]),)
        return {
            "clinician_id": ids["alma"],
            "client_id": ids["nora"],
            "account_id": account,
            "connection_id": connect(context, far),
            "episode_id": open_episode(context, EpisodeForm(*parts)),
            "licence_id": licences_of(context, ids["alma"])[0].id,
            "membership_id": memberships_of(context, ids["alma"])[0].id,
            "attestation_id": attest(context, ids["alma"], ALL_KINDS, context.today),
            "event_id": events_of(context, ids["alma"], ids["nora"])[0].id,
            "tie_id": state_tie(context, TieForm(alma, nora, "FRND")),
            "disclosure_id": ids["brother_tie"],
            "verdict_id": judge(context, VerdictForm(alma, nora, "different")),
        }


def filled(rule: str, endpoint: str, ids: dict[str, str]) -> str:
    """The rule with its ids."""
    own = dict(ids)
    if endpoint.startswith("disclosures"):
        own["tie_id"] = ids["disclosure_id"]
    return re.sub(r"<uuid:(\w+)>", lambda part: own[part[1]], rule)


def test_whatever_dana_asks_for_by_our_ids_never_existed(
    postgresql_world: World, ours: dict[str, str]
) -> None:
    dana = postgresql_world.http(*Scope, dana=True)
    nobody = {name: str(uuid4()) for name in ours}
    before = postgresql_world.actions()
    asked = addresses(postgresql_world.app)
    for endpoint, method, rule in asked:
        call = getattr(dana, method.lower())
        more = {} if method == "GET" else {"json": BODIES.get(endpoint, REASON)}
        real = call(filled(rule, endpoint, ours), **more)
        never = call(filled(rule, endpoint, nobody), **more)
        assert real.status_code == 404, (endpoint, method, real.data)
        assert real.data == never.data, (endpoint, method)
        assert list(real.headers) == list(never.headers), (endpoint, method)
    assert len(asked) > 30
    assert postgresql_world.actions() == before


def test_the_same_addresses_answer_us(postgresql_world: World, ours: dict[str, str]) -> None:
    """Negative control: with our own key the same ids are found, so the 404s meant something."""
    us = postgresql_world.http(*Scope)
    for endpoint, method, rule in addresses(postgresql_world.app):
        if method == "GET":
            assert us.get(filled(rule, endpoint, ours)).status_code == 200, endpoint


def test_ids_of_ours_in_danas_bodies_are_refused_like_unknown_ones(
    postgresql_world: World, ours: dict[str, str]
) -> None:
    dana = postgresql_world.http(*Scope, dana=True)

    def bodies(ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                "/v1/episodes",
                {
                    "clients": [{"client_id": ids["client_id"]}],
                    "clinicians": [{"clinician_id": ids["clinician_id"]}],
                },
            ),
            (
                "/v1/connections",
                {
                    "account_id": ids["account_id"],
                    "far_platform": "x",
                    "far_handle": "y",
                    "direction": "mutual",
                    "state": "accepted",
                },
            ),
            (
                "/v1/events",
                {
                    "clinician": {"id": ids["clinician_id"]},
                    "client": {"id": ids["client_id"]},
                    "kind": "gift",
                },
            ),
        ]

    nobody = {name: str(uuid4()) for name in ours}
    for (path, real), (_, never) in zip(bodies(ours), bodies(nobody), strict=True):
        answers = dana.post(path, json=real), dana.post(path, json=never)
        assert [answer.status_code for answer in answers] == [422, 422], path
        assert answers[0].data == answers[1].data, path


def test_danas_lists_are_empty(postgresql_world: World) -> None:
    dana = postgresql_world.http(*Scope, dana=True)
    for path in ("/v1/clinicians", "/v1/clients", "/v1/clients?external_id=ehr-nora"):
        assert dana.get(path).get_json() == {"items": [], "next_cursor": None}


def test_every_registry_resource_is_asked_for() -> None:
    assert {resource.name for resource in RESOURCES} >= OWN
