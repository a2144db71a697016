"""An invented EHR that proves itself by signed tokens: CDS Hooks calls and SMART token requests.

`ehr = SigningEhr.registered(world, Scope.DECISION_BRIEF)`, then `ehr.post("/cds-services/…", body)`
with a fresh token for each call, or `ehr.access_token("system/DetectedIssue.rs")`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from policy_service.auth.client_forms import ClientForm
from policy_service.auth.hook_tokens import HookCall, HookTokens
from policy_service.auth.registration import register_client
from policy_service.domain.principals import Scope
from policy_service.errors import Unauthenticated
from policy_service.interop.smart import ASSERTION_TYPE
from tests.cast import Caller, World

ISSUER = "https://ehr.example.org/fhir"
BASE = "http://127.0.0.1:8000"
Key = ECKey | RSAKey


def signing_key(algorithm: str, number: int = 1) -> Key:
    """A private key, made once per process: `number` tells several apart."""
    return _made_key(algorithm, number)


@cache
def _made_key(algorithm: str, number: int) -> Key:
    kid = f"{algorithm.lower()}-{number}"
    if algorithm == "ES384":
        return ECKey.generate_key("P-384", {"kid": kid})
    return RSAKey.generate_key(2048, {"kid": kid})


def key_set(*keys: Key) -> str:
    """The public keys as a JWK Set."""
    return json.dumps({"keys": [{**key.as_dict(private=False), "kid": key.kid} for key in keys]})


def sign(claims: dict[str, Any], key: Key, algorithm: str, **header: Any) -> str:
    """A token with these claims; a header member of None is left out."""
    full = {"alg": algorithm, "kid": key.kid, "typ": "JWT"} | header
    kept = {name: value for name, value in full.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    payload = json.dumps(claims).encode()
    return jws.serialize_compact(kept, payload, key, registry=registry)


@dataclass
class SigningEhr:
    """A registered EHR, its private key and what it says of itself."""

    world: World
    client_id: str
    algorithm: str = "ES384"
    issuer: str = ISSUER
    tenant: str = ""
    base: str = BASE
    key: Key = field(default_factory=lambda: signing_key("ES384"))

    @classmethod
    def registered(
        cls, world: World, *scopes: Scope, algorithm: str = "ES384", **form: Any
    ) -> SigningEhr:
        """Register it as Cleo's practice would; `form` are further fields of ClientForm."""
        key = signing_key(algorithm)
        said = {"issuer": ISSUER, "jwks": key_set(key)} | form
        held = frozenset(scopes or (Scope.DECISION_BRIEF,))
        with world.writing() as context:
            client_id = register_client(
                context, world.desk.outbound, ClientForm("an EHR", held, **said)
            )
        return cls(world, client_id, algorithm, said["issuer"], said.get("tenant", ""), BASE, key)

    def claims(self, path: str, **changes: Any) -> dict[str, Any]:
        """The claims of a call; a change to None leaves the claim out."""
        now = int(self.world.clock().timestamp())
        full = {
            "iss": self.issuer,
            "aud": f"{self.base}{path}",
            "exp": now + 300,
            "iat": now,
            "jti": str(uuid4()),
        } | ({"tenant": self.tenant} if self.tenant else {})
        return {name: value for name, value in (full | changes).items() if value is not None}

    def token(self, path: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token for a call of this path."""
        return sign(self.claims(path, **changes), self.key, self.algorithm, **(header or {}))

    def is_accepted(self, token: str, path: str = "/cds-services/some-service") -> bool:
        """Whether a hook call with this token would be answered."""
        hooks: HookTokens = self.world.app.extensions["policy_service_hook_tokens"]
        try:
            return hooks.authenticate(HookCall(f"Bearer {token}", path)).id == self.client_id
        except Unauthenticated:
            return False

    def get(self, path: str, token: str | None = None, **more: Any) -> TestResponse:
        """GET with a fresh token, or the one given."""
        return self.world.app.test_client().get(
            path, headers=self._bearer(path, token, more), **more
        )

    def post(self, path: str, body: Any, token: str | None = None, **more: Any) -> TestResponse:
        """POST JSON with a fresh token, or the one given."""
        return self.world.app.test_client().post(
            path, json=body, headers=self._bearer(path, token, more), **more
        )

    def _bearer(self, path: str, token: str | None, more: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {token or self.token(path)}"} | more.pop("headers", {})

    def assertion(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A client assertion for the token endpoint."""
        named = {"iss": self.client_id, "sub": self.client_id}
        return self.token("/token", header, **(named | changes))

    def ask_token(self, scope: str, assertion: str | None = None, **form: str) -> TestResponse:
        """A token request; `form` replaces fields."""
        fields = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if assertion is None else assertion,
        } | form
        return self.world.app.test_client().post("/token", data=fields)

    def access_token(self, scope: str) -> str:
        """An access token for these scopes."""
        answer = self.ask_token(scope)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str((answer.json or {})["access_token"])

    def bearer(self, scope: str) -> Caller:
        """A test client that sends an access token for these scopes."""
        headers = {"Authorization": f"Bearer {self.access_token(scope)}"}
        return Caller(self.world.app.test_client(), headers)
