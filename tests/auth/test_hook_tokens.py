"""The JWT of a CDS Hooks call: every accepted form, and every refusal of the reference."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.auth.hook_tokens import HookCall, HookTokens
from policy_service.domain.principals import Principal
from policy_service.errors import Unauthenticated
from tests.cast import World
from tests.signing import BASE, SigningEhr

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
