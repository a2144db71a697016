"""The JWT of a CDS Hooks call: every accepted form, and every refusal of the reference."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.app import create_desk
from policy_service.auth.client_forms import ClientForm
from policy_service.auth.hook_tokens import HookCall, HookTokens
from policy_service.auth.jwks import read_key_set
from policy_service.auth.jwts import UNPROVEN, read_token, verify_signature
from policy_service.auth.registration import register_client, rotate_keys, withdraw_client
from policy_service.database.tables.ehr_trust import SeenTokenRow
from policy_service.domain.principals import Principal, Scope
from policy_service.errors import Conflict, Unauthenticated
from tests.cast import World
from tests.signing import BASE, SigningEhr, key_set, signing_key

PATH = "/cds-services/boundary-patient-view"


def tokens(world: World) -> HookTokens:
    found: HookTokens = world.app.extensions["policy_service_hook_tokens"]
    return found


def ask(world: World, token: str, path: str = PATH) -> Principal:
    return tokens(world).authenticate(HookCall(f"Bearer {token}", path))


def refused(world: World, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        ask(world, token)
    return caught.value.detail


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_signed_call_proves_its_client(world: World, algorithm: str) -> None:
    ehr = SigningEhr.registered(world, algorithm=algorithm)
    principal = ask(world, ehr.token(PATH))
    assert (principal.id, principal.practice_id) == (ehr.client_id, world.practice_id)


ACCEPTED: dict[str, dict[str, Any]] = {
    "aud as an array": {"aud": [f"{BASE}{PATH}", "https://other.example"]},
    "aud is our base URL": {"aud": BASE},
    "aud is the discovery": {"aud": f"{BASE}/cds-services"},
    "Epic's sub and nbf": {"sub": "an-app", "nbf": 0},
    "an unknown claim": {"department": {"id": 7}},
}


@pytest.mark.parametrize("form", ACCEPTED)
def test_accepted_forms(sqlite_world: World, form: str) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    assert ask(sqlite_world, ehr.token(PATH, **ACCEPTED[form])).id == ehr.client_id


def test_a_replayed_token_is_refused(world: World) -> None:
    ehr = SigningEhr.registered(world)
    token = ehr.token(PATH)
    assert ask(world, token)
    assert "jti" in refused(world, token)


def test_without_the_store_of_used_tokens_a_replay_would_pass(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policy_service.auth.hook_tokens.use_once", lambda *_: None)
    token = SigningEhr.registered(sqlite_world).token(PATH)
    assert ask(sqlite_world, token) == ask(sqlite_world, token)


def test_a_replay_is_refused_by_another_worker_and_after_a_restart(world: World) -> None:
    token = SigningEhr.registered(world).token(PATH)
    assert ask(world, token)
    restarted = replace(world, desk=create_desk(world.settings, world.clock))
    assert "jti" in refused(restarted, token)
    restarted.desk.database.dispose()


def test_of_many_workers_with_one_token_one_accepts_it(world: World) -> None:
    token = SigningEhr.registered(world).token(PATH)
    tokens(world)

    def is_accepted(_: int) -> bool:
        with suppress(Unauthenticated):
            return bool(ask(world, token))
        return False

    with ThreadPoolExecutor(6) as workers:
        assert sum(workers.map(is_accepted, range(6))) == 1


def test_the_same_jti_of_two_issuers_is_two_tokens(sqlite_world: World) -> None:
    first = SigningEhr.registered(sqlite_world)
    second = SigningEhr.registered(sqlite_world, issuer="https://other.example")
    assert ask(sqlite_world, first.token(PATH, jti="one")).id == first.client_id
    assert ask(sqlite_world, second.token(PATH, jti="one")).id == second.client_id


def test_used_tokens_are_forgotten_once_no_clock_could_accept_them(world: World) -> None:
    ehr = SigningEhr.registered(world)
    for _ in range(3):
        ask(world, ehr.token(PATH))
    world.clock.advance(hours=1, seconds=300 + 61)
    ask(world, ehr.token(PATH))
    with world.desk.database.directory() as session:
        assert session.scalar(select(func.count()).select_from(SeenTokenRow)) == 1


def test_clocks_may_differ_by_a_minute(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    now = int(sqlite_world.clock().timestamp())
    assert ask(sqlite_world, ehr.token(PATH, iat=now + 60, exp=now + 120))
    assert ask(sqlite_world, ehr.token(PATH, iat=now - 300, exp=now - 59))
    assert ask(sqlite_world, ehr.token(PATH, iat=now, exp=now + 3600)), "an hour is allowed"


def test_an_issuer_and_tenant_map_to_one_practice(postgresql_world: World) -> None:
    """Two practices of one EHR vendor: the same issuer and key, told apart by the tenant."""
    elm = SigningEhr.registered(postgresql_world, tenant="elm")
    with postgresql_world.elsewhere() as context:
        form = ClientForm(
            "an EHR", frozenset({Scope.DECISION_BRIEF}), elm.issuer, "oak", key_set(elm.key)
        )
        register_client(context, postgresql_world.desk.outbound, form)
    seen = {
        tenant: ask(postgresql_world, elm.token(PATH, tenant=tenant)).practice_id
        for tenant in ("elm", "oak")
    }
    assert seen == {
        "elm": postgresql_world.practice_id,
        "oak": postgresql_world.other_practice_id,
    }
    assert refused(postgresql_world, elm.token(PATH, tenant=None)) == UNPROVEN


def test_a_pair_that_is_in_use_cannot_be_registered_again(world: World) -> None:
    ehr = SigningEhr.registered(world)
    with pytest.raises(Conflict):
        SigningEhr.registered(world)
    with world.writing() as context:
        withdraw_client(context, ehr.client_id)
    assert refused(world, ehr.token(PATH)) == UNPROVEN
    again = SigningEhr.registered(world)
    assert ask(world, again.token(PATH)).id == again.client_id


def test_keys_are_rotated_with_an_overlap(world: World) -> None:
    ehr = SigningEhr.registered(world)
    new = signing_key("ES384", 3)
    with world.writing() as context:
        rotate_keys(context, ehr.client_id, key_set(new), timedelta(days=7))
    newer = replace(ehr, key=new)
    assert ask(world, ehr.token(PATH))
    assert ask(world, newer.token(PATH))
    world.clock.advance(days=7)
    assert refused(world, ehr.token(PATH)) == UNPROVEN
    assert ask(world, newer.token(PATH))


def test_the_specification_s_own_example_has_a_good_signature_and_is_refused(
    sqlite_world: World,
) -> None:
    """Its issuer, tenant, jku and key are registered, and our address is its audience."""
    example = json.loads((Path(__file__).parent / "cds_hooks_example_jwt.json").read_text())
    token = read_token(example["jwt"], ("iss",))
    keys = read_key_set(json.dumps(example["jwks"]))
    assert verify_signature(token, keys).kid == "example-kid"
    SigningEhr.registered(
        sqlite_world,
        issuer=token.name("iss"),
        tenant=token.name("tenant"),
        jwks=json.dumps(example["jwks"]),
        jwks_url=token.jku,
    )
    there = replace(tokens(sqlite_world), base_url="https://cds.example.org")
    call = HookCall(f"Bearer {example['jwt']}", "/cds-services/some-service")
    with pytest.raises(Unauthenticated) as caught:
        there.authenticate(call)
    assert "exp" in caught.value.detail
    sqlite_world.clock.now = datetime.fromtimestamp(1422568860 - 30, UTC)
    with pytest.raises(Unauthenticated) as caught:
        there.authenticate(call)
    assert "60 minutes" in caught.value.detail, "in its own day it would have lived three years"
