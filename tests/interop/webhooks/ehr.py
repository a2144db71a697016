"""An EHR of the tests: it sends signed thin events and answers when it is read back."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select
from werkzeug.test import TestResponse

from policy_service.database.tables.webhooks import WebhookArrivalRow
from policy_service.domain.webhook_signatures import Signed, signature
from policy_service.services.webhooks.sources import SourceForm, add_source
from policy_service.worker import Worker
from tests.cast import World
from tests.services.loopback import Host, Received
from tests.services.webhooks.post import ada, open_loopback

TOKEN = "token-of-the-ehr"


@dataclass
class Ehr:
    """What it knows, by path, and the source that it is here."""

    world: World
    host: Host
    id: str
    secret: str
    records: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def answer(self, came: Received) -> tuple[int, bytes]:
        """A record, to who shows the token."""
        if came.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, b"{}"
        path = came.path.removeprefix("/api/")
        status = self.statuses.get(path, 200 if path in self.records else 404)
        return status, orjson.dumps(self.records.get(path, {}))

    def send(self, body: Any, event_id: str = "evt_1", **more: Any) -> TestResponse:
        """Post an event; `secret`, `at` and `raw` stand in for what it would send."""
        raw = more.get("raw") or orjson.dumps(body)
        now = int(more.get("at", self.world.clock().timestamp()))
        signed = Signed(event_id, str(now), raw)
        headers = {
            "webhook-id": signed.id,
            "webhook-timestamp": signed.timestamp,
            "webhook-signature": signature(more.get("secret", self.secret), signed),
            **more.get("headers", {}),
        }
        path = f"/webhooks/in/{more.get('source', self.id)}"
        return self.world.app.test_client().post(
            path, data=more.get("sent", raw), headers=headers, content_type="application/json"
        )

    def take(self) -> None:
        """Let the worker do what is due."""
        Worker(self.world.desk).run_due()

    def arrivals(self) -> list[WebhookArrivalRow]:
        """What arrived, the oldest first."""
        with self.world.reading() as context:
            rows = select(WebhookArrivalRow).order_by(WebhookArrivalRow.received_at)
            return list(context.session.scalars(rows))

    def states(self) -> list[tuple[str, str | None]]:
        """State and words of each arrival."""
        return [(row.state, row.said) for row in self.arrivals()]


def ehr_at(world: World, host: Host, reads: str) -> Ehr:
    """A source of the world, read back from this host."""
    open_loopback(world)
    with world.writing(ada(world)) as context:
        form = SourceForm("The EHR", reads, host.url("/api"), TOKEN)
        made, secret = add_source(context, world.desk.outbound, form)
    ehr = Ehr(world, host, made, secret)
    host.answer = ehr.answer
    return ehr


def a_secret(fill: int) -> str:
    """A secret that nobody else has."""
    return "whsec_" + base64.b64encode(bytes([fill]) * 32).decode()
