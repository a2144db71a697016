"""The JWT of a CDS Hooks call: which registered client makes it ("Trusting CDS Clients").

The audience is the configured public address, never the Host header, which a caller chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from policy_service.auth.jwks import FetchedKeys
from policy_service.auth.jwts import Rules, TokenRefused, read_token
from policy_service.auth.replays import use_once
from policy_service.auth.trust import client_of_issuer, prove
from policy_service.domain.principals import Principal
from policy_service.errors import Unauthenticated
from policy_service.services.desk import Desk

DISCOVERY = "/cds-services"
LONGEST_LIFE = timedelta(hours=1)
_REQUIRED = ("iss", "aud", "exp", "iat", "jti")


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call as it came: its Authorization header and the path under our public address."""

    authorization: str | None
    path: str


@dataclass(frozen=True, slots=True)
class HookTokens:
    """Checks the tokens of CDS Hooks calls. One per process, wired by `app`."""

    desk: Desk
    base_url: str
    fetched: FetchedKeys

    def authenticate(self, call: HookCall) -> Principal:
        """The client whose token this is. Unauthenticated says what the token lacks."""
        try:
            return self._client_of(_bearer(call.authorization), call.path)
        except TokenRefused as error:
            raise Unauthenticated(str(error)) from error

    def _client_of(self, text: str, path: str) -> Principal:
        token = read_token(text, _REQUIRED)
        client = client_of_issuer(self.desk, token.name("iss"), token.name("tenant"))
        proof = prove(client, token, self.rules(path), self.fetched)
        use_once(self.desk, "hook", token)
        return proof.principal

    def rules(self, path: str) -> Rules:
        """The audience may be the address called, the discovery's, or the service's own."""
        called = {self.base_url, f"{self.base_url}/", f"{self.base_url}{DISCOVERY}"}
        audiences = frozenset(called | {f"{self.base_url}{path}"})
        return Rules(audiences, self.desk.clock(), longest_life=LONGEST_LIFE)


def _bearer(authorization: str | None) -> str:
    kind, _, text = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not text.strip():
        raise TokenRefused("A JSON Web Token is needed: Authorization: Bearer and the token.")
    return text.strip()
