"""SMART Backend Services: the configuration, the token endpoint, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from policy_service.app import create_desk
from policy_service.auth import trust
from policy_service.auth.registration import (
    keys_in_use,
    rotate_keys,
    withdraw_client,
    withdraw_key,
)
from policy_service.domain.principals import Scope
from tests.cast import World
from tests.signing import BASE, SigningEhr, key_set, sign, signing_key

READ = "system/DetectedIssue.rs"
PAIR = (Scope.DECISION_BRIEF, Scope.AUDIT_READ)


def body(answer: Any) -> dict[str, Any]:
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json)


def refusal(answer: Any, status: int = 400) -> str:
    """The error code; the description is what RFC 6749 section 5.2 allows in it."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    said = body(answer)
    assert said.keys() == {"error", "error_description"}
    assert all(" " <= char <= "~" and char not in '"\\' for char in said["error_description"])
    return str(said["error"])


SMART = "/.well-known/smart-configuration"


@pytest.mark.parametrize(
    "path", [SMART, f"/fhir{SMART}", "/.well-known/oauth-authorization-server"]
)
def test_the_configuration_is_public_and_names_the_configured_address(
    sqlite_world: World, path: str
) -> None:
    client = sqlite_world.app.test_client()
    answer = client.get(path, base_url="https://evil.example")
    said = dict(answer.json)
    assert said["token_endpoint"] == f"{BASE}/token"
    assert said["issuer"] == BASE
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert {"client-confidential-asymmetric", "permission-v2"} <= set(said["capabilities"])
    assert READ in said["scopes_supported"]


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
@pytest.mark.parametrize("audience", [BASE, f"{BASE}/token", [f"{BASE}/token", "https://x"]])
def test_an_assertion_gets_a_token_of_five_minutes(
    world: World, algorithm: str, audience: Any
) -> None:
    ehr = SigningEhr.registered(world, algorithm=algorithm)
    answer = ehr.ask_token(READ, ehr.assertion(aud=audience))
    said = body(answer)
    assert answer.status_code == 200
    assert said.pop("access_token").startswith("pst_")
    assert said == {"token_type": "bearer", "expires_in": 300, "scope": READ}
    assert answer.headers["Pragma"] == "no-cache"


