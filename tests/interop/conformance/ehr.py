"""An EHR as the service meets it: it signs every call anew and speaks only HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from tests.cast import World
from tests.interop.conformance.hooks import HOOKS, Json, body_of, service_id
from tests.interop.conformance.tokens import SigningKey

SERVICES = "/cds-services"


def changed(part: Json, changes: Mapping[str, Any]) -> Json:
    """With these members changed; a change to None takes one away."""
    return {name: value for name, value in (part | dict(changes)).items() if value is not None}


@dataclass
class Ehr:
    """One registered client: its issuer, its key, and the world whose service it calls."""

    world: World
    issuer: str
    key: SigningKey
    tenant: str | None = None

    @property
    def base(self) -> str:
        """The public base URL of the service, as the operator configured it."""
        return self.world.settings.public_base_url

    def header(self, **changes: Any) -> Json:
        """The header of a good token."""
        return changed({"alg": self.key.alg, "kid": self.key.kid, "typ": "JWT"}, changes)

    def claims(self, path: str, **changes: Any) -> Json:
        """The claims of a good token for this path."""
        now = self.world.clock()
        good: Json = {
            "iss": self.issuer,
            "aud": f"{self.base}{path}",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "jti": str(uuid4()),
        }
        if self.tenant is not None:
            good["tenant"] = self.tenant
        return changed(good, changes)

    def token(self, path: str, **changes: Any) -> str:
        """A good token for this path, or one whose claims were changed."""
        return self.key.sign(self.header(), self.claims(path, **changes))

    def get(self, path: str, token: str | None = None) -> TestResponse:
        """GET with a fresh token, or with the one given; an empty one sends none."""
        return self.world.app.test_client().get(path, headers=self._headers(path, token))

    def post(self, path: str, body: Any, token: str | None = None) -> TestResponse:
        """POST JSON with a fresh token, or with the one given; an empty one sends none."""
        sent = {"headers": self._headers(path, token), "json": body}
        return self.world.app.test_client().post(path, **sent)

    def _headers(self, path: str, token: str | None) -> dict[str, str]:
        shown = self.token(path) if token is None else token
        return {"Authorization": f"Bearer {shown}"} if shown else {}

    def discover(self) -> list[Json]:
        """The services that discovery lists."""
        services: list[Json] = self.get(SERVICES).json["services"]
        return services

    def call(self, hook: str, clinician: str, client: str, /, **changes: Any) -> TestResponse:
        """A whole call of a hook about two people of the cast, with changes."""
        return self.send(hook, body_of(hook, clinician, client, **changes))

    def send(self, hook: str, body: Any) -> TestResponse:
        """Any body to the service of a hook."""
        return self.post(f"{SERVICES}/{service_id(hook)}", body)

    def cards(self, hook: str, clinician: str, client: str, /, **changes: Any) -> list[Json]:
        """The cards of a call that is answered."""
        answer = self.call(hook, clinician, client, **changes)
        assert answer.status_code == 200, answer.text
        cards: list[Json] = answer.json["cards"]
        return cards

    def feedback(self, hook: str, items: Any) -> TestResponse:
        """A batch of feedback to the service of a hook."""
        return self.post(f"{SERVICES}/{service_id(hook)}/feedback", {"feedback": items})

    def every_answer(self) -> list[Json]:
        """One answer of each kind: discovery, each hook with a finding and without one."""
        pairs = (("alma", "tomas"), ("ben", "nora"))
        calls = [self.call(hook, *pair).json for hook in HOOKS for pair in pairs]
        return [self.get(SERVICES).json, *calls]


def fields_named(outcome: Json) -> list[str]:
    """The elements an OperationOutcome names."""
    assert outcome["resourceType"] == "OperationOutcome", outcome
    issues: Sequence[Json] = outcome["issue"]
    return [path for issue in issues for path in issue.get("expression", [])]


def refused(answer: TestResponse, status: int, element: str) -> None:
    """Assert that an answer is an OperationOutcome with this status which names this element."""
    assert answer.status_code == status, answer.text
    named = fields_named(answer.json)
    assert any(path.startswith(element) for path in named), (element, answer.json)
