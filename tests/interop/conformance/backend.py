"""A SMART backend service as the token endpoint meets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cast import World
from tests.interop.conformance.ehr import changed
from tests.interop.conformance.hooks import Json
from tests.interop.conformance.tokens import SigningKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EVERYTHING = "system/*.rs"


@dataclass
class Backend:
    """One registered client: its id and its key."""

    world: World
    client_id: str
    key: SigningKey

    @property
    def base(self) -> str:
        """The public base URL of the service."""
        return self.world.settings.public_base_url

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.base}/token"

    def anonymous(self) -> FlaskClient:
        """Somebody without a token."""
        return self.world.app.test_client()

    def header(self, **changes: Any) -> Json:
        """The header of a good assertion."""
        return changed({"alg": self.key.alg, "kid": self.key.kid, "typ": "JWT"}, changes)

    def claims(self, **changes: Any) -> Json:
        """The claims of a good assertion."""
        good = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.token_url,
            "exp": self.ahead(seconds=240),
            "jti": str(uuid4()),
        }
        return changed(good, changes)

    def ahead(self, **how: float) -> int:
        """A moment from now, in seconds since the epoch."""
        return int((self.world.clock() + timedelta(**how)).timestamp())

    def assertion(self, header: Json | None = None, **claims: Any) -> str:
        """A good assertion, or one whose parts were changed."""
        return self.key.sign(self.header(**(header or {})), self.claims(**claims))

    def form(self, **changes: Any) -> dict[str, str]:
        """A good token request; a change to None leaves a field out."""
        whole = {
            "grant_type": "client_credentials",
            "scope": EVERYTHING,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
        }
        return changed(whole, changes)

    def ask(self, **changes: Any) -> TestResponse:
        """A token request."""
        return self.anonymous().post("/token", data=self.form(**changes))

    def token(self, scope: str = EVERYTHING) -> str:
        """An access token for a scope."""
        answer = self.ask(scope=scope)
        assert answer.status_code == 200, answer.text
        return str(answer.json["access_token"])

    def fhir(self, path: str, token: str) -> TestResponse:
        """GET below /fhir with an access token."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.anonymous().get(f"/fhir/{path}", headers=headers)