def test_an_assertion_needs_no_iat_and_may_name_the_client_beside_it(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    answer = ehr.ask_token(READ, ehr.assertion(iat=None), client_id=ehr.client_id)
    assert answer.status_code == 200


def test_only_what_the_client_holds_is_granted(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    asked = f"{READ} system/AuditEvent.rs registry.write openid"
    assert body(ehr.ask_token(asked))["scope"] == READ
    assert refusal(ehr.ask_token("system/AuditEvent.rs openid")) == "invalid_scope"


def test_a_token_is_good_for_five_minutes(world: World) -> None:
    ehr = SigningEhr.registered(world)
    caller = ehr.bearer("decision.brief registry.read")
    assert caller.get("/v1/audit/checkpoint").status_code == 403, "known, without the scope"
    world.clock.advance(seconds=299)
    assert caller.get("/v1/audit/checkpoint").status_code == 403
    world.clock.advance(seconds=1)
    assert caller.get("/v1/audit/checkpoint").status_code == 401


def test_our_own_words_open_the_rest_door_and_smart_s_do_not(world: World) -> None:
    ehr = SigningEhr.registered(world, Scope.AUDIT_READ)
    path = "/v1/audit/checkpoint"
    assert ehr.bearer("audit.read").get(path).status_code == 200
    assert ehr.bearer("system/AuditEvent.rs").get(path).status_code == 403


def test_only_a_hash_of_a_token_is_kept(world: World) -> None:
    token = SigningEhr.registered(world).access_token(READ)
    with world.desk.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM access_token")).all()
    assert rows
    assert token not in repr(rows)


def test_a_replayed_assertion_is_invalid_client_everywhere(world: World) -> None:
    ehr = SigningEhr.registered(world)
    assertion = ehr.assertion()
    assert ehr.ask_token(READ, assertion).status_code == 200
    assert refusal(ehr.ask_token(READ, assertion)) == "invalid_client"
    again = replace(world, desk=create_desk(world.settings, world.clock))
    assert refusal(replace(ehr, world=again).ask_token(READ, assertion)) == "invalid_client"
    again.desk.database.dispose()


def test_an_assertion_whose_scope_was_refused_is_used_too(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    assertion = ehr.assertion()
    assert refusal(ehr.ask_token("openid", assertion)) == "invalid_scope"
    assert refusal(ehr.ask_token(READ, assertion)) == "invalid_client"


def test_a_hook_token_is_no_assertion_and_an_assertion_no_hook_token(sqlite_world: World) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    assert refusal(ehr.ask_token(READ, ehr.token("/cds-services"))) == "invalid_client"
    assert not ehr.is_accepted(ehr.assertion(aud=BASE))


@dataclass(frozen=True)
class Forgery:
    """An assertion that must be refused, by the checks that stand before it."""

    make: Callable[[SigningEhr], str]
    checks: tuple[str, ...]


def _with(**changes: Any) -> Callable[[SigningEhr], str]:
    return lambda ehr: ehr.assertion(**changes)


def _header(**changes: Any) -> Callable[[SigningEhr], str]:
    return lambda ehr: ehr.assertion(changes)


def _ends(seconds: int) -> Callable[[SigningEhr], str]:
    def make(ehr: SigningEhr) -> str:
        return ehr.assertion(exp=int(ehr.world.clock().timestamp()) + seconds, iat=None)

    return make


def _strangers_key(ehr: SigningEhr) -> str:
    claims = ehr.claims("/token", iss=ehr.client_id, sub=ehr.client_id)
    return sign(claims, signing_key("ES384", 2), "ES384", kid=ehr.key.kid)


HEADER, CLAIMS = "jwts.require_header", "jwts.require_claims"
SIGNATURE, TIMES = "jwts.verify_signature", "jwts.require_times_and_audience"
LIFE, JKU = "jwts.require_short_life", "trust.is_registered_address"
CLIENT, NAMES = "smart_tokens.client_by_id", "smart_tokens.require_own_name"
REPLAY = "smart_tokens.use_once"
FORGERIES: dict[str, Forgery] = {
    "a stranger's key": Forgery(_strangers_key, (SIGNATURE,)),
    "an unknown client": Forgery(_with(iss="nobody", sub="nobody"), (CLIENT,)),
    "another subject": Forgery(_with(sub="nobody"), (NAMES,)),
    "no subject": Forgery(_with(sub=None), (CLAIMS, NAMES)),
    "no jti": Forgery(_with(jti=None), (CLAIMS,)),
    "no exp": Forgery(_with(exp=None), (CLAIMS, LIFE, REPLAY)),
    "no aud": Forgery(_with(aud=None), (CLAIMS, TIMES)),
    "no kid": Forgery(_header(kid=None), (HEADER, SIGNATURE)),
    "expired": Forgery(_ends(-61), (TIMES,)),
    "an hour ahead, Authlib's usual": Forgery(_ends(3600), (LIFE,)),
    "over five minutes and the clocks' minute": Forgery(_ends(361), (LIFE,)),
    "another audience": Forgery(_with(aud="https://other.example/token"), (TIMES,)),
    "a jku that is not registered": Forgery(_header(jku="https://evil.example/k"), (JKU,)),
    "a key in the header": Forgery(_header(jwk={"kty": "EC"}), (HEADER,)),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_assertion_is_invalid_client(sqlite_world: World, case: str) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    assert refusal(ehr.ask_token(READ, FORGERIES[case].make(ehr))) == "invalid_client"


@pytest.mark.parametrize("case", FORGERIES)
def test_without_its_checks_the_same_assertion_would_get_a_token(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    ehr = SigningEhr.registered(sqlite_world)
    for check in FORGERIES[case].checks:
        monkeypatch.setattr(f"policy_service.auth.{check}", _absent(check, ehr))
    assert ehr.ask_token(READ, FORGERIES[case].make(ehr)).status_code == 200


def _absent(check: str, ehr: SigningEhr) -> Callable[..., Any]:
    found = trust.client_by_id(ehr.world.desk, ehr.client_id)
    assert found is not None
    results = {SIGNATURE: found.keys[0], CLIENT: found}
    return lambda *_: results.get(check, True)


REQUESTS: dict[str, tuple[dict[str, str], str]] = {
    "another grant": ({"grant_type": "password"}, "unsupported_grant_type"),
    "no grant": ({"grant_type": ""}, "unsupported_grant_type"),
    "another assertion type": ({"client_assertion_type": "x"}, "invalid_client"),
    "no assertion": ({"client_assertion": ""}, "invalid_client"),
    "no scope": ({"scope": ""}, "invalid_scope"),
    "another client": ({"client_id": "nobody"}, "invalid_client"),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_wrong_request_is_refused_in_the_words_of_rfc_6749(
    sqlite_world: World, case: str
) -> None:
    changes, code = REQUESTS[case]
    ehr = SigningEhr.registered(sqlite_world)
    fields = {"scope": READ, "client_assertion": ehr.assertion()} | changes
    scope, assertion = fields.pop("scope"), fields.pop("client_assertion")
    assert refusal(ehr.ask_token(scope, assertion, **fields)) == code


def test_what_is_no_form_is_refused_in_the_same_words(sqlite_world: World) -> None:
    client = sqlite_world.app.test_client()
    assert refusal(client.post("/token", json={"grant_type": "x"})) == "invalid_request"
    assert refusal(client.get("/token"), 405) == "invalid_request"
    assert refusal(client.post("/token", data={"scope": ["a", "b"]})) == "unsupported_grant_type"
    twice = {"grant_type": ["client_credentials", "client_credentials"]}
    assert refusal(client.post("/token", data=twice)) == "invalid_request"
    big = {"grant_type": "client_credentials", "scope": "x" * 300_000}
    assert refusal(client.post("/token", data=big), 413) == "invalid_request"
    key = sqlite_world.http(Scope.DECISION_BRIEF)
    both = key.post("/token", data={"grant_type": "client_credentials", "scope": READ})
    assert refusal(both) == "invalid_request"


def test_rotating_without_an_overlap_ends_the_tokens_of_the_old_key(world: World) -> None:
    ehr = SigningEhr.registered(world)
    old = ehr.bearer("registry.read decision.brief")
    new = signing_key("ES384", 3)
    with world.writing() as context:
        rotate_keys(context, ehr.client_id, key_set(new), timedelta(0))
    assert old.get("/v1/audit/checkpoint").status_code == 401
    assert refusal(ehr.ask_token(READ)) == "invalid_client"
    assert (
        replace(ehr, key=new).bearer("decision.brief").get("/v1/audit/checkpoint").status_code
        != 401
    )


def test_withdrawing_a_key_ends_its_tokens_and_leaves_the_others(world: World) -> None:
    ehr = SigningEhr.registered(world, jwks=key_set(signing_key("ES384"), signing_key("ES384", 3)))
    other = replace(ehr, key=signing_key("ES384", 3))
    first, second = ehr.bearer("decision.brief"), other.bearer("decision.brief")
    with world.writing() as context:
        (row,) = [key for key in keys_in_use(context, ehr.client_id) if key.kid == "es384-1"]
        withdraw_key(context, ehr.client_id, row.id)
    assert first.get("/v1/audit/checkpoint").status_code == 401
    assert second.get("/v1/audit/checkpoint").status_code != 401
    assert refusal(ehr.ask_token(READ)) == "invalid_client"
    assert other.ask_token(READ).status_code == 200


def test_withdrawing_a_client_ends_everything_at_once(world: World) -> None:
    ehr = SigningEhr.registered(world)
    caller = ehr.bearer("decision.brief")
    with world.writing() as context:
        withdraw_client(context, ehr.client_id)
    assert caller.get("/v1/audit/checkpoint").status_code == 401
    assert refusal(ehr.ask_token(READ)) == "invalid_client"
    assert not ehr.is_accepted(ehr.token("/cds-services"))
